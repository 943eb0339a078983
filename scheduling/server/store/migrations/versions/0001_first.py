"""Locations, staff, schedules, time off, sessions."""

import sqlalchemy as sa
from alembic import op

from scheduling.server.store.columns import WHOLE

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "locations",
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("timezone", sa.String(80), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_locations"),
    )
    op.create_table(
        "staff",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("role", sa.String(10), nullable=False),
        sa.Column("skills", sa.JSON(), nullable=False),
        sa.Column("contract_name", sa.String(80), nullable=False),
        sa.Column("hours_per_week", sa.Double(), nullable=True),
        sa.Column("rest_hours", sa.Double(), nullable=False),
        sa.Column("password_hash", sa.String(200), nullable=True),
        sa.Column("version", WHOLE, nullable=False),
        sa.CheckConstraint("role IN ('manager', 'staff')", name=op.f("ck_staff_role")),
        sa.PrimaryKeyConstraint("id", name="pk_staff"),
        sa.UniqueConstraint("email", name="uq_staff_email"),
        sqlite_autoincrement=True,
    )
    _create_schedules()
    _create_time_off()
    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("staff_id", WHOLE, nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name="fk_sessions_staff_id"),
        sa.PrimaryKeyConstraint("token_hash", name="pk_sessions"),
    )
    op.create_index("ix_sessions_expires_at", "sessions", ["expires_at"])
    op.create_index("ix_sessions_staff_id_expires_at", "sessions", ["staff_id", "expires_at"])


def _create_schedules() -> None:
    op.create_table(
        "schedules",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("staff_id", WHOLE, nullable=True),
        sa.Column("starts_at", sa.DateTime(), nullable=False),
        sa.Column("ends_at", sa.DateTime(), nullable=False),
        sa.Column("role", sa.String(80), nullable=False),
        sa.Column("location", sa.String(80), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("version", WHOLE, nullable=False),
        sa.Column("updated_by_id", WHOLE, nullable=True),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(), nullable=True),
        sa.CheckConstraint("status IN ('draft', 'published')", name=op.f("ck_schedules_status")),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_schedules_span")),
        sa.ForeignKeyConstraint(["location"], ["locations.name"], name="fk_schedules_location"),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name="fk_schedules_staff_id"),
        sa.ForeignKeyConstraint(["updated_by_id"], ["staff.id"], name="fk_schedules_updated_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_schedules"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_schedules_staff_id_starts_at", "schedules", ["staff_id", "starts_at"])
    op.create_index("ix_schedules_starts_at", "schedules", ["starts_at"])


def _create_time_off() -> None:
    op.create_table(
        "time_off",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("staff_id", WHOLE, nullable=False),
        sa.Column("starts_at", sa.DateTime(), nullable=False),
        sa.Column("ends_at", sa.DateTime(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("decision_note", sa.Text(), nullable=False),
        sa.Column("decided_by_id", WHOLE, nullable=True),
        sa.Column("version", WHOLE, nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("status IN ('pending', 'approved', 'denied', 'cancelled')", name=op.f("ck_time_off_status")),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_time_off_span")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["staff.id"], name="fk_time_off_decided_by_id"),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name="fk_time_off_staff_id"),
        sa.PrimaryKeyConstraint("id", name="pk_time_off"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_time_off_staff_id_starts_at", "time_off", ["staff_id", "starts_at"])
    op.create_index("ix_time_off_starts_at", "time_off", ["starts_at"])


def downgrade() -> None:
    for table in ("sessions", "time_off", "schedules", "staff", "locations"):
        op.drop_table(table)
