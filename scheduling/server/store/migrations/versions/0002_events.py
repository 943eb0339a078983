"""The logs of the live events, which tidings keeps."""

from alembic import op

from tidings.brokers.database import migration

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    migration.upgrade(op)


def downgrade() -> None:
    migration.downgrade(op)
