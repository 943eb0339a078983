"""Contracts with rules of their own, and what each location needs."""

import sqlalchemy as sa
from alembic import op

from scheduling.server.store.columns import WHOLE

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    # SQLite adds no column without a default that must not be null, and a table that others refer to cannot be copied.
    op.add_column("staff", sa.Column("contract", sa.JSON(), nullable=False, server_default="{}"))
    make = "json_object" if op.get_context().dialect.name == "sqlite" else "json_build_object"
    op.execute(
        "UPDATE staff SET contract ="  # noqa: S608
        f" {make}('name', contract_name, 'hours_per_week', hours_per_week, 'rest_hours', rest_hours)"
    )
    _drop_from_staff("contract_name", "hours_per_week", "rest_hours")
    op.create_table(
        "needs",
        sa.Column("location", sa.String(80), nullable=False),
        sa.Column("needs", sa.JSON(), nullable=False),
        sa.Column("version", WHOLE, nullable=False),
        sa.Column("updated_by_id", WHOLE, nullable=True),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["location"], ["locations.name"], name="fk_needs_location"),
        sa.ForeignKeyConstraint(["updated_by_id"], ["staff.id"], name="fk_needs_updated_by_id"),
        sa.PrimaryKeyConstraint("location", name="pk_needs"),
    )


def downgrade() -> None:
    """What contracts say beyond hours and rest is lost."""
    op.drop_table("needs")
    op.add_column("staff", sa.Column("contract_name", sa.String(80), nullable=False, server_default=""))
    op.add_column("staff", sa.Column("hours_per_week", sa.Double(), nullable=True))
    op.add_column("staff", sa.Column("rest_hours", sa.Double(), nullable=False, server_default="11"))
    op.execute(
        "UPDATE staff SET contract_name = contract ->> 'name',"
        " hours_per_week = CAST(contract ->> 'hours_per_week' AS DOUBLE PRECISION),"
        " rest_hours = CAST(contract ->> 'rest_hours' AS DOUBLE PRECISION)"
    )
    _drop_from_staff("contract")


def _drop_from_staff(*columns: str) -> None:
    for column in columns:
        op.execute(f"ALTER TABLE staff DROP COLUMN {column}")
