"""`python -m tidings.cli`, where the command `tidings` is not on the path."""

from tidings.cli import app

app(prog_name="tidings")
