"""Postgres stops at once and starts again, in the middle of writes, 10 times."""

import asyncio
import time

from torture import tables
from torture.ground import Ground
from torture.outcome import Outcome
from torture.scene import scene
from torture.server import Server
from torture.settings import Settings
from torture.writer import Habits

SCREENS, WRITERS = 8, 4
WITHIN = 10.0  # seconds from the restart, Postgres' own included, until every screen is back

_LONG, _SHORT = (2, 10, 300), (1, 2, 40)  # workers, restarts, and changes between two


async def run(ground: Ground) -> Outcome:
    """Every committed change is on every screen within 10 s of the restart; none that was rolled back; 0 resets."""
    workers, restarts, between = _SHORT if ground.short else _LONG
    outcome = Outcome(
        f"{WRITERS} writers and {SCREENS} screens on {workers} workers; Postgres is stopped as in a crash (pg_ctl "
        f"-m immediate) in the middle of writes, and started again, {restarts} times"
    )
    chance = ground.random()
    with ground.database("postgres") as url:
        await tables.create(url)
        async with Server(Settings(url), ground.directory, workers=workers) as server, scene(server, url) as made:
            await made.show(SCREENS, server.websocket)
            made.write(WRITERS, chance, Habits(pause=0.005))
            slowest = 0.0
            for _ in range(restarts):
                await made.progress(chance.randrange(between // 2, between))
                restart = time.monotonic()
                await asyncio.to_thread(ground.postgres().restart)
                slowest = max(slowest, await made.back(outcome, restart, WITHIN * (6 if ground.short else 1)))
            await made.stop()
            await made.caught_up(outcome)
            await made.judge(outcome)
    outcome.figures["seconds from a restart until every screen was back, at most"] = slowest
    outcome.require(outcome.figures["resets"] == 0, f"{outcome.figures['resets']} resets")
    return outcome
