"""uvicorn, set up for one of tidings' transports."""

import asyncio
import copy
import errno
import logging
import socket
import sys
from collections.abc import Callable, Iterable
from types import FrameType
from typing import TYPE_CHECKING, Any

import uvicorn
from uvicorn.config import LOGGING_CONFIG, STARTUP_FAILURE
from uvicorn.lifespan.on import LifespanOn
from uvicorn.supervisors import ChangeReload, Multiprocess

from tidings.cli.application import CannotServe, LogFormat, LogLevel, Transport, described, load
from tidings.cli.collector import settle
from tidings.cli.metrics import shared_metrics
from tidings.manager import ConnectionManager
from tidings.protocol.limits import Limits
from tidings.transports.logs import guard_logs

if TYPE_CHECKING:
    from uvicorn._types import ASGIApplication, ASGISendEvent

_WEBSOCKETS: dict[Transport, dict[str, Any]] = {
    "native": {"ws": "tidings.transports.native:NativeProtocol"},
    "asgi": {"ws": "websockets-sansio", "ws_max_size": 4 * Limits().message_size},
}

# Seconds that a worker has to answer its supervisor, its start and its imports included, before it is replaced.
# uvicorn's 5 are too few for an application of some size on a busy machine, where all workers start at once.
_WORKER_TIMEOUT = 30

_BACKLOG = 2_048  # connections that wait to be accepted, as uvicorn has it

log = logging.getLogger("uvicorn.error")


def serve(
    app: "str | ASGIApplication | Callable[..., Any]",
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    transport: Transport = "native",
    workers: int = 1,
    reload: bool = False,
    log_level: LogLevel = "info",
    log_format: LogFormat = "text",
    proxy_headers: bool = True,
    forwarded_allow_ips: str | None = None,
    root_path: str = "",
    grace: int = 25,
    metrics_port: int | None = None,
) -> None:
    """Serve an ASGI application, or the one that `module:attribute` names, until SIGINT or SIGTERM.

    Port 0 is any free port; the log says which. `metrics_port` shows Prometheus the numbers of all workers. At the end
    clients have `grace` seconds to go. Raises CannotServe where it does not come to serving.
    """
    if not isinstance(app, str) and (reload or workers > 1):
        raise CannotServe("reload and workers import the application anew: name it, as in serve('main:app')")
    if isinstance(app, str) and not reload:
        application, managers = load(app)
        _refuse_workers(workers, managers)
        app = application if workers == 1 else app
    listener = _listen(host, port)
    config = _Config(
        app,
        http="tidings.transports.http:HttpProtocol",
        **_WEBSOCKETS[transport],
        # uvicorn's has a context for each connection, which costs more memory than all the rest of the connection.
        ws_per_message_deflate=False,
        host=host,
        port=port,
        workers=workers,
        reload=reload,
        log_config=_log_config(log_level, log_format),
        log_level=log_level,
        proxy_headers=proxy_headers,
        forwarded_allow_ips=forwarded_allow_ips,
        root_path=root_path,
        timeout_graceful_shutdown=grace,
        timeout_worker_healthcheck=_WORKER_TIMEOUT,
    )
    with shared_metrics(host, metrics_port, workers=workers) as metrics_url:
        log.info("Listening on %s (Press CTRL+C to quit)", _url(listener))
        if metrics_url is not None:
            log.info("Metrics are at %s", metrics_url)
        _run(config, listener)


class _Config(uvicorn.Config):
    def load(self) -> None:
        super().load()
        self.lifespan_class = _Lifespan
        guard_logs()


class _Lifespan(LifespanOn):
    """Says in one sentence why an application does not start, where uvicorn shows a traceback."""

    failure: str | None = None

    async def startup(self) -> None:
        await super().startup()
        try:
            _refuse_workers(self.config.workers, _served(self.state))
        except CannotServe as error:
            self._fail(str(error))
        else:
            settle()

    async def send(self, message: "ASGISendEvent") -> None:
        if message["type"] == "lifespan.startup.failed":
            error = sys.exception()
            self._fail(described(error) if error is not None else message.get("message", "no reason was given"))
            message = {"type": "lifespan.startup.failed", "message": ""}
        await super().send(message)  # type: ignore[arg-type]

    def _fail(self, failure: str) -> None:
        self.failure = f"the application does not start: {failure}"
        self.should_exit = True
        if self.config.use_subprocess:
            self.logger.error(self.failure)
        self.logger = _silent


