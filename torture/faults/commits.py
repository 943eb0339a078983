"""Fifty writers commit on one channel at once, some rolling back, some slow."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from torture import tables
from torture.ground import Ground
from torture.outcome import Outcome
from torture.scene import scene
from torture.server import Server
from torture.settings import Settings
from torture.writer import Habits

WRITERS, SCREENS = 50, 3

_LONG, _SHORT = 100, 4  # changes of each writer

_IN_OFFSET_ORDER = text(
    """
    SELECT count(*) FROM (
      SELECT pg_xact_commit_timestamp(xmin) AS at,
             lag(pg_xact_commit_timestamp(xmin)) OVER (PARTITION BY channel ORDER BY "offset") AS before
      FROM tidings_events
    ) AS events WHERE at < before
    """
)
_DEADLOCKS = text("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")


async def run(ground: Ground) -> Outcome:
    """Log order is commit order; no gap; no deadlock."""
    changes = _SHORT if ground.short else _LONG
    outcome = Outcome(
        f"{WRITERS} writers make {changes} changes each at once, all on one channel and on one of three others, on one "
        "Postgres; a fifth is rolled back, half of these when their events are numbered; a tenth takes up to 50 ms to "
        "commit"
    )
    with ground.database("postgres") as url:
        await tables.create(url)
        settings = Settings(url, connections=WRITERS + 5)
        async with Server(settings, ground.directory) as server, scene(server, url) as made:
            await made.show(SCREENS, server.websocket)
            habits = Habits(fails=0.2, strays=0.1, slow=0.1, longest_commit=0.05, pause=0.0)
            made.write(WRITERS, ground.random(), habits, changes)
            await made.written()
            await made.caught_up(outcome)
            await made.judge(outcome)
        await _ask_postgres(outcome, url_engine := tables.engine(url, 1), ours=ground.postgres().ours)
        await url_engine.dispose()
    outcome.require(outcome.figures["resets"] == 0, f"{outcome.figures['resets']} resets")
    return outcome


async def _ask_postgres(outcome: Outcome, engine: AsyncEngine, *, ours: bool) -> None:
    """What Postgres itself says of the order of commits, where it keeps their times, and of deadlocks."""
    async with engine.connect() as connection:
        if ours:
            misordered = await connection.scalar(_IN_OFFSET_ORDER)
            outcome.require(misordered == 0, f"{misordered} events stand before one that was committed earlier")
        deadlocks = await connection.scalar(_DEADLOCKS)
    outcome.figures["deadlocks"] = deadlocks
    outcome.require(deadlocks == 0, f"{deadlocks} deadlocks")
