"""Four workers with one log, of which one is killed every few seconds: on one Postgres, without a second server; and as
two servers over Valkey.
"""

import asyncio
import os
import signal
import time
from contextlib import AsyncExitStack

from sqlalchemy import URL

from tidings.client import Client
from torture import cluster, tables, valkey
from torture.access import token
from torture.balancer import Balancer, Spread
from torture.ground import Ground
from torture.live import Lobby
from torture.outcome import Outcome
from torture.scene import scene
from torture.server import Server
from torture.settings import Settings
from torture.writer import Habits

SCREENS, WRITERS, PEOPLE = 16, 4, 8
SEEN = 10.5  # seconds until a worker that was killed is seen to be gone: its time to live, and what it takes to ask

_LONG, _SHORT = (4, 24, 5.0), (2, 2, 0.0)  # workers, kills, and seconds between two
_LONG_REDIS, _SHORT_REDIS = (20, 3.0), (1, 0.0)
_CHANGES = 40  # between two kills, at least
_TIMES_RIGHT = 20  # answers
_LOOK = 0.05  # seconds between two
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
    """The same, with the outbox's relay in whichever worker has it; and presence is soon right again."""
    kills, seconds = _SHORT_REDIS if ground.short else _LONG_REDIS
    size = cluster.Size(servers=1 if ground.short else 2)
    outcome = Outcome(
        f"{WRITERS} writers and {SCREENS} screens spread over {size}, "
        f"over Valkey; {kills} times the worker is killed (SIGKILL) that has served longest, of each server in turn; "
        f"{PEOPLE} people are in a lobby"
    )
    async with AsyncExitStack() as stack:
        url = stack.enter_context(ground.database("postgres"))
        await tables.create(url)
        kept = stack.enter_context(valkey.running())
        # The lease of a worker that relayed and was killed ends after 10 s, which the short form does not wait for.
        settings = Settings(url, redis=kept.url, direct=ground.short)
        started = await stack.enter_async_context(cluster.started(size, settings, ground.directory))
        balancer = Balancer(started)
        people = {f"person-{number}" for number in range(PEOPLE)}
        for person in people:
            await _enter_lobby(stack, person, balancer)
        killed = await _kill(outcome, started, url, ground, kills, seconds)
        if not ground.short:
            await _see_all(balancer, people, outcome, killed)
    return outcome


async def _enter_lobby(stack: AsyncExitStack, person: str, balancer: Balancer) -> None:
    """Be there until the stack unwinds."""
    client = Client(balancer.servers[0].websocket, get_token=lambda: token(person), connect=balancer.connect)
    await stack.enter_async_context(client)
    await stack.enter_async_context(client.subscribe(Lobby()))


async def _see_all(balancer: Balancer, people: set[str], outcome: Outcome, killed: float) -> None:
    """Ask who is there until it is everybody, once each, many times in a row: whichever worker answers."""
    expected, right = dict.fromkeys(people, 1), 0
    seen: dict[str, int] = {}
    async with balancer.http() as http:
        while right < _TIMES_RIGHT and time.monotonic() < killed + SEEN:
            seen = (await http.get("/present", headers={"Connection": "close"})).json()
            right = right + 1 if seen == expected else 0
            await asyncio.sleep(_LOOK)
    outcome.figures["seconds from the last kill until presence was right"] = time.monotonic() - killed
    outcome.require(right == _TIMES_RIGHT, f"{SEEN:g} s after the last kill presence was {seen}")


async def _kill(outcome: Outcome, servers: list[Server], url: URL, ground: Ground, kills: int, seconds: float) -> float:
    """Show, write, and kill one worker after the other, of each server in turn; returns when the last was."""
    chance, killed = ground.random(), 0.0
    async with scene(servers, url) as made:
        spread = Spread(servers, SCREENS)
        await made.show(SCREENS, servers[0].websocket, lambda: chance.random() * _HASTE, spread.connect)
        spread.judge(outcome)
        made.write(WRITERS, chance, Habits())
        starts = {server: server.starts for server in servers}
        for number in range(kills):
            await asyncio.gather(made.progress(_CHANGES), asyncio.sleep(seconds))
            server = servers[number % len(servers)]
            await server.await_starts(starts[server])  # all that were killed are back
            os.kill(server.workers[0], signal.SIGKILL)
            killed, starts[server] = time.monotonic(), starts[server] + 1
        for server in servers:
            await server.await_starts(starts[server])
        await made.stop()
        outcome.figures["seconds until all was shown, at the end"] = await made.caught_up(outcome)
        await made.judge(outcome)
    outcome.require(outcome.figures["resets"] == 0, f"{outcome.figures['resets']} resets")
    return killed
