"""What the benchmark has to know of a server that it measures: a `Peer`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from typing import Literal, Protocol

Workload = Literal[
    "fan-out",  # 1: events at an even rate to all subscribers of one channel
    "saturation",  # 2: as many as it can, with 1, 16 and 64 events on their way
    "idle",  # 3: the memory of connections on which nothing happens
    "connects",  # 4: connect, authenticate, subscribe
    "teams",  # 5: many channels of ten subscribers, "team:1000" and on, each event on one at random
    "users",  # 5: a channel for each user, "user:u10017" for the user "u10017"
    "payloads",  # 6: events of 100 B, 1 KB, 16 KB
    "compression",  # 6: the same, compressed (permessage-deflate)
    "recovery",  # 7: clients return and get what they missed
    "many",  # 8: each client on 20 channels, which all fire
    "growth",  # 9: more and more connections at the same number of deliveries
    "brokers",  # 10: publishing through each broker
]


class Unavailable(Exception):
    """A peer cannot be measured here. The message is the reason, as the report shows it: "go is not on the PATH"."""


@dataclass(frozen=True, slots=True)
class Installed:
    """What a runtime has made: the program to start, the folder of what was installed, and the versions to report."""

    program: str
    folder: Path
    versions: str
    environment: Mapping[str, str] = field(default_factory=dict)


class Runtime(Protocol):
    """Where a peer's program comes from (bench/peers/runtimes.py has the kinds)."""

    def install(self, name: str) -> Installed:
        """Install what is missing, in a folder of the peer's own; at once where nothing has changed. Raises Unavailable
        with the reason.
        """
        ...


@dataclass(frozen=True, slots=True)
class Place:
    """Where one start of a server takes place.

    A server of our own hand is told the same by its environment: BENCH_CONTROL (the Unix socket whose commands it
    obeys: bench/servers/control.py), BENCH_PORT, BENCH_PAYLOAD, BENCH_COMPRESSED (1 or not there).
    """

    folder: Path  # empty, for configuration files; gone afterwards
    port: int  # to listen on, at 127.0.0.1
    installed: Installed
    payload: int = 0  # bytes of an event's payload; 0: the usual one
    compressed: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a client: say something, where there is something to say; wait for a message with `awaits` in it."""

    awaits: str
    send: str = ""


@dataclass(frozen=True, slots=True)
class WayIn:
    """How a client gets in: the upgrade request's path and further headers, and the steps after it. What comes after
    the last step's answer is an event, except `Peer.ping`.
    """

    path: str
    steps: tuple[Step, ...]
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a client says to every event: `before`, then the `length` bytes of the event's message that end `from_end`
    bytes before its own end, then `after`.
    """

    before: str
    length: int
    from_end: int
    after: str


@dataclass(frozen=True, slots=True)
class Peer:
    """A server that is measured.

    It verifies the HS256 token of `bench.servers.workload` when a client connects, lets it follow the channels that it
    asks for, and sends an event to all followers of a channel when told to. It is one process, listens on 127.0.0.1,
    has logs, debugging and compression off, and is set up as its own documentation advises for production.
    """

    name: str  # as in the report, "python-socketio"; in lower case and with - for spaces, its folder under .build/bench
    kind: str  # Python, Node, Go, C, C++
    about: str  # one line for the report: what it is and how it is run
    runtime: Runtime
    arguments: Callable[[Place], Sequence[str]]  # after the program; may write configuration files into place.folder
    way_in: Callable[[str, Sequence[str]], WayIn]  # of a client with this token, to these channels
    publish: Callable[[Place, str], bytes] | None = None
    """An HTTP/1.1 request, whole, that publishes one event to a channel, for servers with an API: sent to the same
    port over connections that are kept. None: the control socket is told `publish 1 CHANNEL`.
    """
    returning: Callable[[str, Sequence[str], str], WayIn] | None = None
    """The way in of a client that was away, given the last awaited message of its first time (recovery)."""
    ping: str = ""  # a message that is no event but asks for `pong`; frames of the kind ping are answered anyway
    pong: str = ""
    answer: Answer | None = None  # to every event, for servers that wait for one
    joins: bool = False  # puts several events into one frame, with a newline between them
    most: float = inf  # events a second to a thousand clients that it may be asked for; more would only wait
    cannot: Mapping[Workload, str] = field(default_factory=dict)  # why not, as the report shows it: "has no history"
    pairs: bool = False  # measured in alternating pairs with tidings, not once

    @property
    def folder(self) -> str:
        """The name of its folder."""
        return self.name.lower().replace(" ", "-")
