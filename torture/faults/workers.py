"""Four workers on one Postgres, without a second server; one is killed every 5 seconds."""

import asyncio
import os
import signal

from torture import tables
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


async def run(ground: Ground) -> Outcome:
    """0 lost, 0 duplicates, 0 out of order, 0 resets."""
    workers, kills, seconds = _SHORT if ground.short else _LONG
    outcome = Outcome(
        f"{WRITERS} writers and {SCREENS} screens spread over {workers} workers (`tidings serve --workers {workers}`) "
        f"on one Postgres, of which one is killed (SIGKILL) {kills} times, each time the one that has served longest"
    )
    chance = ground.random()
    with ground.database("postgres") as url:
        await tables.create(url)
        async with Server(Settings(url), ground.directory, workers=workers) as server, scene(server, url) as made:
            spread = Spread([server], SCREENS)
            await made.show(SCREENS, server.websocket, lambda: chance.random() * _HASTE, spread.connect)
            spread.judge(outcome)
            made.write(WRITERS, chance, Habits())
            for _ in range(kills):
                await asyncio.gather(made.progress(_CHANGES), asyncio.sleep(seconds))
                starts = server.starts
                os.kill(server.workers[0], signal.SIGKILL)
                await server.await_starts(starts + 1)
            await made.stop()
            outcome.figures["seconds until all was shown, at the end"] = await made.caught_up(outcome)
            await made.judge(outcome)
    outcome.require(outcome.figures["resets"] == 0, f"{outcome.figures['resets']} resets")
    return outcome
