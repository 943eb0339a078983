"""The server is killed in the middle of publishing, and started again, 20 times."""

import asyncio
import time
from random import Random

from tidings.client.retrying import STABLE_AFTER
from torture import tables
from torture.ground import Ground
from torture.outcome import Outcome
from torture.scene import Scene, scene
from torture.server import Server
from torture.settings import Settings
from torture.writer import Habits

SCREENS, WRITERS = 8, 4
WITHIN = 10.0  # seconds from the restart, the server's own start included, until every screen is back

_LONG, _SHORT = (20, 300), (2, 40)  # kills, and changes between two
_HASTE = 0.05  # of the client's backoff in the short form, which asserts no times


async def on_sqlite(ground: Ground) -> Outcome:
    """Every committed change is on every screen within 10 s of the restart; none that was rolled back; 0 resets."""
    return await _run(ground, "sqlite")


async def on_postgres(ground: Ground) -> Outcome:
    """The same."""
    return await _run(ground, "postgres")


async def _run(ground: Ground, kind: str) -> Outcome:
    kills, between = _SHORT if ground.short else _LONG
    outcome = Outcome(
        f"{WRITERS} writers and {SCREENS} screens on one server with {kind}, which is killed (SIGKILL) in the middle "
        f"of publishing, and started again, {kills} times"
    )
    chance = ground.random()
    with ground.database(kind) as url:
        await tables.create(url)
        async with Server(Settings(url), ground.directory) as server, scene(server, url) as made:
            await _show(made, ground, chance)
            made.write(WRITERS, chance, Habits(pause=0.005))
            slowest = 0.0
            for _ in range(kills):
                stable = asyncio.sleep(0.0 if ground.short else STABLE_AFTER + 1.0)
                await asyncio.gather(made.progress(chance.randrange(between // 2, between)), stable)
                await server.kill()
                restart = time.monotonic()
                await server.start()
                slowest = max(slowest, await made.back(outcome, restart, WITHIN * (6 if ground.short else 1)))
            await made.stop()
            await made.caught_up(outcome)
            await made.judge(outcome)
    outcome.figures["seconds from a restart until every screen was back, at most"] = slowest
    outcome.require(outcome.figures["resets"] == 0, f"{outcome.figures['resets']} resets")
    return outcome


async def _show(made: Scene, ground: Ground, chance: Random) -> None:
    if ground.short:
        await made.show(SCREENS, made.server.websocket, lambda: chance.random() * _HASTE)
    else:
        await made.show(SCREENS, made.server.websocket)
