"""What is Postgres' own: how writers take turns, what a read sees, and what is said of a server that does not serve."""

import asyncio
import socket

import psycopg
import pytest
from sqlalchemy import URL, make_url

from scheduling.server.services.errors import Busy
from scheduling.server.services.ports import Window
from scheduling.server.store.backend import DatabaseUnavailable
from scheduling.server.store.database import Database, backend_at
from scheduling.server.store.migrate import migrate
from scheduling.server.store.postgres import TURN
from scheduling.tests.conftest import Team
from scheduling.tests.roster import NOW, shift

WRITERS = 50
pytestmark = pytest.mark.parametrize("database", ["postgres"], indirect=True)


async def count(store: Database) -> int:
    async with store.read() as tx:
        return len(await tx.schedules.find(Window(), staff_id=None, status=None, limit=1_000))


async def test_what_fifty_writers_checked_still_holds_when_they_save(store: Database, database: str, team: Team):
    processes = [store, *[await Database(database).open() for _ in range(4)]]

    async def add_after_looking(process: Database) -> int:
        async with process.write() as tx:
            found = await tx.schedules.find(Window(), staff_id=None, status=None, limit=1_000)
            await tx.schedules.add(shift("2026-11-23 07:00"), team.mona, NOW)
            return len(found)

    found = await asyncio.gather(*(add_after_looking(processes[each % 5]) for each in range(WRITERS)))
    for process in processes[1:]:
        await process.close()
    assert sorted(found) == list(range(WRITERS))


async def test_who_waits_for_another_process_in_vain_may_try_again(
    store: Database, database: str, team: Team, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("scheduling.server.store.postgres.PATIENCE_MS", 1)
    with psycopg.connect(database) as other:
        other.execute("SELECT pg_advisory_xact_lock(%s, %s)", TURN)
        with pytest.raises(Busy, match="Try again in a moment"):
            async with store.write():
                pass
    async with store.write() as tx:
        await tx.staff.save(team.alice, team.mona, NOW)


async def test_all_that_is_read_together_is_of_one_instant(store: Database, team: Team):
    async with store.read() as reading:
        assert len(await reading.staff.all()) == 3
        async with store.write() as writing:
            await writing.schedules.add(shift("2026-11-23 07:00"), team.mona, NOW)
        assert await reading.schedules.find(Window(), staff_id=None, status=None, limit=10) == []
    assert await count(store) == 1


async def test_a_server_that_has_gone_away_in_the_meantime_is_busy_and_then_back(store: Database, database: str):
    assert await count(store) == 0
    with psycopg.connect(database, autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
            " AND datname = current_database()"
        )
    assert await count(store) == 0


def address(of: str, **changes: object) -> str:
    url: URL = make_url(of)
    return url.set(**changes).render_as_string(hide_password=False)  # type: ignore[arg-type]


@pytest.mark.parametrize("act", ["open", "migrate"])
async def test_what_keeps_a_server_from_being_used_is_one_sentence(database: str, act: str):
    async def refused(url: str) -> str:
        tried = Database(url).open() if act == "open" else asyncio.to_thread(migrate, url)
        with pytest.raises(DatabaseUnavailable) as told:
            await tried
        assert "\n" not in str(told.value)
        return str(told.value)

    nobody = address(database, username="nobody", password="a secret")
    assert "refuses the user 'nobody': correct the user and the password" in await refused(nobody)
    assert "a secret" not in await refused(nobody)
    missing = address(database, database="missing")
    assert "There is no database 'missing'" in await refused(missing)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nowhere = f"postgresql://me:secret@127.0.0.1:{closed.getsockname()[1]}/scheduling"
        sentence = await refused(nowhere)
    assert "No Postgres server answers at postgresql://me:***@127.0.0.1" in sentence
    assert "(Connection refused): start it, or correct the database's URL." in sentence


async def test_a_database_without_tables_says_what_to_do(database: str, postgres_url: URL):
    empty = postgres_url.set(drivername="postgresql").render_as_string(hide_password=False)
    with pytest.raises(DatabaseUnavailable, match=r"is not set up: run `scheduling migrate` first\."):
        await Database(empty).open()


@pytest.mark.parametrize(
    "wrong",
    ["mysql://root:secret@host/name", "postgresql://host:port:secret/name", "postgresql://me:secret@host", "sqlite://"],
)
def test_a_url_that_is_none_is_told_without_what_it_holds(database: str, wrong: str):
    with pytest.raises(DatabaseUnavailable, match="write postgresql://user:password@host:5432/name") as told:
        backend_at(wrong)
    assert "secret" not in str(told.value)


def test_addresses_are_read_as_hosts_of_applications_write_them(database: str):
    for scheme in ("postgres", "postgresql", "postgresql+psycopg"):
        assert str(backend_at(f"{scheme}://me:secret@host:1/name")) == "postgresql://me:***@host:1/name"
    assert str(backend_at("sqlite:///kept/here.sqlite3")) == str(backend_at("kept/here.sqlite3")) == "kept/here.sqlite3"
