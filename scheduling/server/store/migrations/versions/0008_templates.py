"""Templates of weeks."""

import sqlalchemy as sa
from alembic import op

from scheduling.server.store.columns import WHOLE

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "templates",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("count", WHOLE, nullable=False),
        sa.Column("shifts", sa.JSON(), nullable=False),
        sa.Column("version", WHOLE, nullable=False),
        sa.Column("updated_by_id", WHOLE, nullable=True),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["updated_by_id"], ["staff.id"], name="fk_templates_updated_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_templates"),
        sa.UniqueConstraint("name", name="uq_templates_name"),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    op.drop_table("templates")
