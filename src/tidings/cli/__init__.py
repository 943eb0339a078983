"""The command `tidings`."""

from importlib import metadata
from typing import Annotated

import typer

from tidings.cli.bench.command import bench
from tidings.cli.doctor.command import doctor
from tidings.cli.publish import publish
from tidings.cli.serve import serve
from tidings.cli.types import types

app = typer.Typer(
    help="Real-time events for Python web apps.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _show(asked: bool) -> None:
    if asked:
        typer.echo(f"tidings {metadata.version('tidings')}")
        raise typer.Exit


@app.callback()
def _tidings(
    version: Annotated[
        bool, typer.Option("--version", callback=_show, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Options before a command."""


app.command()(serve)
app.command()(types)
app.command()(publish)
app.command()(doctor)
app.command()(bench)
