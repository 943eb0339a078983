"""The results as a page of Markdown."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from bench.measure import EVENTS_PER_SECOND, IN_FLIGHT, Plan, Run, Sample
from bench.swarm import AT_ONCE

SATURATED = 0.9  # share of its core from which a process is at its limit

Pair = tuple[Run, Run]  # tidings, the guide


@dataclass(frozen=True, slots=True)
class Metric:
    """A row of the table. The target bounds the ratio ours/theirs, or our own value."""

    key: str
    name: str
    unit: str
    scale: float
    digits: int
    target: float
    at_most: bool
    of_ratio: bool = True
    saturates: bool = False  # the server is meant to be at its limit

    @property
    def title(self) -> str:
        return f"{self.name} ({self.unit})" if self.unit else self.name

    @property
    def target_text(self) -> str:
        bound = f"{'≤' if self.at_most else '≥'} {self.target:g}"
        return f"{bound} ×" if self.of_ratio else f"{bound} {self.unit}"

    def met(self, pairs: Sequence[Pair]) -> bool:
        reached = median(self.ratios(pairs)) if self.of_ratio else median(self.values(pairs, 0))
        return reached <= self.target if self.at_most else reached >= self.target

    def values(self, pairs: Sequence[Pair], side: int) -> list[float]:
        """In the metric's unit, pair by pair."""
        return [pair[side].samples[self.key].value * self.scale for pair in pairs]

    def ratios(self, pairs: Sequence[Pair]) -> list[float]:
        return [ours / theirs for ours, theirs in zip(self.values(pairs, 0), self.values(pairs, 1), strict=True)]


METRICS = (
    Metric("cpu", "server CPU per delivery, 50 events/s", "µs", 1e6, 2, 0.55, at_most=True),
    Metric("throughput", "deliveries/s, 64 events in flight", "", 1, 0, 20, at_most=False, saturates=True),
    Metric("memory", "memory per idle connection", "KB", 1e-3, 2, 7, at_most=True, of_ratio=False),
    Metric("rate", "connections authenticated and subscribed/s", "", 1, 0, 1.7, at_most=False, saturates=True),
)


NAMES = ("tidings", "guide")


