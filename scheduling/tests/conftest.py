import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, Self

import httpx2
import psycopg
import pytest
from fastapi import FastAPI
from pwdlib.hashers.argon2 import Argon2Hasher
from pydantic import SecretStr

from scheduling.server.domain.calendar import CalendarLink
from scheduling.server.domain.needs import LocationNeeds
from scheduling.server.domain.offer import Offer
from scheduling.server.domain.schedule import Schedule
from scheduling.server.domain.simulation import Simulation
from scheduling.server.domain.staff import Contract, Staff
from scheduling.server.domain.template import Template
from scheduling.server.domain.time_off import TimeOff
from scheduling.server.main import create_app
from scheduling.server.services.changes import Desk, NamedRequest
from scheduling.server.services.passwords import Passwords
from scheduling.server.services.ports import NewStaff, Transaction
from scheduling.server.settings import Settings
from scheduling.server.store.database import Database
from scheduling.server.store.migrate import migrate
from scheduling.server.store.tables import Table
from scheduling.tests.roster import CONTRACT, LISBON, NORTH, NOW, TOKYO
from tidings.brokers.database.tables import tables
from tidings.outbox.rows import OutboxTable
from torture.postgres import Postgres

PASSWORD = "a password"
SECRET = "a secret of at least thirty-two bytes"
METADATA = (Table.metadata, tables().metadata, OutboxTable(None).metadata)
Json = dict[str, Any]


@dataclass
class ManualClock:
    """Stands still until a test moves it."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass
class Recorder:
    """A Notifier that keeps what it was told, of all changes, and the names of the requests that they come from."""

    told: list[tuple[object, ...]] = field(default_factory=list)
    request_ids: list[str | None] = field(default_factory=list)

    def of(self, _: Transaction, request_id: str | None) -> Self:
        self.request_ids.append(request_id)
        return self

    def notify_schedule_created(self, schedule: Schedule) -> None:
        self.told.append(("schedule created", schedule))

    def notify_schedule_changed(self, before: Schedule, after: Schedule) -> None:
        self.told.append(("schedule changed", before, after))

    def notify_schedule_deleted(self, schedule: Schedule) -> None:
        self.told.append(("schedule deleted", schedule))

    def notify_time_off(self, time_off: TimeOff) -> None:
        self.told.append(("time off", time_off))

    def notify_offer(self, offer: Offer) -> None:
        self.told.append(("offer", offer))

    def notify_needs(self, needs: LocationNeeds) -> None:
        self.told.append(("needs", needs))

    def notify_template(self, template: Template) -> None:
        self.told.append(("template", template))

    def notify_template_deleted(self, template: Template) -> None:
        self.told.append(("template deleted", template))

    def notify_calendar_link(self, link: CalendarLink) -> None:
        self.told.append(("calendar link", link))

    def notify_staff_created(self, staff: Staff) -> None:
        self.told.append(("staff created", staff))

    def notify_staff_changed(self, staff: Staff) -> None:
        self.told.append(("staff changed", staff))

    def end_connections(self, staff: Staff) -> None:
        self.told.append(("connections end", staff))

    def notify_simulation(self, simulation: Simulation) -> None:
        self.told.append(("simulation", simulation))


@asynccontextmanager
async def named(request_id: str, person: Staff) -> AsyncIterator[NamedRequest]:
    """A request of this name, answered at the end of the block."""
    async with AsyncExitStack() as until_answered:
        request = NamedRequest(request_id, person.id, "digest", until_answered)
        yield request
        await request.answered(200, None, b"")


@dataclass(frozen=True)
class Team:
    """Who is in the database of a test: a manager, and two of the staff, of whom Bob has no contractual limits."""

    mona: Staff
    alice: Staff
    bob: Staff


@pytest.fixture
def passwords() -> Passwords:
    """Argon2id at a cost that tests can afford."""
    return Passwords(Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database just migrated, for tests to copy."""
    path = tmp_path_factory.mktemp("database") / "empty.sqlite3"
    migrate(path)
    return path


@pytest.fixture
def database_path(empty_database: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(empty_database, tmp_path / "scheduling.sqlite3"))


