"""Redis' pub/sub loses messages: its connections are killed, the last event of a channel does not come, and somebody
publishes what is none.
"""

import asyncio
import pickle
import time
from contextlib import AsyncExitStack
from dataclasses import replace
from itertools import cycle

from redis import Redis

from torture import cluster
from torture.balancer import Spread
from torture.deafness import Between, between, deaf
from torture.ground import Ground
from torture.outcome import Outcome
from torture.scene import PATIENCE, Scene, scene
from torture.writer import Habits

SCREENS, WRITERS = 20, 3
EVERY = 0.3  # seconds between two kills
SHOWN = 6.0  # seconds until a lost last event is on every screen

_LONG, _SHORT = (100, 5, 2_000), (5, 1, 20)  # kills, events lost, and pieces of garbage
_DROPPED = b"messages that are no events were dropped"
_GARBAGE = (b"", b"\x00\xff" * 20, b"{", b'{"epoch": 1}', pickle.dumps(object), b"1\n2\n3", b"x" * 1_048_576)


async def run(ground: Ground) -> Outcome:
    """0 lost, 0 duplicates, 0 out of order, 0 resets; garbage disconnects nobody."""
    kills, silences, garbage = _SHORT if ground.short else _LONG
    size = cluster.Size.of(ground)
    outcome = Outcome(
        f"{WRITERS} writers and {SCREENS} screens on {size}, over "
        f"Valkey; CLIENT KILL TYPE pubsub {kills} times, every {EVERY:g} s; then {silences} times all that pub/sub "
        f"says of the last events is lost; then {garbage} pieces of garbage are published on the broker's own channels"
    )
    chance = ground.random()
    async with AsyncExitStack() as stack:
        there = await stack.enter_async_context(between(ground))
        servers = await stack.enter_async_context(cluster.started(size, there.settings, ground.directory))
        made = await stack.enter_async_context(
            scene(servers, there.settings.database, replace(there.settings, redis=there.url))
        )
        spread = Spread(servers, SCREENS)
        await made.show(SCREENS, servers[0].websocket, connect=spread.connect)
        spread.judge(outcome)
        made.write(WRITERS, chance, Habits(pause=0.01))
        for _ in range(kills):
            await asyncio.gather(made.progress(1), asyncio.sleep(EVERY))
            there.redis.client_kill_filter(_type="pubsub")
        await made.stop()
        await made.caught_up(outcome)
        await _silence(made, there, outcome, silences, within=PATIENCE if ground.short else SHOWN)
        await _garbage(made, there.redis, garbage)
        await made.caught_up(outcome)
        counted = [server for server in servers if _DROPPED in server.log.read_bytes()]
        outcome.require(counted == servers, "a server has dropped garbage without a word")
        outcome.require(spread.made == SCREENS, f"{spread.made - SCREENS} connections of screens were made anew")
        await made.judge(outcome)
    outcome.require(outcome.figures["resets"] == 0, f"{outcome.figures['resets']} resets")
    return outcome


async def _silence(made: Scene, there: Between, outcome: Outcome, times: int, *, within: float) -> None:
    """One change of each writer, of which no process hears, and then nothing more."""
    longest = 0.0
    for _ in range(times):
        with deaf(there.proxy, there.redis, outcome):
            made.resume(1)
            await made.written()
            written = time.monotonic()
            await made.truth.tops()  # all is in the logs
        await made.caught_up(outcome, written + within - time.monotonic())
        longest = max(longest, time.monotonic() - written)
    outcome.figures["seconds until a lost last event was on every screen, at most"] = longest


async def _garbage(made: Scene, redis: "Redis", pieces: int) -> None:
    """Publish what is no event wherever a process listens, while writers write."""
    made.resume(pieces // 10)
    garbage = cycle(_GARBAGE)
    for number in range(pieces):
        names = redis.pubsub_channels()
        redis.publish(names[number % len(names)], next(garbage))
        await asyncio.sleep(0)
    await made.written()
