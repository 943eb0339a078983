import asyncio
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import URL, MetaData, event
from sqlalchemy.exc import IntegrityError, StatementError

from scheduling.server.domain.staff import Contract
from scheduling.server.services.errors import Busy
from scheduling.server.services.ports import NewTimeOff, Window
from scheduling.server.store.backend import DatabaseUnavailable
from scheduling.server.store.database import Database, backend_at
from scheduling.server.store.migrate import migrate, upgrade
from scheduling.server.store.tables import Table
from scheduling.tests.conftest import Team
from scheduling.tests.roster import NORTH, NOW, instant, shift
from tidings.brokers.database.tables import tables
from tidings.outbox.rows import OutboxTable


@pytest.fixture(params=["sqlite", "postgres"])
def unmigrated(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database without tables."""
    if request.param == "sqlite":
        return str(tmp_path / "old.sqlite3")
    url: URL = request.getfixturevalue("postgres_url")
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def test_the_migrations_make_the_tables_that_the_code_declares(database: str):
    declared = MetaData()
    for metadata in (Table.metadata, tables().metadata, OutboxTable(None).metadata):
        for table in metadata.sorted_tables:
            table.to_metadata(declared)
    engine = backend_at(database).migrating()
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, declared) == []
    engine.dispose()


async def test_the_newest_migration_is_the_one_that_the_code_asks_for(database: str):
    await (await Database(database).open()).close()


def test_migrating_twice_changes_nothing(database_path: Path):
    with closing(sqlite3.connect(database_path)) as connection:
        connection.execute("INSERT INTO locations VALUES ('Moon', 'UTC')")
        connection.commit()
    migrate(database_path)
    with closing(sqlite3.connect(database_path)) as connection:
        assert connection.execute("SELECT name FROM locations").fetchall() == [("Moon",)]


async def test_contracts_of_before_keep_what_they_said(unmigrated: str):
    backend = backend_at(unmigrated)
    upgrade(backend, "0002")
    engine = backend.migrating()
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO staff (name, email, role, skills, contract_name, hours_per_week, rest_hours, version) VALUES"
            " ('Alice', 'alice@example.com', 'staff', '[]', 'Full time', 38.5, 12, 1),"
            " ('Bob', 'bob@example.com', 'staff', '[]', 'Freelance', NULL, 0, 1)"
        )
        connection.exec_driver_sql(
            "INSERT INTO time_off (staff_id, starts_at, ends_at, note, status, decision_note, version, updated_at)"
            " VALUES (1, '2026-11-23', '2026-11-24', '', 'pending', '', 1, '2026-11-22')"
        )
    engine.dispose()
    migrate(unmigrated)
    database = await Database(unmigrated).open()
    async with database.read() as tx:
        alice, bob = await tx.staff.all()
        [asked] = await tx.time_off.find(Window(), staff_id=None, status=None, limit=10)
    await database.close()
    assert alice.contract == Contract(name="Full time", hours_per_week=38.5, rest_hours=12)
    assert bob.contract == Contract(name="Freelance", rest_hours=0)
    assert asked.staff_id == alice.id


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_the_file_is_in_wal_mode_and_keeps_foreign_keys(store: Database, database_path: Path, team: Team):
    with closing(sqlite3.connect(database_path)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    with pytest.raises(IntegrityError, match="FOREIGN KEY"):
        async with store.write() as tx:
            await tx.time_off.add(NewTimeOff(4_000, NOW, instant("2026-11-24 00:00"), ""), NOW)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_a_write_excludes_others_before_its_first_read(store: Database, database_path: Path, team: Team):
    async with store.write():
        with closing(sqlite3.connect(database_path, timeout=0)) as other:
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                other.execute("BEGIN IMMEDIATE")
            assert other.execute("SELECT count(*) FROM staff").fetchone() == (3,)
    with closing(sqlite3.connect(database_path, timeout=0)) as other:
        other.execute("BEGIN IMMEDIATE")


async def test_two_processes_writes_take_turns(store: Database, database: str, team: Team):
    another = await Database(database).open()

    async def add_after_looking(database: Database) -> int:
        async with database.write() as tx:
            found = await tx.schedules.find(Window(), staff_id=None, status=None, limit=10)
            await tx.schedules.add(shift("2026-11-23 07:00"), team.mona, NOW)
            return len(found)

    counts = await asyncio.gather(*(add_after_looking(each) for each in (store, another, store, another)))
    await another.close()
    assert sorted(counts) == [0, 1, 2, 3]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_who_waits_for_another_process_in_vain_may_try_again(
    database_path: Path, team: Team, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("scheduling.server.store.sqlite.PRAGMAS", ("PRAGMA busy_timeout = 1",))
    impatient = await Database(database_path).open()
    with closing(sqlite3.connect(database_path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Busy, match="Try again in a moment"):
            async with impatient.write():
                pass
        other.execute("ROLLBACK")
    async with impatient.write() as tx:
        await tx.staff.save(team.alice, team.mona, NOW)
    await impatient.close()


async def test_readers_do_not_wait_for_a_writer_and_see_what_is_committed(store: Database, team: Team):
    async with store.write() as writing:
        await writing.schedules.add(shift("2026-11-23 07:00"), team.mona, NOW)
        async with store.read() as reading:
            assert await reading.schedules.find(Window(), staff_id=None, status=None, limit=10) == []
    async with store.read() as reading:
        assert len(await reading.schedules.find(Window(), staff_id=None, status=None, limit=10)) == 1


async def test_a_time_without_a_zone_is_not_stored(store: Database, team: Team):
    with pytest.raises(StatementError, match="has no offset"):
        async with store.write() as tx:
            await tx.time_off.add(NewTimeOff(team.alice.id, datetime(2026, 11, 23), NOW, ""), NOW)  # noqa: DTZ001


async def test_a_database_that_is_not_set_up_says_what_to_do(tmp_path: Path):
    with pytest.raises(DatabaseUnavailable, match=r"is not set up: run `scheduling migrate` first\."):
        await Database(tmp_path / "new.sqlite3").open()


async def test_a_file_that_is_no_database_says_so(tmp_path: Path):
    file = tmp_path / "letter.sqlite3"
    file.write_text("Dear Sir or Madam, " * 100)
    with pytest.raises(DatabaseUnavailable, match=r"letter\.sqlite3 cannot be opened: file is not a database"):
        await Database(file).open()
    with pytest.raises(DatabaseUnavailable, match="file is not a database"):
        migrate(file)


async def test_a_folder_that_is_none_says_so(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(DatabaseUnavailable, match="cannot be made: File exists"):
        migrate(tmp_path / "file" / "scheduling.sqlite3")
    with pytest.raises(DatabaseUnavailable, match="cannot be opened: unable to open database file"):
        await Database(tmp_path).open()


async def test_a_database_of_another_version_says_what_to_do(database_path: Path):
    with closing(sqlite3.connect(database_path)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    with pytest.raises(DatabaseUnavailable, match="is at revision 9999"):
        await Database(database_path).open()
    with pytest.raises(DatabaseUnavailable, match="newer version of this program"):
        migrate(database_path)


def test_looking_for_a_database_does_not_make_one(tmp_path: Path):
    with pytest.raises(DatabaseUnavailable):
        asyncio.run(Database(tmp_path / "new.sqlite3").open())
    assert list(tmp_path.iterdir()) == []


async def test_who_is_asked_for_again_in_a_transaction_is_read_once_and_as_they_were_saved(store: Database, team: Team):
    read: list[str] = []

    def note(_: object, __: object, statement: str, *___: object) -> None:
        read.append(statement)

    event.listen(store.engine.sync_engine, "before_cursor_execute", note)
    async with store.write() as tx:
        alice = await tx.staff.get(team.alice.id)
        north = await tx.locations.get(NORTH.name)
        read.clear()
        assert (await tx.staff.get(team.alice.id), await tx.locations.get(NORTH.name)) == (alice, north)
        assert read == []
        older = Contract(name="Part time", hours_per_week=20, rest_hours=12)
        renamed = team.alice.changed({"name": "Alicia", "skills": ("Doctor",), "contract": older, "active": False})
        await tx.staff.save(renamed, team.mona, NOW)
        assert await tx.staff.get(team.alice.id) == renamed
    async with store.read() as tx:
        assert await tx.staff.get(team.alice.id) == renamed
