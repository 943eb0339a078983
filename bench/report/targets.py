"""What is to be reached, and whether it was."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from bench.peers import PEERS
from bench.peers import peer as peers
from bench.report import tables
from bench.results import OURS, Results, spread
from bench.workloads.workload import Plan

GUIDE, WS, SOCKET_IO, CENTRIFUGO, NCHAN, UWS = "the guide", "ws", "Socket.IO", "Centrifugo", "nchan", "uWebSockets"

Row = tuple[str, str, str, str]  # what, its bound, what was reached, whether it was met
UNMEASURED = "not measured in this run"


@dataclass(frozen=True, slots=True)
class Target:
    """A bound of a ratio (ours by a peer's), or of a value of our own."""

    what: str
    workload: str
    metric: str
    bound: float
    peer: str = OURS  # ours alone: `reached` is in the bound's unit
    at_most: bool = True
    stretch: bool = False
    scale: float = 1.0
    unit: str = "×"

    @property
    def text(self) -> str:
        """Its bound."""
        by = "" if self.peer == OURS else f" {self.peer}"
        return f"{'≤' if self.at_most else '≥'} {self.bound:g} {self.unit}{by}{' (stretch)' * self.stretch}"

    def reached(self, results: Results) -> list[float]:
        """What was measured; empty where it was not."""
        if self.peer == OURS:
            return [value * self.scale for value in results.values(self.workload, OURS, self.metric)]
        return results.ratios(self.workload, self.peer, self.metric)

    def row(self, results: Results) -> Row:
        """What, its bound, what was reached, and whether it was met."""
        reached = self.reached(results)
        if not reached:
            why = results.missing.get((self.workload, self.peer), UNMEASURED)
            return self.what, self.text, why, "–"
        met = median(reached) <= self.bound if self.at_most else median(reached) >= self.bound
        return self.what, self.text, spread(reached, 2), "yes" if met else "no" if self.stretch else "**no**"


def _flights() -> Iterator[Target]:
    what = "2: deliveries/s, 64 in flight"
    for peer, bound, stretch in ((WS, 12, False), (SOCKET_IO, 10, False), (NCHAN, 4, False), (UWS, 3, True)):
        yield Target(what, "1, 2", "flight-64", bound, peer, at_most=False, stretch=stretch)


def _centrifugo() -> Iterator[Target]:
    """Ahead in each; twice as good as a stretch."""
    for what, workload, metric, at_most in (
        ("1: CPU per delivery", "1, 2", "cpu", True),
        ("2: deliveries/s, 64 in flight", "1, 2", "flight-64", False),
        ("3: memory", "3, 4", "memory", True),
    ):
        yield Target(what, workload, metric, 1, CENTRIFUGO, at_most=at_most)
        yield Target(what, workload, metric, 0.5 if at_most else 2, CENTRIFUGO, at_most=at_most, stretch=True)


TARGETS: Sequence[Target] = (
    Target("1: CPU per delivery", "1, 2", "cpu", 0.9, WS),
    Target("1: CPU per delivery", "1, 2", "cpu", 0.55, SOCKET_IO),
    Target("1: CPU per delivery", "1, 2", "cpu", 0.5, GUIDE),
    Target("1: CPU per delivery", "1, 2", "cpu", 1.1, UWS, stretch=True),
    Target("1: p99 latency", "1, 2", "p99", 1, WS),
    Target("1: p99 latency", "1, 2", "p99", 1, UWS, stretch=True),
    *_flights(),
    Target("3: memory per connection", "3, 4", "memory", 5, scale=1e-3, unit="KB"),
    Target("3: memory per connection", "3, 4", "memory", 4, scale=1e-3, unit="KB", stretch=True),
    Target("4: connect, authenticate, subscribe", "3, 4", "rate", 2.2, GUIDE, at_most=False),
    Target("4: connect, authenticate, subscribe", "3, 4", "rate", 3, GUIDE, at_most=False, stretch=True),
    *_centrifugo(),
)


@dataclass(frozen=True, slots=True)
class Ahead:
    """More than every Python and Node peer that takes part: metrics of which the more the better, and what they are."""

    workload: str
    name: peers.Workload
    metrics: Callable[[Plan], Mapping[str, str]]


AHEAD = (
    Ahead("5", "teams", lambda plan: {"teams": "events/s on channels of ten"}),
    Ahead("5", "users", lambda plan: {"users": "events/s on personal channels"}),
    Ahead("6", "payloads", lambda plan: {f"plain-{size}": f"deliveries/s of {size:,} B" for size in plan.payloads}),
    Ahead(
        "6",
        "compression",
        lambda plan: {f"compressed-{size}": f"deliveries/s of {size:,} B, compressed" for size in plan.payloads},
    ),
    Ahead("7", "recovery", lambda plan: {"replayed": "events replayed/s"}),
    Ahead("8", "many", lambda plan: {"many": "deliveries/s, 20 channels each"}),
)
_CANNOT = {peer.name: peer.cannot for peer in PEERS}


def summary(rows: Sequence[Row]) -> str:
    """How many were met, of those that had to be and of the stretches."""
    told = []
    for what, chosen in (
        ("Bounds", [row for row in rows if "(stretch)" not in row[1]]),
        ("Stretches", [row for row in rows if "(stretch)" in row[1]]),
    ):
        met, missed = (sum(row[3].strip("*") == word for row in chosen) for word in ("yes", "no"))
        left = len(chosen) - met - missed
        told.append(f"{what}: {met} of {len(chosen)} met, {missed} missed, {left} without an answer.")
    return " ".join(told)


def rows(results: Results) -> Iterator[Row]:
    """A row for each target."""
    for target in TARGETS:
        yield target.row(results)
    for ahead in AHEAD:
        yield from _ahead(results, ahead)
    yield from _growth(results)


def _ahead(results: Results, ahead: Ahead) -> Iterator[Row]:
    """The peer that comes closest decides."""
    others = [peer for peer, (kind, *_) in results.about.items() if peer != OURS and kind in {"Python", "Node"}]
    for metric, title in ahead.metrics(results.plan).items():
        what, bound = f"{ahead.workload}: {title}", "> 1 × each Python and Node peer"
        measured = {peer: median(it) for peer in others if (it := results.ratios(ahead.workload, peer, metric))}
        if measured:
            closest = min(measured, key=lambda peer: measured[peer])
            met = "yes" if measured[closest] > 1 else "**no**"
            able = [peer for peer in others if ahead.name not in _CANNOT.get(peer, {})]
            without = ", ".join(peer for peer in able if peer not in measured)
            told = f"{closest} comes closest{f'; without {without}' * bool(without)}"
            yield what, bound, f"{measured[closest]:,.2f} ({told})", met
        elif results.values(ahead.workload, OURS, metric):
            reasons = {peer: results.missing.get((ahead.workload, peer), UNMEASURED) for peer in others}
            yield what, bound, "; ".join(["no other was measured", *tables.why(reasons)]), "–"
        else:
            yield what, bound, results.missing.get((ahead.workload, OURS), UNMEASURED), "–"


def _growth(results: Results) -> Iterator[Row]:
    most = max(results.plan.crowds)
    what = f"9: CPU per delivery, {most:,} connections by 1,000"
    many, few = (results.values("9", OURS, f"cpu-{size}") for size in (most, 1_000))
    if many and few:
        ratio = many[0] / few[0]
        yield what, "≤ 1.3 ×", f"{ratio:.2f}", "yes" if ratio <= 1.3 else "**no**"
    else:
        yield what, "≤ 1.3 ×", results.missing.get(("9", OURS), UNMEASURED), "–"
    yield _linear(results)


def _linear(results: Results) -> Row:
    """Memory by the connection: that of the second half of the crowds beside that of the first."""
    few, middle, most = 100, 3_000, max(results.plan.crowds)
    sizes = {size: results.values("9", OURS, f"memory-{size}") for size in (few, middle, most)}
    what, bound = f"9: memory linear: each connection beyond {middle:,} by each before", "≤ 1.3 ×"
    if not all(sizes.values()):
        return what, bound, results.missing.get(("9", OURS), UNMEASURED), "–"
    held = {size: values[0] for size, values in sizes.items()}
    before = (held[middle] - held[few]) / (middle - few)
    if before <= 0:
        return what, bound, f"it did not grow up to {middle:,}", "–"
    ratio = (held[most] - held[middle]) / (most - middle) / before
    return what, bound, f"{ratio:.2f}", "yes" if ratio <= 1.3 else "**no**"
