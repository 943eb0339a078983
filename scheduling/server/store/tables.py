"""The tables. Attributes are named as the entities' fields, so that a row validates as its entity."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    String,
    Text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from .columns import WHOLE, UtcDateTime

REVISION = "0010"
"""The migration that makes these tables: what a database must be at."""


class Table(DeclarativeBase):
    type_annotation_map = {int: WHOLE}  # noqa: RUF012
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class LocationRow(Table):
    __tablename__ = "locations"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    timezone: Mapped[str] = mapped_column(String(80))


class StaffRow(Table):
    __tablename__ = "staff"
    __table_args__ = (CheckConstraint("role IN ('manager', 'staff')", name="role"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    email: Mapped[str] = mapped_column(String(254), unique=True)
    role: Mapped[str] = mapped_column(String(10))
    skills: Mapped[list[str]] = mapped_column(JSON)
    contract: Mapped[dict[str, Any]] = mapped_column(JSON)
    password_hash: Mapped[str | None] = mapped_column(String(200))
    active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)
    updated_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    updated_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class PersonRow(Table):
    """Who somebody is, without the rest of their row: lists of shifts name the author of each."""

    __table__ = StaffRow.__table__
    __mapper_args__ = {"include_properties": ["id", "name"]}  # noqa: RUF012

    id: Mapped[int]
    name: Mapped[str]


class NeedsRow(Table):
    """What one location needs, as one list."""

    __tablename__ = "needs"

    location: Mapped[str] = mapped_column(ForeignKey("locations.name"), primary_key=True)
    needs: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    version: Mapped[int]
    updated_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)

    updated_by: Mapped[StaffRow | None] = relationship(foreign_keys=[updated_by_id], lazy="joined")


class ScheduleRow(Table):
    """A shift. A deleted one stays, to tell a late editor who deleted it; its number is never given again."""

    __tablename__ = "schedules"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="span"),
        CheckConstraint("status IN ('draft', 'published')", name="status"),
        Index(None, "staff_id", "starts_at"),
        Index(None, "starts_at"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    role: Mapped[str] = mapped_column(String(80))
    location: Mapped[str] = mapped_column(ForeignKey("locations.name"))
    note: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(10))
    version: Mapped[int] = mapped_column(default=1)
    updated_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    announced: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    updated_by: Mapped[PersonRow | None] = relationship(foreign_keys=[updated_by_id], lazy="joined")
    place: Mapped[LocationRow] = relationship(lazy="joined", innerjoin=True)

    @property
    def timezone(self) -> str:
        return self.place.timezone


class TimeOffRow(Table):
    __tablename__ = "time_off"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="span"),
        CheckConstraint("status IN ('pending', 'approved', 'denied', 'cancelled')", name="status"),
        Index(None, "staff_id", "starts_at"),
        Index(None, "starts_at"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    note: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(10))
    decision_note: Mapped[str] = mapped_column(Text)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    version: Mapped[int] = mapped_column(default=1)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)

    decided_by: Mapped[StaffRow | None] = relationship(foreign_keys=[decided_by_id], lazy="joined")


class OfferRow(Table):
    """An offer. What it shows of its shifts is as it was when it was made; which shifts they are is in their ids."""

    __tablename__ = "offers"
    __table_args__ = (
        CheckConstraint(
            "status IN ('offered', 'accepted', 'approved', 'declined', 'withdrawn', 'lapsed')", name="status"
        ),
        Index(None, "schedule_id"),
        Index(None, "wanted_id"),
        Index(None, "status", "updated_at"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    schedule_id: Mapped[int] = mapped_column(ForeignKey("schedules.id"))
    schedule: Mapped[dict[str, Any]] = mapped_column(JSON)
    to_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    wanted_id: Mapped[int | None] = mapped_column(ForeignKey("schedules.id"))
    wanted: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    note: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(10))
    taken_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    answer: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(default=1)
    updated_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)

    staff: Mapped[StaffRow] = relationship(foreign_keys=[staff_id], lazy="joined", innerjoin=True)
    to: Mapped[StaffRow | None] = relationship(foreign_keys=[to_id], lazy="joined")
    taken_by: Mapped[StaffRow | None] = relationship(foreign_keys=[taken_by_id], lazy="joined")
    updated_by: Mapped[StaffRow | None] = relationship(foreign_keys=[updated_by_id], lazy="joined")


class CalendarLinkRow(Table):
    """A calendar link. A revoked one stays for a while, to say of it that it was revoked."""

    __tablename__ = "calendar_links"
    __table_args__ = (Index(None, "staff_id"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    location: Mapped[str | None] = mapped_column(ForeignKey("locations.name"))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @property
    def scope(self) -> str:
        return "me" if self.location is None else "location"


class TemplateRow(Table):
    __tablename__ = "templates"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    count: Mapped[int]
    shifts: Mapped[list[dict[str, Any]]] = mapped_column(JSON, deferred=True)
    version: Mapped[int] = mapped_column(default=1)
    updated_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)

    updated_by: Mapped[StaffRow | None] = relationship(foreign_keys=[updated_by_id], lazy="joined")


class SessionRow(Table):
    __tablename__ = "sessions"
    __table_args__ = (Index(None, "staff_id", "expires_at"), Index(None, "expires_at"))

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class AnswerRow(Table):
    """What a named request was answered with, for the same request sent again."""

    __tablename__ = "answers"
    __table_args__ = (Index(None, "answered_at"),)

    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    request_id: Mapped[str] = mapped_column(String(48), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))
    status: Mapped[int]
    media_type: Mapped[str | None] = mapped_column(String(80))
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    answered_at: Mapped[datetime] = mapped_column(UtcDateTime)
