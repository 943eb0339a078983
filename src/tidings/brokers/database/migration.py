"""The tables as a step of the application's Alembic migrations.

from tidings.brokers.database import migration

def upgrade() -> None:
    migration.upgrade(op)

def downgrade() -> None:
    migration.downgrade(op)
"""

from typing import Protocol

from sqlalchemy import Executable, MetaData
from sqlalchemy.schema import CreateIndex, CreateTable, DropTable

from tidings.brokers.database.tables import PREFIX, tables


class Operations(Protocol):
    """Alembic's `op`."""

    def execute(self, sqltext: Executable | str, /) -> None:
        """Run a statement, or write it down."""


def upgrade(op: Operations, *, prefix: str = PREFIX, schema: str | None = None) -> None:
    """Make the tables, on the connection of the migration or, offline, as SQL."""
    create(op, tables(prefix, schema).metadata)


def downgrade(op: Operations, *, prefix: str = PREFIX, schema: str | None = None) -> None:
    """Drop the tables with all that is in them: every client is reset."""
    drop(op, tables(prefix, schema).metadata)


def create(op: Operations, metadata: MetaData) -> None:
    """Make these tables and their indexes."""
    for table in metadata.sorted_tables:
        op.execute(CreateTable(table))
        for index in table.indexes:
            op.execute(CreateIndex(index))


def drop(op: Operations, metadata: MetaData) -> None:
    """Drop these tables."""
    for table in reversed(metadata.sorted_tables):
        op.execute(DropTable(table))
