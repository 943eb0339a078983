"""Offers of shifts, and swaps."""

import sqlalchemy as sa
from alembic import op

from scheduling.server.store.columns import WHOLE

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "offers",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("staff_id", WHOLE, nullable=False),
        sa.Column("schedule_id", WHOLE, nullable=False),
        sa.Column("schedule", sa.JSON(), nullable=False),
        sa.Column("to_id", WHOLE, nullable=True),
        sa.Column("wanted_id", WHOLE, nullable=True),
        sa.Column("wanted", sa.JSON(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("taken_by_id", WHOLE, nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("version", WHOLE, nullable=False),
        sa.Column("updated_by_id", WHOLE, nullable=True),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint(
            "status IN ('offered', 'accepted', 'approved', 'declined', 'withdrawn', 'lapsed')",
            name=op.f("ck_offers_status"),
        ),
        sa.ForeignKeyConstraint(["schedule_id"], ["schedules.id"], name="fk_offers_schedule_id"),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name="fk_offers_staff_id"),
        sa.ForeignKeyConstraint(["taken_by_id"], ["staff.id"], name="fk_offers_taken_by_id"),
        sa.ForeignKeyConstraint(["to_id"], ["staff.id"], name="fk_offers_to_id"),
        sa.ForeignKeyConstraint(["updated_by_id"], ["staff.id"], name="fk_offers_updated_by_id"),
        sa.ForeignKeyConstraint(["wanted_id"], ["schedules.id"], name="fk_offers_wanted_id"),
        sa.PrimaryKeyConstraint("id", name="pk_offers"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_offers_schedule_id", "offers", ["schedule_id"])
    op.create_index("ix_offers_wanted_id", "offers", ["wanted_id"])
    op.create_index("ix_offers_status_updated_at", "offers", ["status", "updated_at"])


def downgrade() -> None:
    op.drop_table("offers")
