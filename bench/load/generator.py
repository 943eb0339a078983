"""Talks to the load generator, a process of its own; bench/load/main.c lists what it understands."""

import select
import subprocess
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from bench.load.build import generator
from bench.machine import pinned
from bench.peers.peer import Answer, WayIn

AT_ONCE = 64  # clients in the middle of getting in
PATIENCE = 90.0  # seconds for all that is done with one server: it may be slow, the benchmark has an end
CLIENTS_PER_ADDRESS = 5_000  # the system has some 28,000 ports for each source address

_REQUEST = (
    "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\nUser-Agent: tidings-bench\r\n"
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    "Sec-WebSocket-Version: 13\r\n{headers}\r\n"
)


class LoadError(Exception):
    """The server did not do what was asked of it; the message says what it did."""


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds that something took, and the CPU seconds (user and system) of the server and of the load meanwhile."""

    seconds: float
    server: float
    load: float


@dataclass(frozen=True, slots=True)
class Measured:
    """What came in a window. Latencies in seconds, from when an event was due to when a client had it."""

    deliveries: int
    events: int  # that everybody had
    spent: Spent
    p50: float
    p99: float
    p999: float
    longest: float
    behind: int  # events that were on their way at the end


class Load:
    """Clients of one server.

    Every client must get as many events as are published on its stream: a measurement whose clients did not raises
    LoadError, as do one in which nothing came, a refused client, and a server that says nothing for half a minute.
    """

    def __init__(self, port: int, process: int, core: int | None = None, patience: float = PATIENCE) -> None:
        """For the server that listens on the port and is the process. What is not done `patience` seconds from now
        raises LoadError. Raises BuildError.
        """
        self._port = port
        self._patience, self._deadline = patience, time.monotonic() + patience
        program = str(generator())
        with pinned(core):
            self._process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._clients = self._streams = 0
        self._tell(f"server {port} {process}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()

    # What there is.

    def dialect(self, ping: str, pong: str, *, joins: bool) -> None:
        """What the server's own pings look like, and whether it puts several events into a frame."""
        asked, answered = ping.encode(), pong.encode()
        self._tell(f"dialect {int(joins)} {len(asked)} {len(answered)}", asked, answered)

    def answer_events(self, answer: Answer) -> None:
        """Clients answer every event."""
        before, after = answer.before.encode(), answer.after.encode()
        self._tell(f"reply {answer.length} {answer.from_end} {len(before)} {len(after)}", before, after)

    def publish_by_socket(self, path: Path, connections: int = 1) -> None:
        """Events are published by writing their stream's trigger to the Unix socket, or to several in turn."""
        self._tell(f"publisher unix {connections} {path}")

    def publish_by_port(self, connections: int = 1) -> None:
        """Events are published by writing their stream's trigger, an HTTP request, to the server's port."""
        self._tell(f"publisher tcp {connections} {self._port}")

    def stream(self, trigger: bytes, messages: int = 1, owed: int = 0) -> int:
        """Events for the same clients; returns its number. `messages` of a client make one event; `owed` events its
        clients get without a trigger: they were away when these were published.
        """
        self._tell(f"stream {messages} {owed} {len(trigger)}", trigger)
        self._streams += 1
        return self._streams - 1

    def clients(self, ways: Iterable[WayIn], stream: int = 0) -> None:
        """Clients that follow a stream, not let in yet."""
        for way in ways:
            source = f"127.0.0.{1 + self._clients // CLIENTS_PER_ADDRESS}"
            headers = "".join(f"{name}: {value}\r\n" for name, value in way.headers.items())
            request = _REQUEST.format(path=way.path, port=self._port, headers=headers).encode()
            said = [part.encode() for step in way.steps for part in (step.send, step.awaits)]
            lengths = " ".join(str(len(part)) for part in (request, *said))
            self._tell(f"client {source} {stream} {lengths}", request, *said)
            self._clients += 1

    # What is done.

    def open(self, at_once: int = AT_ONCE) -> Spent:
        """Let in all that are not, and wait until they have what they are owed."""
        return self._spent(self._ask(f"open {at_once}", "opened"))

    def fire(self, events: int = 1) -> None:
        """Publish so many events, each on a stream by chance, when everybody has the one before."""
        self._ask(f"fire {events}", "fired")

    def steady(self, per_second: float, warm_up: float, window: float) -> Measured:
        """Events at even intervals, each on a stream by chance; seconds."""
        return self._measured(f"steady {per_second:f} {warm_up:f} {window:f}")

    def closed(self, in_flight: int, warm_up: float, window: float) -> Measured:
        """So many events on their way at any time: when everybody has one, the next is published."""
        return self._measured(f"closed {in_flight} {warm_up:f} {window:f}")

    def rest(self, seconds: float) -> Spent:
        """Do nothing but answer pings."""
        return self._spent(self._ask(f"rest {seconds:f}", "rested"))

    def sample(self) -> bytes:
        """The message of one event since the last sample was asked for; empty where none came in one piece."""
        return self._bytes("sample")

    def answer(self) -> str:
        """The message that ended the way in of the client that got in last."""
        return self._bytes("answer").decode()

    def close(self) -> None:
        """All clients and streams are gone at once."""
        self._ask("close", "closed")
        self._clients = self._streams = 0

    def _measured(self, command: str) -> Measured:
        deliveries, events, *spent, p50, p99, p999, longest, behind = self._ask(command, "measured")
        if not int(deliveries):
            raise LoadError(f"nothing came while it was measured, for {float(spent[0]):.1f} s")
        return Measured(
            deliveries=int(deliveries),
            events=int(events),
            spent=self._spent(spent),
            p50=int(p50) / 1e9,
            p99=int(p99) / 1e9,
            p999=int(p999) / 1e9,
            longest=int(longest) / 1e9,
            behind=int(behind),
        )

    def _spent(self, values: Sequence[str]) -> Spent:
        return Spent(*map(float, values))

    def _bytes(self, what: str) -> bytes:
        (length,) = self._ask(what, "bytes")
        assert self._process.stdout is not None
        return self._process.stdout.read(int(length))

    def _ask(self, command: str, answers: str) -> list[str]:
        self._tell(command)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with suppress(BrokenPipeError):  # it has said why
            self._process.stdin.flush()
        left = max(0.0, self._deadline - time.monotonic())
        if not select.select([self._process.stdout], [], [], left)[0]:
            raise LoadError(f"was not through after {self._patience:g} s")
        word, _, rest = self._process.stdout.readline().decode(errors="replace").rstrip("\n").partition(" ")
        if word != answers:
            raise LoadError(rest if word == "error" else f"the load generator ended at `{command}`")
        return rest.split()

    def _tell(self, line: str, *more: bytes) -> None:
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):  # it has said why, which the next question finds
            self._process.stdin.write(b"".join([line.encode(), b"\n", *more]))