def page(
    pairs: Sequence[Pair], plan: Plan, machine: Sequence[tuple[str, str]], now: datetime, remarks: Sequence[str]
) -> str:
    """The whole of RESULTS.md."""
    blocks: list[Sequence[str]] = [
        ["# What tidings costs, beside the guide's ConnectionManager"],
        [f"Measured {now:%Y-%m-%d %H:%M} UTC with `python -m bench`: {_plan_text(plan)}."],
        _table(pairs),
        [f"- {remark}" for remark in (*remarks, *_unsaturated(pairs))],
        ["## What was measured"],
        _method(pairs, plan),
        ["## How busy the cores were"],
        _shares(pairs),
        ["## Each pair"],
        _each(pairs),
        ["## Machine"],
        _rows(("", ""), machine),
        ["## To repeat"],
        [
            "`make bench` (6 minutes) on two cores with nothing else to do; `.venv/bin/python -m bench --quick` for "
            "one short pair. Absolute figures move by a third from run to run; the ratios of one run hold."
        ],
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _plan_text(plan: Plan) -> str:
    return (
        f"medians of {plan.pairs} alternating pair{'s' * (plan.pairs > 1)}, with [min–max]; "
        f"{plan.connections:,} connections on one channel, memory and rate with {plan.idle:,}"
    )


def _table(pairs: Sequence[Pair]) -> list[str]:
    return _rows(
        ("", "tidings (native transport)", "the guide (uvicorn)", "ratio, pair by pair", "target", "met"),
        [
            (
                metric.title,
                _spread(metric.values(pairs, 0), metric.digits),
                _spread(metric.values(pairs, 1), metric.digits),
                _spread(metric.ratios(pairs), 2),
                metric.target_text,
                "yes" if metric.met(pairs) else "**no**",
            )
            for metric in METRICS
        ],
    )


def _spread(values: Sequence[float], digits: int) -> str:
    return f"{median(values):,.{digits}f} [{min(values):,.{digits}f}–{max(values):,.{digits}f}]"


def _unsaturated(pairs: Sequence[Pair]) -> Iterator[str]:
    """Where not the server was at its limit: what its number is worth then."""
    for metric in METRICS:
        for side, name in enumerate(NAMES):
            samples = _samples(pairs, side, metric)
            server, load = median(s.server_share for s in samples), median(s.load_share for s in samples)
            if load >= SATURATED:
                yield (
                    f"{metric.title}, {name}: the load generator was the bottleneck ({load:.0%} of its core, the "
                    f"server {server:.0%}). The figure is a lower bound."
                )
            elif metric.saturates and server < SATURATED:
                yield (
                    f"{metric.title}, {name}: the server used {server:.0%} of its core and the load {load:.0%}: "
                    "others had the rest, or the two waited for each other. The figure is a lower bound."
                )


def _method(pairs: Sequence[Pair], plan: Plan) -> list[str]:
    ours, theirs = (pairs[0][side].event for side in (0, 1))
    same = "the same in both" if ours.payload == theirs.payload else f"the guide's: {theirs.payload}"
    kernel = [median(pair[side].kernel for pair in pairs) / 1e3 for side in (0, 1)]
    return [
        f"- **Event**: a payload of {len(ours.payload)} bytes of JSON ({same}), in a frame of {ours.frame:.0f} bytes "
        f"by tidings (with channel, epoch, offset, key and version) and of {theirs.frame:.0f} by the guide.",
        "- **Servers**: started afresh for each half of a run and pinned to one core, the load to another; loopback, "
        "no TLS, no compression. tidings by `tidings serve`; the guide's ConnectionManager, endpoint and notify code "
        "by stock uvicorn. Both verify the same HS256 token from `?token=` with PyJWT, and publish in their own "
        "process when a Unix socket says so: `await manager.publish(…)`, `await manager.broadcast_to_channel(…)`.",
        f"- **CPU per delivery**: user and system time of the server's process over {plan.window:g} s at an even "
        f"{EVENTS_PER_SECOND:g} events/s, after {plan.warm_up:g} s of warm-up, over the messages that all clients "
        "got meanwhile.",
        f"- **Deliveries/s**: a closed loop with {IN_FLIGHT} events on their way; when every client has got the "
        f"oldest, the next one is published. At least {plan.window:g} s, from one moment when an event had reached "
        "all to another.",
        f"- **Memory**: resident set of the server with {plan.idle:,} connections minus without, after a hundred "
        "others had come and gone, divided; KB are 1,000 bytes. The kernel's objects beside it (slab, both ends of "
        f"each connection, and whatever else the machine did): {kernel[0]:.1f} KB with tidings, {kernel[1]:.1f} KB "
        "with the guide.",
        f"- **Authenticated and subscribed/s**: {plan.idle:,} clients, {AT_ONCE} at once: TCP connection, upgrade "
        "with the token of a user of its own, `connection:established`, `subscribe`, `subscribed`.",
        "- **Checked**: every client got every event that was published, and none twice; else the run fails.",
    ]


def _shares(pairs: Sequence[Pair]) -> list[str]:
    """Medians: of the server's core by the server, of the load's core by the load; and what that makes of the ratio."""
    return _rows(
        ("", "tidings", "its load", "the guide", "its load", "ratio, per second of the server's CPU"),
        [
            (
                metric.title,
                *(f"{median(share):.0%}" for side in (0, 1) for share in _shares_of(pairs, side, metric)),
                _spread([_cpu_ratio(pair, metric) for pair in pairs], 2) if metric.saturates else "",
            )
            for metric in METRICS
            if metric.key != "memory"
        ],
    )


def _shares_of(pairs: Sequence[Pair], side: int, metric: Metric) -> tuple[list[float], list[float]]:
    samples = _samples(pairs, side, metric)
    return [sample.server_share for sample in samples], [sample.load_share for sample in samples]


def _cpu_ratio(pair: Pair, metric: Metric) -> float:
    """The ratio of what each side did with a second of CPU: the same as the ratio where both had their cores alone."""
    ours, theirs = (run.samples[metric.key] for run in pair)
    return (ours.value / ours.server_share) / (theirs.value / theirs.server_share)


def _each(pairs: Sequence[Pair]) -> list[str]:
    return _rows(
        ("", *(f"pair {number}" for number in range(1, len(pairs) + 1))),
        [
            (f"{metric.title}, {name}", *(f"{value:,.{metric.digits}f}" for value in metric.values(pairs, side)))
            for metric in METRICS
            for side, name in enumerate(NAMES)
        ],
    )


def _samples(pairs: Sequence[Pair], side: int, metric: Metric) -> list[Sample]:
    return [pair[side].samples[metric.key] for pair in pairs]


def _rows(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows)]
