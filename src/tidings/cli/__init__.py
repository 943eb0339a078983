"""The command `tidings`."""

import typer

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
app.command()(serve)
app.command()(types)
app.command()(publish)
app.command()(doctor)
