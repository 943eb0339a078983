"""Starts an application on each of the servers that the transports are tested on, each in a process of its own."""

import contextlib
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
START_TIMEOUT = 60.0  # seconds; only a failure waits so long
STOP_TIMEOUT = 40.0

_TIDINGS = ["tidings.cli", "serve", "{app}", "--port", "{port}", "--log-level", "{level}"]
COMMANDS = {
    "uvicorn": ["uvicorn", "{app}", "--port", "{port}", "--log-level", "{level}"],
    "uvicorn-native": [*_TIDINGS, "--transport", "native"],
    "uvicorn-asgi": [*_TIDINGS, "--transport", "asgi"],
    "hypercorn": ["hypercorn", "{app}", "--bind", "127.0.0.1:{port}", "--log-level", "{level}"],
    "granian": ["granian", "{app}", "--interface", "asgi", "--port", "{port}", "--log-level", "{level}"],
}
SERVERS = ("uvicorn-native", "uvicorn-asgi", "hypercorn", "granian")
"""What the suites run on: with the asgi transport, a plain uvicorn differs from `tidings serve` in its log only."""

# What a server says of it: the system's words, or those of `tidings serve`.
_PORT_TAKEN = ("address already in use", "is in use: stop what listens there")


@dataclass(frozen=True)
class Server:
    """A server that answers at `url` (http://…)."""

    url: str
    process: subprocess.Popen[bytes]
    output: Path

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    @property
    def log(self) -> str:
        """What it has written so far, to stdout and stderr."""
        return self.output.read_text(errors="replace")


@contextlib.contextmanager
def serving(
    kind: str, app: str = "tests.transports.app:app", *options: str, level: str = "info", directory: Path = ROOT
) -> Iterator[Server]:
    """An application on one of `SERVERS`, from when it accepts connections until it has ended.

    `options` are further ones of the server's command, which runs in `directory`.
    """
    with tempfile.TemporaryDirectory() as kept:
        server = _start(kind, app, options, level, directory, Path(kept) / "output")
        try:
            yield server
        finally:
            _stop(server.process)


class _PortTakenError(Exception):
    """Somebody took the port between the system's word that it is free and the server's start."""


def _start(kind: str, app: str, options: tuple[str, ...], level: str, directory: Path, output: Path) -> Server:
    for _ in range(3):
        with contextlib.suppress(_PortTakenError):
            return _start_at(_free_port(), kind, app, options, level, directory, output)
    raise RuntimeError("three free ports in a row were taken before the server had them")


def _start_at(
    port: int, kind: str, app: str, options: tuple[str, ...], level: str, directory: Path, output: Path
) -> Server:
    arguments = [part.format(app=app, port=port, level=level) for part in COMMANDS[kind]]
    with output.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", *arguments, *options], cwd=directory, stdout=file, stderr=subprocess.STDOUT
        )
    server = Server(f"http://127.0.0.1:{port}", process, output)
    try:
        _wait_until_open(server)
    except BaseException:
        _stop(process)
        raise
    return server


def _wait_until_open(server: Server) -> None:
    """Wait for the port. Between two looks at it, what is waited for is the process's early end."""
    deadline = time.monotonic() + START_TIMEOUT
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", server.port), timeout=1.0):
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.process.wait(0.02)
            break
    if any(words in server.log.lower() for words in _PORT_TAKEN):
        raise _PortTakenError
    raise RuntimeError(f"{server.process.args!r} does not serve:\n{server.log}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_TIMEOUT)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
