"""A scene finds out what is wrong: planted in the database, behind the back of an application that is right; and
screens that stay away.
"""

import time
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import pytest
from sqlalchemy import make_url, text

from tidings.testing.history import Kind
from tidings.testing.proxy import FaultProxy
from torture import tables
from torture.ground import Ground
from torture.outcome import Outcome, TortureError
from torture.scene import PATIENCE, Scene, scene
from torture.server import Server
from torture.settings import Settings
from torture.writer import Habits


def no_postgres():
    raise AssertionError("not asked for")


@pytest.fixture
async def made(tmp_path: Path) -> AsyncIterator[Scene]:
    """Two screens that show what a writer has written."""
    ground = Ground(short=True, directory=tmp_path, postgres=no_postgres)
    with ground.database("sqlite") as url:
        await tables.create(url)
        async with Server(Settings(url), tmp_path) as server, scene(server, url) as made:
            await made.show(2, server.websocket)
            made.write(1, ground.random(), Habits(pause=0.0, fails=0.5, strays=0.5), changes=20)
            await made.written()
            yield made


async def judged(made: Scene) -> Outcome:
    outcome = Outcome("a test")
    await made.caught_up(outcome)
    await made.judge(outcome)
    return outcome


async def plant(made: Scene, statement: str) -> None:
    engine = tables.engine(made.server.settings.database, 1)
    async with engine.begin() as connection:
        await connection.execute(text(statement))
    await engine.dispose()


def kinds(outcome: Outcome) -> Iterable[str]:
    return {violation.partition(" on ")[0] for violation in outcome.violations}


async def test_what_is_wrong_is_found(made: Scene):
    right = await judged(made)
    assert right.passed, right.violations
    assert right.figures["events heard"]

    await plant(made, "UPDATE items SET text = 'nobody was told'")
    assert kinds(await judged(made)) == {Kind.WRONG_STATE}

    await plant(made, "DELETE FROM changes WHERE id = (SELECT min(id) FROM changes)")
    assert "1 changes were told to be made, and were not" in (await judged(made)).violations

    await plant(made, "DELETE FROM tidings_events WHERE channel = 'items' AND \"offset\" = 2")
    assert "the log of items has a gap between 1 and 3" in (await judged(made)).violations


async def test_a_screen_that_stays_away_after_a_restart_is_found_though_it_had_everything_before(made: Scene):
    """A restart that ends with a screen away fails, and one that ends with all of them passes."""
    async with FaultProxy(("127.0.0.1", made.server.port)) as proxy:
        await made.show(1, f"ws://127.0.0.1:{proxy.address[1]}/ws", lambda: 0.01)
        before, away, back = Outcome("before"), Outcome("one is away"), Outcome("all are back")
        await made.caught_up(before)
        assert before.passed, before.violations

        proxy.refusing = True
        proxy.reset()
        await made.server.kill()
        await made.server.start()
        made.resume()
        await made.back(away, time.monotonic(), within=5.0)
        assert not away.passed
        assert "5 s later screen-3 is not at" in away.violations[-1]

        proxy.heal()
        await made.back(back, time.monotonic(), within=PATIENCE)
        assert back.passed, back.violations
        await made.stop()


async def test_a_restart_after_which_nothing_is_committed_is_found(made: Scene):
    outcome = Outcome("a test")
    await made.server.kill()
    made.resume()
    await made.back(outcome, time.monotonic(), within=0.5)
    assert outcome.violations == ["0.5 s after a restart not every channel has a new change"]
    await made.server.start()
    await made.stop()


async def test_a_screen_without_a_connection_has_not_caught_up(made: Scene):
    outcome = Outcome("a test")
    await made.caught_up(outcome)
    assert outcome.passed, outcome.violations
    await made.server.kill()
    await made.caught_up(outcome, within=0.5)
    assert {violation.partition(" is not at ")[0] for violation in outcome.violations} == {
        "0.5 s later screen-1", "0.5 s later screen-2"
    }  # fmt: skip


async def test_a_server_that_does_not_start_is_told(tmp_path: Path):
    with pytest.raises(TortureError, match=r"it did not start: .*cannot be imported"):
        async with Server(Settings(make_url("sqlite+aiosqlite://")), tmp_path):
            pass
