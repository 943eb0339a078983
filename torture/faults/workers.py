"""Four workers with one log, of which one is killed every few seconds: on one Postgres, without a second server; and as
two servers over Valkey.
"""

import asyncio
import os
import signal
from contextlib import AsyncExitStack

from sqlalchemy import URL

from torture import cluster, tables, valkey
from torture.balancer import Spread
from torture.ground import Ground
from torture.outcome import Outcome
from torture.scene import scene
from torture.server import Server
from torture.settings import Settings
from torture.writer import Habits

SCREENS, WRITERS = 16, 4

_LONG, _SHORT = (4, 24, 5.0), (2, 2, 0.0)  # workers, kills, and seconds between two
_CHANGES = 40  # between two kills, at least
_HASTE = 0.05  # of the client's backoff


async def on_postgres(ground: Ground) -> Outcome:
    """0 lost, 0 duplicates, 0 out of order, 0 resets."""
    workers, kills, seconds = _SHORT if ground.short else _LONG
    outcome = Outcome(
        f"{WRITERS} writers and {SCREENS} screens spread over {workers} workers (`tidings serve --workers {workers}`) "
        f"on one Postgres, of which one is killed (SIGKILL) {kills} times, each time the one that has served longest"
    )
    with ground.database("postgres") as url:
        await tables.create(url)
        async with Server(Settings(url), ground.directory, workers=workers) as server:
            await _kill(outcome, [server], url, ground, kills, seconds)
    return outcome


async def over_redis(ground: Ground) -> Outcome:
    """The same, with the outbox's relay in whichever worker has it."""
    _, kills, seconds = _SHORT if ground.short else _LONG
    servers = 1 if ground.short else cluster.SERVERS
    outcome = Outcome(
        f"{WRITERS} writers and {SCREENS} screens spread over {servers} servers of {cluster.WORKERS} workers each, "
        f"over Valkey; {kills} times the worker is killed (SIGKILL) that has served longest, of each server in turn"
    )
    async with AsyncExitStack() as stack:
        url = stack.enter_context(ground.database("postgres"))
        await tables.create(url)
        kept = stack.enter_context(valkey.running())
        settings = Settings(url, redis=kept.url)
        started = await stack.enter_async_context(cluster.servers(settings, ground.directory, servers=servers))
        await _kill(outcome, started, url, ground, kills, seconds)
    return outcome


async def _kill(outcome: Outcome, servers: list[Server], url: URL, ground: Ground, kills: int, seconds: float) -> None:
    """Show, write, and kill one worker after the other, of each server in turn."""
    chance = ground.random()
    async with scene(servers, url) as made:
        spread = Spread(servers, SCREENS)
        await made.show(SCREENS, servers[0].websocket, lambda: chance.random() * _HASTE, spread.connect)
        spread.judge(outcome)
        made.write(WRITERS, chance, Habits())
        for number in range(kills):
            await asyncio.gather(made.progress(_CHANGES), asyncio.sleep(seconds))
            server = servers[number % len(servers)]
            starts = server.starts
            os.kill(server.workers[0], signal.SIGKILL)
            await server.await_starts(starts + 1)
        await made.stop()
        outcome.figures["seconds until all was shown, at the end"] = await made.caught_up(outcome)
        await made.judge(outcome)
    outcome.require(outcome.figures["resets"] == 0, f"{outcome.figures['resets']} resets")
