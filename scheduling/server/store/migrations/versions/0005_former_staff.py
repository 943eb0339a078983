"""Who has left, and who changed somebody's record last."""

import sqlalchemy as sa
from alembic import op

from scheduling.server.store.columns import WHOLE

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("staff", sa.Column("active", sa.Boolean(), nullable=False, server_default=sa.true()))
    # Written out, as Alembic adds a column and its foreign key in two steps, and SQLite knows only one.
    whole = WHOLE.compile(op.get_context().dialect)
    op.execute(
        f"ALTER TABLE staff ADD COLUMN updated_by_id {whole} CONSTRAINT fk_staff_updated_by_id REFERENCES staff (id)"
    )
    op.add_column("staff", sa.Column("updated_at", sa.DateTime(), nullable=True))


def downgrade() -> None:
    """That somebody has left is lost: they can sign in again."""
    for column in ("updated_at", "updated_by_id", "active"):
        op.execute(f"ALTER TABLE staff DROP COLUMN {column}")
