"""What staff saw of a shift before it was withdrawn."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("schedules", sa.Column("announced", sa.JSON(), nullable=True))


def downgrade() -> None:
    op.execute("ALTER TABLE schedules DROP COLUMN announced")
