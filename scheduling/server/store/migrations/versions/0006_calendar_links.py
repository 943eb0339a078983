"""Calendar links."""

import sqlalchemy as sa
from alembic import op

from scheduling.server.store.columns import WHOLE

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "calendar_links",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("staff_id", WHOLE, nullable=False),
        sa.Column("location", sa.String(80), nullable=True),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("version", WHOLE, nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("read_at", sa.DateTime(), nullable=True),
        sa.Column("revoked_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["location"], ["locations.name"], name="fk_calendar_links_location"),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name="fk_calendar_links_staff_id"),
        sa.PrimaryKeyConstraint("id", name="pk_calendar_links"),
        sa.UniqueConstraint("token_hash", name="uq_calendar_links_token_hash"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_calendar_links_staff_id", "calendar_links", ["staff_id"])


def downgrade() -> None:
    op.drop_table("calendar_links")