class _Server(uvicorn.Server):
    """Looks once a second whether anything is to be done, where uvicorn looks ten times; a signal wakes it at once.

    A worker's server is uvicorn's own: its supervisor makes it.
    """

    _loop: asyncio.AbstractEventLoop | None = None
    _woken: asyncio.Event

    async def main_loop(self) -> None:
        self._woken, self._loop = asyncio.Event(), asyncio.get_running_loop()
        while not await self.on_tick(0):  # the tick of a full second, on which uvicorn writes the date
            second = self._loop.call_later(1.0, self._woken.set)
            await self._woken.wait()
            self._woken.clear()
            second.cancel()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._woken.set)


class _Workers(Multiprocess):
    """Closes the supervisor's own listener when the workers stop: as long as it is open, the kernel takes connections
    that nobody will serve, where a balancer should be refused and try the next server.
    """

    def terminate_all(self) -> None:
        for listener in self.sockets:
            listener.close()
        super().terminate_all()


_silent = logging.getLogger("tidings.silent")
_silent.disabled = True


def _run(config: _Config, listener: socket.socket) -> None:
    server = _Server(config)
    try:
        if config.reload:
            ChangeReload(config, target=server.run, sockets=[listener]).run()
        elif config.workers > 1:
            workers = _Workers(config, sockets=[listener])
            workers.run()
            if any(process.exitcode == STARTUP_FAILURE for process in workers.processes):
                raise CannotServe("the workers do not start; the reason is above")
        else:
            server.run(sockets=[listener])
    except KeyboardInterrupt:
        pass  # uvicorn raises the signal again after it has shut down
    except SystemExit as exit:
        failure = getattr(getattr(server, "lifespan", None), "failure", None)
        raise CannotServe(failure or f"uvicorn ended with status {exit.code}; the reason is above") from None


def _refuse_workers(workers: int, managers: Iterable[ConnectionManager]) -> None:
    for manager in managers:
        if workers > 1 and not manager.broker.multiprocess:
            broker = type(manager.broker).__name__
            raise CannotServe(
                f"{broker} keeps its logs in one process, so {workers} workers would each serve a part of the "
                "events: serve with --workers 1, or give ConnectionManager a broker that processes share"
            )


def _served(state: dict[str, Any]) -> list[ConnectionManager]:
    return [value for value in state.values() if isinstance(value, ConnectionManager)]


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener: socket.socket | None = None
    try:
        _, _, _, _, address = socket.getaddrinfo(host, port, family, socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        listener = socket.socket(family)
        if sys.platform != "win32":  # there it would let two servers share a port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)  # who comes before the application has started waits, and is not refused
    except OSError as error:
        if listener is not None:
            listener.close()
        raise CannotServe(_why_not(host, port, error)) from error
    listener.set_inheritable(True)
    return listener


def _why_not(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} of {host} is in use: stop what listens there, or choose another one with --port"
    if error.errno == errno.EACCES:
        return f"port {port} needs privileges: choose one above 1023 with --port"
    return f"cannot listen on {host}, port {port}: {error.strerror or error}"


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _log_config(level: LogLevel, form: LogFormat) -> dict[str, Any]:
    """uvicorn's, with the log of tidings beside it."""
    config = copy.deepcopy(LOGGING_CONFIG)
    if form == "json":
        config["formatters"] = {name: {"()": "tidings.cli.json_lines.JsonLines"} for name in config["formatters"]}
    known = "debug" if level == "trace" else level
    config["loggers"]["tidings"] = {"handlers": ["default"], "level": known.upper(), "propagate": False}
    return config
