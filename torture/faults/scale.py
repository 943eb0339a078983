"""What several processes over Redis cost beside one that has its logs in memory."""

import asyncio
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from statistics import median
from typing import Self

from bench import machine
from bench.process import Server
from bench.servers import logs, workload
from tidings.brokers.redis import RedisBroker
from torture import valkey
from torture.crowd.readers import Readers
from torture.crowd.swarm import Swarm
from torture.ground import Ground
from torture.outcome import Outcome
from torture.scene import PATIENCE

RATIO = 1.2  # CPU per delivery
ADDED = 0.005  # seconds of p99
PUBLISHES = 10_000  # a second

_EVENTS_PER_SECOND = 50.0  # of the first workload of the bench
_TICKS_PER_SECOND = 1_000.0
_WRITERS = 32  # that publish at the same time in each process, in the last part
_SPARE_DESCRIPTORS = 200  # beside the sockets
_LOOK = 0.01  # seconds between two looks at a log


@dataclass(frozen=True, slots=True)
class Plan:
    """How much of everything."""

    workers: int = 4
    turns: int = 12  # of either side
    pairs: int = 3
    connections: int = 1_000
    readers: int = 20
    warm_up: float = 2.0  # seconds
    turn: float = 3.0  # seconds
    window: float = 6.0  # seconds
    publishes: int = 400  # of each writer


async def run(ground: Ground) -> Outcome:
    """CPU per delivery, p99 and publishes a second."""
    plan = Plan(2, 1, 1, 40, 8, 0.2, 0.5, 0.5, 5) if ground.short else Plan()
    return await asyncio.to_thread(_run, plan, short=ground.short)


def _run(plan: Plan, *, short: bool) -> Outcome:
    outcome = Outcome(
        f"{plan.workers} processes over Valkey beside one in memory: {plan.connections:,} connections on one channel "
        f"with {_EVENTS_PER_SECOND:g} events/s, {plan.turns} times {plan.turn:g} s of one and the other in turn; "
        f"{plan.readers} readers of {_TICKS_PER_SECOND:g} events/s of 1 KB, {plan.pairs} pairs of runs of "
        f"{plan.window:g} s; then {plan.workers} × {_WRITERS} writers that only publish"
    )
    machine.raise_descriptors(2 * plan.connections + _SPARE_DESCRIPTORS)
    # No process is pinned: the four and Valkey have all cores between them, as they would have elsewhere.
    if not short:
        outcome.remarks += machine.remarks_on_load(sorted(os.sched_getaffinity(0))[:2])
    with valkey.running() as server:
        turns, rate = _fan_out(plan, server.url)
        delays = [(_p99(plan, None), _p99(plan, server.url)) for _ in range(plan.pairs)]
    if short:
        return outcome
    ratio = median(redis / memory for memory, redis in turns)
    added = median(redis - memory for memory, redis in delays)
    outcome.figures |= {
        "CPU per delivery, in memory (µs)": median(memory for memory, _ in turns) * 1e6,
        "CPU per delivery, over Valkey (µs)": median(redis for _, redis in turns) * 1e6,
        "CPU per delivery, ratio, median of turns": ratio,
        "CPU per delivery, ratio, each turn": ", ".join(f"{redis / memory:.2f}" for memory, redis in turns),
        "p99, in memory (ms)": median(memory for memory, _ in delays) * 1e3,
        "p99, over Valkey (ms)": median(redis for _, redis in delays) * 1e3,
        "p99, added, median of pairs (ms)": added * 1e3,
        "publishes a second": rate,
    }
    outcome.require(ratio <= RATIO, f"a delivery costs {ratio:.2f} times the CPU")
    outcome.require(added <= ADDED, f"p99 is {added * 1e3:.1f} ms higher")
    outcome.require(rate >= PUBLISHES, f"{rate:,.0f} events a second were published")
    return outcome


