"""The outbox's tables, for an application whose broker keeps its log elsewhere, as a step of its Alembic migrations.

from tidings.outbox import migration

def upgrade() -> None:
    migration.upgrade(op)

def downgrade() -> None:
    migration.downgrade(op)
"""

from typing import Protocol

from sqlalchemy import Executable
from sqlalchemy.schema import CreateIndex, CreateTable, DropTable

from tidings.outbox.rows import OutboxTable


class Operations(Protocol):
    """Alembic's `op`."""

    def execute(self, sqltext: Executable | str, /) -> None:
        """Run a statement, or write it down."""


def upgrade(op: Operations, *, schema: str | None = None) -> None:
    """Make the tables, on the connection of the migration or, offline, as SQL."""
    for table in OutboxTable(schema).metadata.sorted_tables:
        op.execute(CreateTable(table))
        for index in table.indexes:
            op.execute(CreateIndex(index))


def downgrade(op: Operations, *, schema: str | None = None) -> None:
    """Drop the tables, with the events that wait in them."""
    for table in reversed(OutboxTable(schema).metadata.sorted_tables):
        op.execute(DropTable(table))
