"""Events on their way to logs that are kept elsewhere."""

from alembic import op

from tidings.outbox import migration

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    migration.upgrade(op)


def downgrade() -> None:
    """Events that wait are lost."""
    migration.downgrade(op)
