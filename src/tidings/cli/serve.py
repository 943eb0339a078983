"""`tidings serve`: an application on the native transport, or on the portable one."""

from typing import Annotated, NoReturn

import typer

from tidings.cli.application import CannotServe, LogFormat, LogLevel, Transport


def serve(
    application: Annotated[
        str, typer.Argument(metavar="MODULE:APP", help="The ASGI application, as in main:app.", show_default=False)
    ],
    host: Annotated[str, typer.Option(help="The address to listen on; 0.0.0.0 is all there are.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="The port to listen on; 0 is any free one.")] = 8000,
    transport: Annotated[
        Transport, typer.Option(help="native is fast; with asgi, ASGI middleware sees WebSockets too.")
    ] = "native",
    workers: Annotated[
        int,
        typer.Option(min=1, envvar="WEB_CONCURRENCY", help="Processes. More than one need a broker that they share."),
    ] = 1,
    reload: Annotated[bool, typer.Option("--reload", help="Start anew when a file changes.")] = False,
    log_level: Annotated[LogLevel, typer.Option(help="From which level on the log is written.")] = "info",
    log_format: Annotated[LogFormat, typer.Option(help="text for people, json for programs.")] = "text",
    proxy_headers: Annotated[
        bool, typer.Option(help="Believe X-Forwarded-For and X-Forwarded-Proto of trusted proxies.")
    ] = True,
    forwarded_allow_ips: Annotated[
        str | None,
        typer.Option(envvar="FORWARDED_ALLOW_IPS", help="The trusted proxies, with commas; by default this machine."),
    ] = None,
    root_path: Annotated[str, typer.Option(help="The path under which a proxy shows the application.")] = "",
    grace: Annotated[int, typer.Option(min=0, help="Seconds that clients have to go when the server stops.")] = 25,
    metrics_port: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=65_535,
            envvar="TIDINGS_METRICS_PORT",
            help="Show Prometheus the numbers of all workers at this port; 0 is any free one.",
        ),
    ] = None,
) -> None:
    """Serve an application with tidings' transports.

    tidings serve main:app

    tidings serve main:app --host 0.0.0.0 --port 80 --log-level warning

    tidings serve main:app --reload
    """
    try:
        from tidings.cli import server
    except ModuleNotFoundError as error:
        if error.name is None or not error.name.startswith("uvicorn"):
            raise
        _fail("uvicorn is not installed: pip install 'tidings[uvicorn]'")
    try:
        server.serve(
            application,
            host=host,
            port=port,
            transport=transport,
            workers=workers,
            reload=reload,
            log_level=log_level,
            log_format=log_format,
            proxy_headers=proxy_headers,
            forwarded_allow_ips=forwarded_allow_ips,
            root_path=root_path,
            grace=grace,
            metrics_port=metrics_port,
        )
    except CannotServe as error:
        _fail(str(error))


def _fail(reason: str) -> NoReturn:
    typer.echo(f"tidings serve: {reason}", err=True)
    raise typer.Exit(1)
