"""The tables as a migration of the application's own."""

import io
from collections.abc import Iterator

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import URL, Engine, create_engine, inspect

from tidings.brokers.database import migration
from tidings.brokers.database.tables import tables


@pytest.fixture(params=["sqlite", "psycopg"], ids=["sqlite", "postgres"])
def empty(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    if request.param == "sqlite":
        url = URL.create("sqlite", database=str(tmp_path_factory.mktemp("empty") / "app.db"))
    else:
        url = request.getfixturevalue("postgres_url").set(drivername="postgresql+psycopg")
    engine = create_engine(url)
    yield engine
    engine.dispose()


def test_it_makes_the_tables_and_takes_them_back(empty: Engine) -> None:
    with empty.begin() as connection:
        context = MigrationContext.configure(connection)
        migration.upgrade(Operations(context))
        assert compare_metadata(context, tables().metadata) == []
    with empty.begin() as connection:
        migration.downgrade(Operations(MigrationContext.configure(connection)))
        assert inspect(connection).get_table_names() == []


def test_with_a_prefix(empty: Engine) -> None:
    with empty.begin() as connection:
        migration.upgrade(Operations(MigrationContext.configure(connection)), prefix="live_")
        assert "live_events" in inspect(connection).get_table_names()


def test_it_can_be_written_as_sql(empty: Engine) -> None:
    written = io.StringIO()
    context = MigrationContext.configure(
        dialect_name=empty.dialect.name, opts={"as_sql": True, "output_buffer": written}
    )
    migration.upgrade(Operations(context))
    text = written.getvalue()
    assert text.count("CREATE TABLE") == 5
    assert text.count("CREATE INDEX") == 1
