"""A server under measurement: a process of its own on a core of its own, and what the system says about it."""

import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from bench.machine import pinned
from bench.servers import control

START_TIMEOUT = 30.0  # seconds
_LISTENING = re.compile(r"on http://127\.0\.0\.1:(\d+)")  # in the log of uvicorn, and of `tidings serve`
TICK = 1 / os.sysconf("SC_CLK_TCK")  # seconds: how finely the system tells CPU time


class ServerError(Exception):
    """The server did not start, or ended; the message says why."""


class Process:
    """A started server. `port` is where it listens."""

    port: int

    def __init__(
        self, name: str, command: Sequence[str], core: int | None, environment: Mapping[str, str], directory: Path
    ) -> None:
        """Start a command, pinned to a core; its log goes into the directory, and `environment` is added to ours."""
        self.name = name
        self._log = directory / "log"
        with self._log.open("wb") as log, pinned(core):
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **environment},
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def terminate(self) -> None:
        """Tell it to stop, as a deployment does (SIGTERM)."""
        self._process.terminate()

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid

    @property
    def status(self) -> int | None:
        """Its exit status; None while it runs."""
        return self._process.poll()

    @property
    def cpu(self) -> float:
        """Seconds of CPU that it has used, user and system time (proc_pid_stat(5))."""
        fields = self._read("stat").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) * TICK

    @property
    def memory(self) -> int:
        """Bytes that it has in memory, its resident set."""
        return _resident(self._read("smaps_rollup"))

    def _read(self, file: str) -> str:
        if self._process.poll() is not None:
            raise ServerError(f"{self.name} has ended: {self._last_words()}")
        return Path(f"/proc/{self._process.pid}/{file}").read_text()

    def ended(self, within: float) -> str | None:
        """What it said last, if it has ended or does so within some seconds; None while it runs."""
        try:
            self._process.wait(within)
        except subprocess.TimeoutExpired:
            return None
        return self._last_words()

    def _last_words(self) -> str:
        lines = [line for line in self._log.read_text(errors="replace").splitlines() if line.strip()]
        return lines[-1].strip() if lines else f"it said nothing (exit status {self._process.returncode})"

    def _await(self, ready: Callable[[], bool]) -> None:
        """Until it is ready. Raises ServerError with what it said last."""
        deadline = time.monotonic() + START_TIMEOUT
        while not ready():
            if self._process.poll() is not None:
                raise ServerError(f"{self.name} did not start: {self._last_words()}")
            if time.monotonic() > deadline:
                raise ServerError(f"{self.name} did not start within {START_TIMEOUT:g} s: {self._last_words()}")
            time.sleep(0.02)

    def _end(self) -> None:
        self._process.kill()
        self._process.wait()


class Server(Process):
    """A Python server that logs its address; `publish` and its kin have it publish."""

    def __init__(
        self, name: str, arguments: list[str], core: int | None, environment: Mapping[str, str] | None = None
    ) -> None:
        """Start `python -m <arguments>`, which must log its address as uvicorn does and open the control socket.
        `environment` is added to ours.

        Raises ServerError with what the server said last.
        """
        self._directory = tempfile.TemporaryDirectory(prefix="tidings-bench-")
        directory = Path(self._directory.name)
        self._socket = directory / "control"
        more = dict(environment or {}) | {control.PATH: str(self._socket)}
        super().__init__(name, [sys.executable, "-m", *arguments], core, more, directory)
        try:
            self._control = socket.socket(socket.AF_UNIX)
            self._await(self._listens)
        except BaseException:
            self._end()
            raise

    def publish(self, events: int) -> None:
        """Have it publish events one after the other."""
        self._control.sendall(b"publish %d\n" % events)

    def publish_evenly(self, per_second: float, events: int) -> None:
        """Have it publish events at even intervals."""
        self._control.sendall(b"rate %g %d\n" % (per_second, events))

    def publish_at_once(self, writers: int, events: int) -> None:
        """Have it publish events by so many writers at the same time, each `events` one after the other."""
        for _ in range(writers):
            with socket.socket(socket.AF_UNIX) as more:
                more.connect(str(self._socket))
                more.sendall(b"publish %d\n" % events)

    def _listens(self) -> bool:
        """Whether it takes commands, which begins with its lifespan, and clients, which comes later."""
        listening = _LISTENING.search(self._log.read_text(errors="replace"))
        if listening is None:
            return False
        self.port = int(listening[1])
        return takes_connections(self.port) and self._control.connect_ex(str(self._socket)) == 0

    def _end(self) -> None:
        self._control.close()
        super()._end()
        self._directory.cleanup()


def takes_connections(port: int) -> bool:
    """Whether something listens there, on this machine."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def memory(process: int) -> int:
    """Bytes that a process has in memory, its resident set."""
    return _resident(Path(f"/proc/{process}/smaps_rollup").read_text())


def _resident(smaps: str) -> int:
    """As proc_pid_smaps(5) says."""
    rss = re.search(r"^Rss: +(\d+) kB", smaps, re.MULTILINE)
    assert rss is not None
    return int(rss[1]) * 1_024