def _fan_out(plan: Plan, redis: str) -> tuple[list[tuple[float, float]], float]:
    """The seconds of CPU for each delivery, in memory and over Redis, turn by turn; and how many events a second the
    processes over Redis publish. Both sides stand all the time: what this machine gives changes from one second to the
    next, and by more than what is measured.
    """
    app = "bench.servers.ours:app"
    with _servers(app, None, plan.workers) as alone, _servers(app, redis, plan.workers) as together:
        with _Side(plan, alone) as memory, _Side(plan, together) as over:
            for side in (memory, over):
                side.cpu(plan.warm_up)
            turns = [(memory.cpu(plan.turn), over.cpu(plan.turn)) for _ in range(plan.turns)]
        return turns, _publishes(plan, together, redis)


class _Side:
    """Clients of one or more servers, all on one channel."""

    def __init__(self, plan: Plan, servers: list[Server]) -> None:
        self._servers, self._clients = servers, plan.connections // len(servers)
        self._swarms = [Swarm(server.port, workload.CHANNEL) for server in servers]

    def __enter__(self) -> Self:
        tokens = list(workload.tokens(self._clients))
        for swarm in self._swarms:
            swarm.open(tokens)
        return self

    def __exit__(self, *_: object) -> None:
        for swarm in self._swarms:
            swarm.close()

    def cpu(self, seconds: float) -> float:
        """The servers' seconds for each delivery, at an even rate of events. Every client has had every event then."""
        events = int(seconds * _EVENTS_PER_SECOND)
        for swarm in self._swarms:
            swarm.reset()
        before = self._used()
        self._servers[0].publish_evenly(_EVENTS_PER_SECOND, events)
        _receive(self._swarms, seconds)
        for swarm in self._swarms:
            swarm.receive_all(events)
        return (self._used() - before) / (events * self._clients * len(self._swarms))

    def _used(self) -> float:
        return sum(server.cpu for server in self._servers)


@contextmanager
def _servers(app: str, redis: str | None, workers: int) -> Iterator[list[Server]]:
    environment: Mapping[str, str] = {logs.REDIS: redis or ""}
    arguments = ["tidings.cli", "serve", app, "--port", "0"]
    with ExitStack() as stack:
        count = workers if redis else 1
        yield [stack.enter_context(Server(app, arguments, None, environment)) for _ in range(count)]


def _receive(swarms: list[Swarm], seconds: float) -> None:
    deadline = time.perf_counter() + seconds
    while (now := time.perf_counter()) < deadline:
        for swarm in swarms:
            swarm.receive(min(0.002, deadline - now))


def _p99(plan: Plan, redis: str | None) -> float:
    """Of the seconds from `publish` in one process to readers of all."""
    with _servers("torture.crowd.ticker:app", redis, plan.workers) as servers:
        return _delay(plan, servers)


def _delay(plan: Plan, servers: list[Server]) -> float:
    tokens = list(workload.tokens(plan.readers // len(servers)))
    crowds = [Readers(server.port, tokens) for server in servers]
    try:
        servers[0].publish_evenly(_TICKS_PER_SECOND, int((plan.warm_up + plan.window) * _TICKS_PER_SECOND))
        _read(crowds, plan.warm_up)
        for readers in crowds:
            readers.reset()
        _read(crowds, plan.window)
        delays = sorted(delay for readers in crowds for delay in readers.delays)
        return delays[len(delays) * 99 // 100]
    finally:
        for readers in crowds:
            readers.crowd.close()


def _read(crowds: list[Readers], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        for readers in crowds:
            readers.crowd.turn(0.0005)


def _publishes(plan: Plan, servers: list[Server], redis: str) -> float:
    """Events a second that the processes publish together, until the last is in the log."""
    return asyncio.run(_publish(plan, servers, redis))


async def _publish(plan: Plan, servers: list[Server], redis: str) -> float:
    broker = RedisBroker(redis)
    try:
        begin, last = time.monotonic(), (await _top(broker)) + plan.workers * _WRITERS * plan.publishes
        for server in servers:
            server.publish_at_once(_WRITERS, plan.publishes)
        async with asyncio.timeout(PATIENCE):
            while await _top(broker) < last:  # noqa: ASYNC110
                await asyncio.sleep(_LOOK)
        return plan.workers * _WRITERS * plan.publishes / (time.monotonic() - begin)
    finally:
        await broker.close()


async def _top(broker: RedisBroker) -> int:
    top = await broker.follow(workload.CHANNEL)
    broker.unfollow(workload.CHANNEL)
    return top.offset
