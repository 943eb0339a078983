"""Serves the demo's team for the browser tests: `serve.py FOLDER TRANSPORT [demo]`, on a port of the system's choosing.

FOLDER gets a fresh database with the demo's team; the log's "Listening on" line says the address. Passwords are hashed
at the lowest cost, so that a test's many sign-ins do not keep the machine busy. Without a built dashboard it serves
the API alone; with `demo` it has what only the demo has, too.
"""

import sys
from pathlib import Path
from typing import cast

from pwdlib.hashers.argon2 import Argon2Hasher

from scheduling.server.cli import prepare, visited
from scheduling.server.main import create_app
from scheduling.server.services.passwords import Passwords
from tidings.cli.application import Transport
from tidings.cli.server import serve

WEB_BUILD = Path(__file__).parents[1] / "dist"


def main(folder: str, transport: str, *more: str) -> None:
    passwords = Passwords(Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1))
    settings = prepare(Path(folder), WEB_BUILD, passwords)
    if not WEB_BUILD.is_dir():
        settings = settings.model_copy(update={"web_build": None})
    app = create_app(settings, passwords=passwords, visited=visited() if "demo" in more else None)
    serve(app, port=0, transport=cast("Transport", transport), grace=1)


if __name__ == "__main__":
    main(*sys.argv[1:])
