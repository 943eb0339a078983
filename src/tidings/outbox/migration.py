"""The outbox's tables, for an application whose broker keeps its log elsewhere, as a step of its Alembic migrations.

from tidings.outbox import migration

def upgrade() -> None:
    migration.upgrade(op)

def downgrade() -> None:
    migration.downgrade(op)
"""

from tidings.brokers.database.migration import Operations, create, drop
from tidings.outbox.rows import OutboxTable


def upgrade(op: Operations, *, schema: str | None = None) -> None:
    """Make the tables, on the connection of the migration or, offline, as SQL."""
    create(op, OutboxTable(schema).metadata)


def downgrade(op: Operations, *, schema: str | None = None) -> None:
    """Drop the tables, with the events that wait in them."""
    drop(op, OutboxTable(schema).metadata)
