"""What an event costs a Redis: `python -m bench.redis`, with a Valkey of its own.

Processor time, of which other work on the machine takes none: Valkey's own count (INFO), and this process' for the
broker's side. Each figure is the median of five runs.
"""

import asyncio
import resource
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import redis

from tidings.broker import Listener
from tidings.brokers.redis import RedisBroker
from tidings.protocol.events import Draft
from tidings.protocol.log import Entry, Position
from torture.valkey import Valkey

EVENTS, CHANNELS, WRITERS, RUNS = 4_000, 200, 32, 5
PAYLOAD = b'{"schedule":{"id":7,"note":"' + b"x" * 145 + b'"}}'  # 175 bytes, as in the first workload of the bench
FOLLOWERS = 8
QUIET = 10_000  # channels that are followed and on which nothing happens: those of users, mostly


class Counting(Listener):
    """Counts what is delivered."""

    def __init__(self, expected: int) -> None:
        self.left, self.done = expected, asyncio.Event()

    def deliver(self, channel: str, entry: Entry) -> None:
        self.left -= 1
        if not self.left:
            self.done.set()

    def reset(self, channel: str, position: Position) -> None:
        raise AssertionError(f"{channel} was reset")


async def publish(broker: RedisBroker, run: int) -> None:
    """Append EVENTS, spread over CHANNELS, WRITERS at a time."""
    numbers = iter(range(EVENTS))

    async def write() -> None:
        for number in numbers:
            draft = Draft("schedule:updated", PAYLOAD, "2026-11-23T08:00:00.000Z", f"{run}-{number}", "schedule:7", 1)
            await broker.append(channel(number), draft)

    await asyncio.gather(*(write() for _ in range(WRITERS)))


def channel(number: int) -> str:
    return f"bench:{number % CHANNELS}"


async def costs(server: "redis.Redis", act: Callable[[], Awaitable[Any]]) -> tuple[float, float, float]:
    """Microseconds per event: of Valkey's processor, of this process', and of the clock."""
    before, own, began = used(server), spent(), time.perf_counter()
    await act()
    valkey, ours, seconds = used(server) - before, spent() - own, time.perf_counter() - began
    return valkey / EVENTS * 1e6, ours / EVENTS * 1e6, seconds / EVENTS * 1e6


def used(server: "redis.Redis") -> float:
    told: Any = server.info("cpu")
    return float(told["used_cpu_sys"] + told["used_cpu_user"])


def memory(server: "redis.Redis") -> int:
    told: Any = server.info("memory")
    return int(told["used_memory"])


def spent() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


async def followed(server: "redis.Redis", url: str, followers: int, run: int) -> tuple[float, float, float]:
    """The costs of publishing while so many brokers follow every channel."""
    publisher, brokers = RedisBroker(url), [RedisBroker(url) for _ in range(followers)]
    counters = [Counting(EVENTS) for _ in brokers]
    for broker, counter in zip(brokers, counters, strict=True):
        broker.attach(counter)
        for number in range(CHANNELS):
            await broker.follow(channel(number))

    async def act() -> None:
        await publish(publisher, run)
        await asyncio.gather(*(counter.done.wait() for counter in counters))

    try:
        return await costs(server, act)
    finally:
        for broker in (publisher, *brokers):
            await broker.close()


async def quiet(server: "redis.Redis", url: str, run: int) -> tuple[float, float, float]:
    """Of one quiet channel: microseconds of Valkey's processor to follow it and to compare its top once, and bytes."""
    broker = RedisBroker(url)
    before, held = used(server), memory(server)
    for first in range(0, QUIET, 500):
        await asyncio.gather(*(broker.follow(f"quiet:{run}:{number}") for number in range(first, first + 500)))
    followed, kept = used(server), memory(server)
    try:
        await broker.behind()
        return (followed - before) / QUIET * 1e6, (used(server) - followed) / QUIET * 1e6, (kept - held) / QUIET
    finally:
        await broker.close()


def main() -> None:
    """Print the table."""
    with TemporaryDirectory() as directory:
        valkey = Valkey(Path(directory), appendonly="yes", appendfsync="everysec")
        try:
            valkey.start()
            server: redis.Redis = redis.Redis.from_url(valkey.url)
            alone = [asyncio.run(followed(server, valkey.url, 0, run)) for run in range(RUNS)]
            empty = memory(server)
            one = [asyncio.run(followed(server, valkey.url, 1, 100 + run)) for run in range(RUNS)]
            full = memory(server)
            many = [asyncio.run(followed(server, valkey.url, FOLLOWERS, 200 + run)) for run in range(RUNS)]
            still = [asyncio.run(quiet(server, valkey.url, run)) for run in range(RUNS)]
            server.close()
        finally:
            valkey.close()
    per_follower = [(b[0] - a[0]) / FOLLOWERS for a, b in zip(alone, many, strict=True)]
    ours = [(b[1] - a[1]) / FOLLOWERS for a, b in zip(alone, many, strict=True)]
    for name, values in (
        ("Valkey, per append (µs)", [it[0] for it in alone]),
        ("publisher, per append (µs)", [it[1] for it in alone]),
        ("Valkey, per append with one follower (µs)", [it[0] for it in one]),
        ("Valkey, more per follower (µs)", per_follower),
        ("follower, per event (µs)", ours),
        ("Valkey's memory, per event held (bytes)", [(full - empty) / (EVENTS * RUNS)]),
        ("Valkey, to follow a quiet channel (µs)", [it[0] for it in still]),
        ("Valkey, to compare its top (µs)", [it[1] for it in still]),
        ("Valkey's memory, per quiet channel (bytes)", [it[2] for it in still]),
    ):
        print(f"{name}: {median(values):.1f} [{min(values):.1f}–{max(values):.1f}]")


if __name__ == "__main__":
    main()
