"""Answers to named requests, which may be sent again."""

import sqlalchemy as sa
from alembic import op

from scheduling.server.store.columns import WHOLE

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "answers",
        sa.Column("staff_id", WHOLE, nullable=False),
        sa.Column("request_id", sa.String(48), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("status", WHOLE, nullable=False),
        sa.Column("media_type", sa.String(80), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("answered_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name="fk_answers_staff_id"),
        sa.PrimaryKeyConstraint("staff_id", "request_id", name="pk_answers"),
    )
    op.create_index("ix_answers_answered_at", "answers", ["answered_at"])


def downgrade() -> None:
    op.drop_table("answers")
