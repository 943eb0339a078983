"""What a workload is: what it measures, of whom, and how."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from bench.load.generator import PATIENCE, Load, LoadError, Measured, Spent
from bench.machine import Cores
from bench.peers import peer as peers
from bench.peers.peer import Installed, Peer
from bench.peers.running import Running, running
from bench.process import ServerError


@dataclass(frozen=True, slots=True)
class Plan:
    """How much of everything. Times in seconds."""

    rounds: int = 3  # pairs of tidings and each that is measured beside it
    warm_up: float = 1.0
    window: float = 4.0
    subscribers: int = 1_000  # of the one channel (1, 2)
    per_second: float = 50.0  # events (1)
    in_flight: tuple[int, ...] = (1, 16, 64)  # events (2)
    idle: int = 10_000  # connections (3, 4)
    teams: int = 1_000  # channels (5)
    per_team: int = 10
    users: int = 10_000  # with a channel each (5)
    readers: int = 100  # of events of each size (6)
    payloads: tuple[int, ...] = (100, 1_024, 16_384)  # bytes (6)
    returning: int = 1_000  # clients that were away (7)
    missed: int = 100  # events, by each
    followers: int = 500  # of many channels (8)
    channels: int = 20
    crowds: tuple[int, ...] = (100, 300, 1_000, 3_000, 10_000, 15_000)  # connections (9)
    deliveries: float = 50_000.0  # a second, to each crowd
    writers: int = 16  # that publish at the same time through a broker (10)


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value, and how busy server and load were meanwhile (shares of one core; 0 where it is no matter)."""

    value: float
    server: float = 0.0
    load: float = 0.0


Figures = Mapping[str, Figure]  # by the metric's key
RATE = "per-second"  # the key of the events a second that were asked for
REACHED = "{}-reached"  # of a paced metric's key: the events a second that were reached, where these were fewer
KEPT_UP = 0.97  # share of the deliveries of a paced window from which its rate is taken to be reached


class Unfinished(LoadError):
    """What was measured before something went wrong."""

    def __init__(self, figures: Figures, reason: str) -> None:
        super().__init__(reason)
        self.figures = figures


@dataclass(frozen=True, slots=True)
class Metric:
    """A row of the report."""

    key: str
    title: str
    unit: str = ""
    scale: float = 1.0  # from what was measured (seconds, bytes, events) to the unit
    digits: int = 0
    lower: bool = False  # the less the better
    saturates: bool = False  # the server is meant to be at its limit
    even: bool = False  # events come at the plan's rate, or at what the peer can; RATE says which
    paced: bool = False  # events come at an even rate, which the server is meant to keep up with


@dataclass(frozen=True, slots=True)
class Candidate:
    """A peer that is installed, and what its workloads are given."""

    peer: Peer
    installed: Installed
    cores: Cores
    plan: Plan
    tokens: Sequence[str]

    def start(
        self,
        *,
        payload: int = 0,
        compressed: bool = False,
        environment: Mapping[str, str] | None = None,
        writers: int = 1,
        patience: float = PATIENCE,
    ) -> AbstractContextManager[tuple[Running, Load]]:
        """It and its load, freshly started (bench.peers.running)."""
        return running(
            self.peer,
            self.installed,
            self.cores,
            payload=payload,
            compressed=compressed,
            environment=environment,
            writers=writers,
            patience=patience,
        )


@dataclass(frozen=True, slots=True)
class Workload:
    """A part of the benchmark. `measure` raises ServerError and LoadError for what goes wrong with a peer."""

    names: tuple[peers.Workload, ...]  # a peer takes part if it can do one of them
    number: str  # in the report
    title: str
    about: str
    metrics: Callable[[Plan], Sequence[Metric]]
    connections: Callable[[Plan], int]  # the most at a time
    measure: Callable[[Candidate], Figures]
    seconds: Callable[[Plan], float]  # that it takes of a peer on a quiet machine, about
    repeats: bool = False  # in pairs, for those that are measured beside tidings
    only: tuple[str, ...] = field(default=())  # the peers that are measured; empty: all that can

    def why_not(self, peer: Peer) -> str:
        """Why a peer has no part in it; empty where it has."""
        if self.only and peer.name not in self.only:
            return f"measured with {', '.join(self.only)} only"
        reasons = [peer.cannot.get(name, "") for name in self.names]
        return reasons[0] if all(reasons) else ""

    def without(self, peer: Peer) -> str:
        """What a peer that has a part in it cannot do of it, and why; empty where it can do all."""
        return "; ".join(f"{name}: {peer.cannot[name]}" for name in self.names if name in peer.cannot)


def entered(clients: int) -> float:
    """Seconds until a server has started and so many clients are in, about."""
    return 3.0 + clients / 1_000


def of_parts(parts: Iterable[tuple[str, Callable[[], Figures]]]) -> Figures:
    """The figures of all parts, by what they are. Raises Unfinished with the others' where some fail, LoadError where
    all do.
    """
    figures: dict[str, Figure] = {}
    faults = []
    for what, part in parts:
        try:
            figures.update(part())
        except (ServerError, LoadError) as error:
            faults.append(f"{what}: {error}")
    if faults:
        raise Unfinished(figures, "; ".join(faults)) if figures else LoadError("; ".join(faults))
    return figures


def share(value: float, spent: Spent) -> Figure:
    """A value, and what was spent on it."""
    return Figure(value, spent.server / spent.seconds, spent.load / spent.seconds)


def cpu_per_delivery(measured: Measured) -> Figure:
    """Seconds of the server's CPU."""
    return share(measured.spent.server / max(1, measured.deliveries), measured.spent)


def at_pace(key: str, measured: Measured, rate: float, clients: int, window: float) -> Figures:
    """CPU per delivery at so many events a second to so many clients, with the rate that was reached where it was not
    that one.
    """
    figures = {key: cpu_per_delivery(measured)}
    due = int(rate * window)  # events, at least
    if measured.deliveries < KEPT_UP * due * clients:
        figures[REACHED.format(key)] = Figure(measured.deliveries / clients / measured.spent.seconds)
    return figures


def per_second(measured: Measured) -> Figure:
    """Deliveries."""
    return share(measured.deliveries / measured.spent.seconds, measured.spent)
