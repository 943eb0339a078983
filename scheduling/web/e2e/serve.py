"""Serves the demo for the browser tests: `serve.py FOLDER TRANSPORT`, on a port of the system's choosing.

FOLDER gets a fresh database with the demo's team; the log's "Listening on" line says the address.
"""

import sys
from pathlib import Path
from typing import cast

from scheduling.server.cli import prepare
from scheduling.server.main import create_app
from tidings.cli.application import Transport
from tidings.cli.server import serve

WEB_BUILD = Path(__file__).parents[1] / "dist"


def main(folder: str, transport: str) -> None:
    settings = prepare(Path(folder), WEB_BUILD)
    serve(create_app(settings), port=0, transport=cast("Transport", transport))


if __name__ == "__main__":
    main(*sys.argv[1:])
