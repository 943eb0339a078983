"""The database, and so each log, is put back to an older copy: a restored backup, a replica that was behind."""

import asyncio
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import AsyncExitStack, closing
from pathlib import Path

from sqlalchemy import URL, text

from tidings.testing.proxy import FaultProxy
from torture import tables
from torture.ground import Ground
from torture.outcome import Outcome
from torture.scene import PATIENCE, Scene, scene
from torture.server import Server
from torture.settings import Settings
from torture.writer import Habits

SCREENS, WRITERS = 6, 3

_LONG, _SHORT = 400, 20  # changes of each writer, before the copy, after it, and after it was put back
_MARK = " put back"  # what tells a log from the one that had its epoch and its numbers before
_HASTE = 0.05  # of the client's backoff

_TABLES = ("items", "changes", "tidings_log", "tidings_channels", "tidings_events")
_PUT_BACK = [
    statement
    for table in _TABLES
    for statement in (f"DELETE FROM {table}", f"INSERT INTO {table} SELECT * FROM {table}_copy")
]


async def while_serving(ground: Ground) -> Outcome:
    """Noticed by the position's id: a new epoch, clients reset, none applies an old number as new."""
    changes = _SHORT if ground.short else _LONG
    outcome = Outcome(
        f"Postgres is put back to a copy from {WRITERS * changes} changes ago, in one transaction, under a server with "
        f"{SCREENS} screens; then writers go on"
    )
    async with AsyncExitStack() as stack:
        url = stack.enter_context(ground.database("postgres"))
        await tables.create(url)
        server = await stack.enter_async_context(Server(Settings(url), ground.directory))
        made = await stack.enter_async_context(scene(server, url))
        await made.show(SCREENS, server.websocket, _hasty(ground))
        await _write(made, ground, changes)
        await _execute(url, [f"CREATE TABLE {table}_copy AS TABLE {table}" for table in _TABLES])
        copied = await made.truth.tops()
        await _go_on_and_forget(made, outcome, changes)
        made.history.renumbered()
        await _execute(url, _PUT_BACK)
        made.resume(changes)
        await made.written()
        await _all_reset(made)
        await made.caught_up(outcome)
        for name, top in (await made.truth.tops()).items():
            outcome.require(top.epoch != copied[name].epoch, f"{name} kept its epoch, and gave its numbers twice")
        await made.judge(outcome)
    return outcome


async def while_stopped(ground: Ground) -> Outcome:
    """Noticed, though the epoch may stay: positions that the log does not have are refused, and who has one is reset,
    whether back before the log has reached that number again or after it has passed it; none applies an old number as
    new.
    """
    changes = _SHORT if ground.short else _LONG
    outcome = Outcome(
        f"the server is killed, its SQLite database put back to a copy from {WRITERS * changes} changes ago, and the "
        f"server started again; {SCREENS // 2} screens come back at once, {SCREENS // 2} when writers have gone on "
        "beyond what these had"
    )
    async with AsyncExitStack() as stack:
        url = stack.enter_context(ground.database("sqlite"))
        await tables.create(url)
        database, copy = Path(str(url.database)), ground.directory / "copy.sqlite3"
        server = await stack.enter_async_context(Server(Settings(url), ground.directory))
        late = await stack.enter_async_context(FaultProxy(("127.0.0.1", server.port)))
        made = await stack.enter_async_context(scene(server, url))
        await made.show(SCREENS // 2, server.websocket, _hasty(ground))
        await made.show(SCREENS // 2, f"ws://127.0.0.1:{late.address[1]}/ws", _hasty(ground))
        await _write(made, ground, changes)
        await asyncio.to_thread(_copy, database, copy)
        await _go_on_and_forget(made, outcome, changes)
        late.refusing = True
        await server.kill()
        made.history.renumbered()
        for screen in made.screens:
            screen.mark = _MARK  # here the epoch may stay: no process is left that would know better
        await asyncio.to_thread(_copy, copy, database)
        await server.start()
        made.resume(2 * changes)
        await made.written()
        late.heal()
        await _all_reset(made)
        await made.caught_up(outcome)
        await made.judge(outcome, mark=_MARK)
    return outcome


async def _write(made: Scene, ground: Ground, changes: int) -> None:
    made.write(WRITERS, ground.random(), Habits(pause=0.0), changes)
    await made.written()


async def _go_on_and_forget(made: Scene, outcome: Outcome, changes: int) -> None:
    """Writers go on, every screen shows it, and then writers know only what they knew before."""
    known = [writer.knowledge() for writer in made.writers]
    made.resume(changes)
    await made.written()
    await made.caught_up(outcome)
    before = made.committed
    for writer, knowledge in zip(made.writers, known, strict=True):
        writer.know(knowledge)
    outcome.figures["changes undone"] = before - made.committed


async def _all_reset(made: Scene) -> None:
    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*(screen.was_reset() for screen in made.screens))


def _hasty(ground: Ground) -> Callable[[], float]:
    chance = ground.random()
    return lambda: chance.random() * _HASTE


def _copy(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target, timeout=20)) as new:
        old.backup(new)


async def _execute(url: URL, statements: Iterable[str]) -> None:
    """In one transaction."""
    engine = tables.engine(url, 1)
    async with engine.begin() as connection:
        for statement in statements:
            await connection.execute(text(statement))
    await engine.dispose()
