"""What several processes over Redis cost beside one that has its logs in memory."""

import asyncio
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from statistics import median

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
    pairs: int = 3
    connections: int = 1_000
    readers: int = 20
    warm_up: float = 2.0  # seconds
    window: float = 6.0  # seconds
    publishes: int = 400  # of each writer


async def run(ground: Ground) -> Outcome:
    """CPU per delivery, p99 and publishes a second."""
    plan = Plan(2, 1, 40, 8, 0.2, 0.5, 5) if ground.short else Plan()
    return await asyncio.to_thread(_run, plan, short=ground.short)


def _run(plan: Plan, *, short: bool) -> Outcome:
    outcome = Outcome(
        f"{plan.workers} processes over Valkey beside one in memory: {plan.connections:,} connections on one channel "
        f"with {_EVENTS_PER_SECOND:g} events/s, {plan.readers} readers of {_TICKS_PER_SECOND:g} events/s of 1 KB, "
        f"{plan.pairs} pairs of runs of {plan.window:g} s; then {plan.workers} × {_WRITERS} writers that only publish"
    )
    machine.raise_descriptors(plan.connections + _SPARE_DESCRIPTORS)
    if short:
        _over_valkey(plan)
        return outcome
    # No process is pinned: the four and Valkey have all cores between them, as they would have elsewhere.
    outcome.remarks += machine.remarks_on_load(sorted(os.sched_getaffinity(0))[:2])
    pairs = [(_measured(plan, None), _over_valkey(plan)) for _ in range(plan.pairs)]
    ratio = median(redis.cpu / memory.cpu for memory, redis in pairs)
    added = median(redis.p99 - memory.p99 for memory, redis in pairs)
    outcome.figures |= {
        "CPU per delivery, in memory (µs)": median(memory.cpu for memory, _ in pairs) * 1e6,
        "CPU per delivery, over Valkey (µs)": median(redis.cpu for _, redis in pairs) * 1e6,
        "CPU per delivery, ratio, median of pairs": ratio,
        "p99, in memory (ms)": median(memory.p99 for memory, _ in pairs) * 1e3,
        "p99, over Valkey (ms)": median(redis.p99 for _, redis in pairs) * 1e3,
        "p99, added, median of pairs (ms)": added * 1e3,
        "publishes a second": (rate := median(redis.rate for _, redis in pairs)),
    }
    outcome.require(ratio <= RATIO, f"a delivery costs {ratio:.2f} times the CPU")
    outcome.require(added <= ADDED, f"p99 is {added * 1e3:.1f} ms higher")
    outcome.require(rate >= PUBLISHES, f"{rate:,.0f} events a second were published")
    return outcome


@dataclass(frozen=True, slots=True)
class _Measured:
    """`cpu`: seconds of all servers for each delivery. `p99`: seconds from `publish` to a reader. `rate`: events that
    they publish in a second, over Redis.
    """

    cpu: float
    p99: float
    rate: float


def _over_valkey(plan: Plan) -> _Measured:
    with valkey.running() as server:
        return _measured(plan, server.url)


def _measured(plan: Plan, redis: str | None) -> _Measured:
    with _servers("bench.servers.ours:app", redis, plan.workers) as servers:
        cpu = _cpu(plan, servers)
        rate = _publishes(plan, servers, redis) if redis else 0.0
    with _servers("torture.crowd.ticker:app", redis, plan.workers) as servers:
        return _Measured(cpu, _p99(plan, servers), rate)


@contextmanager
def _servers(app: str, redis: str | None, workers: int) -> Iterator[list[Server]]:
    environment: Mapping[str, str] = {logs.REDIS: redis or ""}
    arguments = ["tidings.cli", "serve", app, "--port", "0"]
    with ExitStack() as stack:
        count = workers if redis else 1
        yield [stack.enter_context(Server(app, arguments, None, environment)) for _ in range(count)]


def _cpu(plan: Plan, servers: list[Server]) -> float:
    """The servers' seconds for each delivery, at an even rate of events."""
    tokens = list(workload.tokens(plan.connections // len(servers)))
    swarms = [Swarm(server.port, workload.CHANNEL) for server in servers]
    try:
        for swarm in swarms:
            swarm.open(tokens)
        servers[0].publish_evenly(_EVENTS_PER_SECOND, int((plan.warm_up + plan.window) * _EVENTS_PER_SECOND))
        _receive(swarms, plan.warm_up)
        messages, cpu = sum(swarm.messages for swarm in swarms), sum(server.cpu for server in servers)
        _receive(swarms, plan.window)
        delivered = sum(swarm.messages for swarm in swarms) - messages
        return (sum(server.cpu for server in servers) - cpu) / max(1, delivered)
    finally:
        for swarm in swarms:
            swarm.close()


def _receive(swarms: list[Swarm], seconds: float) -> None:
    deadline = time.perf_counter() + seconds
    while (now := time.perf_counter()) < deadline:
        for swarm in swarms:
            swarm.receive(min(0.002, deadline - now))


def _p99(plan: Plan, servers: list[Server]) -> float:
    """Of the seconds from `publish` in one process to readers of all."""
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
