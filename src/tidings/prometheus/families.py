"""What is told of one manager: each name with its meaning, and where its number comes from."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping
from importlib.metadata import version
from inspect import isawaitable
from itertools import accumulate
from typing import Any, Literal, TypeVar

import msgspec

from tidings.manager import ConnectionManager
from tidings.metrics import Gauges, Histogram, Metrics

log = logging.getLogger("tidings")

GAUGE_TIME = 1.0
"""Seconds that a gauge has which must wait for its number; one that has none by then is left out."""

By = Mapping[str, int]
T = TypeVar("T")


class Sample(msgspec.Struct, array_like=True):
    """A number with its labels. Of a histogram: the sum of the values, and how many are at most each bound."""

    labels: dict[str, str]
    value: float
    buckets: list[tuple[str, float]] = []


class Family(msgspec.Struct):
    """The samples of one name. A counter's is without its `_total`."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    help: str
    samples: list[Sample]


COUNTERS: tuple[tuple[str, str, str, Callable[[ConnectionManager], int | By]], ...] = (
    ("connections_opened", "", "Connections that were opened.", lambda it: it.metrics.opened),
    (
        "connections_closed",
        "code",
        "Connections that have ended, by close code; lost: the client was gone first.",
        lambda it: it.metrics.closed,
    ),
    (
        "publishes",
        "outcome",
        "Events: appended to all their logs here; committed with the application's data; failed at the broker.",
        lambda it: it.metrics.publishes,
    ),
    (
        "deliveries",
        "kind",
        "Events written to clients: live, or read from the log for one that was behind.",
        lambda it: {"live": it.metrics.deliveries, "replayed": it.metrics.replayed},
    ),
    (
        "conflated",
        "",
        "Events that slow readers were not sent because a later one of the same key was.",
        lambda it: it.metrics.conflated,
    ),
    (
        "readers_slowed",
        "",
        "Times that a connection's buffer was full and it became a reader of the logs.",
        lambda it: it.metrics.slowed,
    ),
    ("resets", "", "Channels that clients had to fetch anew (channel:reset).", lambda it: it.metrics.resets),
    (
        "recoveries",
        "outcome",
        "Positions that clients came back with: recovered from the log, or reset.",
        lambda it: it.metrics.recoveries,
    ),
    (
        "refusals",
        "reason",
        "Errors that clients were told (connection:error), by their code; application: a code of its own.",
        lambda it: it.metrics.refusals,
    ),
    (
        "upgrades_refused",
        "status",
        "Upgrades answered with an HTTP status: 403 for an origin, 503 for no room.",
        lambda it: it.metrics.upgrades_refused,
    ),
    (
        "broker_dropped",
        "",
        "Messages on the broker's channels that were no events of tidings, and were dropped.",
        lambda it: it.broker.dropped,
    ),
)

HISTOGRAMS: tuple[tuple[str, str, Callable[[Metrics], Histogram]], ...] = (
    ("publish_seconds", "Seconds to append an event to all its logs.", lambda it: it.publish_seconds),
    (
        "delivery_seconds",
        "Seconds from an event's append to its write to the last live reader here, for each channel.",
        lambda it: it.delivery_seconds,
    ),
    ("establish_seconds", "Seconds from the upgrade to connection:established.", lambda it: it.establish_seconds),
    ("replay_events", "Events that a recovery had to send.", lambda it: it.replay_events),
)

GAUGES = {
    "ready": "1 where new connections are welcome, 0 where /readyz says why not.",
    "connections": "Open connections.",
    "connections_limit": "Connections that are taken at most (Limits.connections).",
    "subscriptions": "Channels that the connections follow, all together, their users' own included.",
    "channels": "Channels that somebody follows here.",
    "slow_readers": "Connections whose buffer is full now.",
    "broker_lag": "Events that are in the logs of the channels followed here and were not delivered yet.",
    "control_age_seconds": "Seconds since the control log was last read.",
    "outbox_waiting": "Rows of the outbox that wait for the relay: one table, the same number everywhere.",
    "outbox_set_aside": "Rows of the outbox that can never be relayed.",
    "outbox_oldest_seconds": "Seconds that the oldest row of the outbox has waited.",
}


async def families(manager: ConnectionManager) -> list[Family]:
    """All that is known of a manager, on its event loop; what takes longer than GAUGE_TIME is left out."""
    found = [_info(manager), *_counted(manager)]
    told = await asyncio.gather(*(_ask(str(of), source) for of, source in list(manager.metrics.gauges.items())))
    gauges: dict[str, float] = {"ready": float(not manager.readiness())}
    for part in told:
        for name, value in part.items():
            gauges[name] = gauges.get(name, 0.0) + value
    found += [
        Family(f"tidings_{name}", "gauge", help, [Sample({}, float(gauges[name]))])
        for name, help in GAUGES.items()
        if name in gauges
    ]
    return found + await _in_time("process", asyncio.to_thread(_process), [])


def _info(manager: ConnectionManager) -> Family:
    labels = {
        "version": version("tidings"),
        "broker": type(manager.broker).__name__,
        "transport": manager.transport,
        "loop": type(asyncio.get_running_loop()).__module__.partition(".")[0],
    }
    return Family("tidings_info", "gauge", "What runs here; always 1.", [Sample(labels, 1)])


def _counted(manager: ConnectionManager) -> Iterator[Family]:
    for name, label, help, read in COUNTERS:
        value = read(manager)
        by = {"": value} if isinstance(value, int) else dict(value)
        samples = [Sample({label: key} if label else {}, count) for key, count in by.items()]
        yield Family(f"tidings_{name}", "counter", help, samples)
    for name, help, of in HISTOGRAMS:
        yield Family(f"tidings_{name}", "histogram", help, [_sample(of(manager.metrics))])


def _sample(histogram: Histogram) -> Sample:
    ends = [*(format(float(bound), "g") for bound in histogram.bounds), "+Inf"]
    return Sample({}, histogram.total, list(zip(ends, accumulate(map(float, histogram.counts)), strict=True)))


async def _ask(name: str, source: Callable[[], Gauges | Awaitable[Gauges]]) -> Gauges:
    async def told() -> Gauges:
        gauges = source()
        return await gauges if isawaitable(gauges) else gauges

    return await _in_time(name, told(), {})


async def _in_time(name: str, telling: Awaitable[T], nothing: T) -> T:
    try:
        async with asyncio.timeout(GAUGE_TIME):
            return await telling
    except Exception as error:  # noqa: BLE001 - a broker or a database that does not answer is no reason to say nothing
        log.warning("numbers for /metrics are not to be had, those of the %s: %s", name, type(error).__name__)
        return nothing


def _process() -> list[Family]:
    """Memory, processor time and open files of this process, where Linux tells."""
    try:
        from prometheus_client import ProcessCollector
    except ModuleNotFoundError:  # what is asked for can still be shown by another process
        return []
    measured: Any = ProcessCollector(registry=None).collect()
    return [
        Family(it.name, it.type, it.documentation, [Sample(dict(sample.labels), sample.value) for sample in it.samples])
        for it in measured
    ]
