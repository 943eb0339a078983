"""Very many channels are joined once and left again."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from itertools import count, islice
from typing import NamedTuple

from redis import Redis

from bench.process import memory
from tidings.client import connect
from torture import tables, valkey
from torture.ground import Ground
from torture.live import Visits
from torture.outcome import Outcome
from torture.scene import PATIENCE
from torture.server import Server
from torture.settings import Settings
from torture.visitor import Visitor

CLIENTS = 16
AT_ONCE = 100  # channels that a client joins, and then leaves
GROWTH = 10 * 1_048_576  # bytes that the server may have grown by

_LONG, _SHORT = 100_000, 1_600
_WARM_UP = 5  # one in so many of all channels comes before, so that what is made once is not counted
_LOOK = 0.05  # seconds between two looks


class _Held(NamedTuple):
    """What the server and Redis hold: bytes, keys, and channels that are listened to."""

    memory: int
    keys: int
    listening: int


async def run(ground: Ground) -> Outcome:
    """Memory, keys and subscriptions are back at what they were."""
    channels = _SHORT if ground.short else _LONG
    outcome = Outcome(
        f"{CLIENTS} clients of one server over Valkey join {channels:,} channels, each another one, {AT_ONCE} at a "
        f"time, and leave them; and before what is measured {channels // _WARM_UP:,} others"
    )
    async with AsyncExitStack() as stack:
        url = stack.enter_context(ground.database("sqlite"))
        await tables.create(url)
        kept = stack.enter_context(valkey.running())
        redis = stack.enter_context(kept.client())
        server = await stack.enter_async_context(Server(Settings(url, redis=kept.url), ground.directory))
        visitors = [await Visitor.of(await connect(server.websocket), f"visitor-{n}") for n in range(CLIENTS)]
        for visitor in visitors:
            stack.push_async_callback(visitor.socket.close)
        names = (Visits(number=number).name for number in count())
        listening = len(redis.pubsub_channels())
        await _visit(visitors, islice(names, channels // _WARM_UP))
        before = await _held(server, redis, listening)
        await _visit(visitors, islice(names, channels))
        after = await _held(server, redis, listening)
    outcome.figures |= {
        "Redis keys, before and after": f"{before.keys:,}, {after.keys:,}",
        "channels listened to, before and after": f"{before.listening:,}, {after.listening:,}",
    }
    outcome.require(after[1:] == before[1:], f"Redis held {before[1:]} (keys, subscriptions), and then {after[1:]}")
    if not ground.short:
        outcome.figures["the server's memory, before (MB)"] = before.memory / 1e6
        outcome.figures["the server has grown by (MB)"] = (grown := after.memory - before.memory) / 1e6
        outcome.require(grown <= GROWTH, f"the server has grown by {grown / 1e6:.1f} MB, where 10 MiB are allowed")
    return outcome


async def _visit(visitors: Sequence[Visitor], names: Iterator[str]) -> None:
    """All of them, by whoever is free."""

    async def work(visitor: Visitor) -> None:
        while batch := list(islice(names, AT_ONCE)):
            await visitor.join(batch)
            await visitor.leave(batch)

    await asyncio.gather(*map(work, visitors))


async def _held(server: Server, redis: "Redis", listening: int) -> _Held:
    """What is held once no more channels are listened to than that; or after some time all the same."""
    for _ in range(int(PATIENCE / _LOOK)):
        if len(redis.pubsub_channels()) <= listening:
            break
        await asyncio.sleep(_LOOK)
    return _Held(memory(server.pid), redis.dbsize(), len(redis.pubsub_channels()))