@pytest.fixture(scope="session")
def postgres_address(postgres: Postgres) -> Iterator[str]:
    """A database on Postgres just migrated, which tests leave to the next as it is."""
    url = postgres.database()
    address = url.set(drivername="postgresql").render_as_string(hide_password=False)
    migrate(address)
    yield address
    postgres.drop(url)


ON_BOTH = ("inrc2/", "notify/", "services/", "store/", "test_durable.py", "web/test_live.py")
"""Tests that each run does on both databases: all that a database could answer otherwise. `--postgres` does all that
reach one, those of forms and refusals among them.
"""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    chosen = any(mark.args[0] == "database" for mark in metafunc.definition.iter_markers("parametrize"))
    if "database" in metafunc.fixturenames and not chosen:
        path = metafunc.definition.path.relative_to(Path(__file__).parent).as_posix()
        both = metafunc.config.getoption("--postgres") or path.startswith(ON_BOTH)
        metafunc.parametrize("database", ["sqlite", "postgres"] if both else ["sqlite"], indirect=True)


@pytest.fixture
def database(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a database just migrated, of the kind that the test is for."""
    if request.param == "sqlite":
        yield str(request.getfixturevalue("database_path"))
        return
    address: str = request.getfixturevalue("postgres_address")
    empty(address)
    yield address


def empty(address: str) -> None:
    """Delete all rows, and number from 1 again: much sooner done than TRUNCATE where there are few."""
    names = [table.name for each in METADATA for table in reversed(each.sorted_tables)]
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(
            "".join(f"DELETE FROM {name};" for name in names)
            + "SELECT setval(pg_get_serial_sequence(table_name, column_name), 1, false) FROM information_schema.columns"
            " WHERE table_schema = 'public' AND pg_get_serial_sequence(table_name, column_name) IS NOT NULL"
        )


@pytest.fixture
async def store(database: str) -> AsyncIterator[Database]:
    opened = await Database(database).open()
    yield opened
    await opened.close()


@pytest.fixture
async def team(store: Database, passwords: Passwords) -> Team:
    relaxed = Contract(name="Freelance", hours_per_week=None, rest_hours=0)
    password_hash = await passwords.hash(PASSWORD)
    async with store.write() as tx:
        for location in (NORTH, LISBON, TOKYO):
            await tx.locations.add(location)
        skills = ("Nurse",)
        return Team(
            await tx.staff.add(NewStaff("Mona Reyes", "mona@example.com", "manager", skills, CONTRACT, password_hash)),
            await tx.staff.add(NewStaff("Alice", "alice@example.com", "staff", skills, CONTRACT, password_hash)),
            await tx.staff.add(NewStaff("Bob", "bob@example.com", "staff", skills, relaxed, password_hash)),
        )


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def notifier() -> Recorder:
    return Recorder()


@pytest.fixture
def desk(store: Database, notifier: Recorder, clock: ManualClock) -> Desk:
    return Desk(store, notifier.of, clock)


@pytest.fixture
def settings(database: str) -> Settings:
    return Settings(secret=SecretStr(SECRET), database=database, web_build=None)


@pytest.fixture
async def app(settings: Settings, team: Team, clock: ManualClock, passwords: Passwords) -> AsyncIterator[FastAPI]:
    numbers = count(1)
    app = create_app(settings, clock=clock, dice=lambda: f"refresh-{next(numbers)}", passwords=passwords)
    async with app.router.lifespan_context(app):
        yield app


def browser(app: FastAPI) -> httpx2.AsyncClient:
    """A client with cookies of its own."""
    # An unexpected error is answered, as under a real server, rather than raised into the test.
    transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
    return httpx2.AsyncClient(transport=transport, base_url="http://testserver")


@pytest.fixture
async def http(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    """Nobody, signed in nowhere."""
    async with browser(app) as client:
        yield client


@pytest.fixture
def build(tmp_path: Path) -> Path:
    """A dashboard that was built, if a plain one."""
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist" / "index.html").write_text("<title>scheduling</title>")
    return tmp_path / "dist"
