"""The repositories of `services.ports`, over one SQLAlchemy session. Rows go in and out; entities leave."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer

from scheduling.server.domain.calendar import CalendarLink
from scheduling.server.domain.needs import LocationNeeds
from scheduling.server.domain.offer import OPEN, Offer
from scheduling.server.domain.rules import LONGEST_SHIFT
from scheduling.server.domain.schedule import Location, Schedule, ScheduleStatus, Shift
from scheduling.server.domain.staff import Staff
from scheduling.server.domain.template import FullTemplate, Template, TemplateShift
from scheduling.server.domain.text import Entity, Person
from scheduling.server.domain.time_off import TimeOff, TimeOffStatus
from scheduling.server.services.ports import (
    Credentials,
    Deletion,
    KeptAnswer,
    LastChange,
    NewOffer,
    NewStaff,
    NewTimeOff,
    Session,
    Window,
)

from .tables import (
    AnswerRow,
    CalendarLinkRow,
    LocationRow,
    NeedsRow,
    OfferRow,
    ScheduleRow,
    SessionRow,
    StaffRow,
    Table,
    TemplateRow,
    TimeOffRow,
)

E = TypeVar("E", bound=Entity)


class SqlStaff:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        # The session forgets rows that nobody holds; the rules ask for the same few people with each of many shifts.
        self._asked_for: dict[int, StaffRow] = {}

    async def get(self, staff_id: int) -> Staff | None:
        row = await self._session.get(StaffRow, staff_id)
        if row is None:
            return None
        self._asked_for[staff_id] = row
        return _entity(Staff, row)

    async def all(self) -> list[Staff]:
        rows = await self._session.scalars(select(StaffRow).order_by(StaffRow.name, StaffRow.id))
        return [_entity(Staff, row) for row in rows]

    async def credentials(self, email: str) -> Credentials | None:
        row = await self._session.scalar(select(StaffRow).where(StaffRow.email == email))
        return Credentials(_entity(Staff, row), row.password_hash) if row else None

    async def add(self, new: NewStaff) -> Staff:
        row = StaffRow(
            name=new.name,
            email=new.email,
            role=new.role,
            skills=list(new.skills),
            contract=new.contract.model_dump(mode="json"),
            password_hash=new.password_hash,
        )
        self._session.add(row)
        await self._session.flush()
        return _entity(Staff, row)

    async def save(self, staff: Staff, by: Staff, at: datetime) -> None:
        values = staff.model_dump(mode="json", exclude={"id"})
        await self._session.execute(
            update(StaffRow).where(StaffRow.id == staff.id).values(**values, updated_by_id=by.id, updated_at=at)
        )

    async def last_change(self, staff_id: int) -> LastChange:
        row = await self._session.get(StaffRow, staff_id)
        if row is None or row.updated_by_id is None:
            return LastChange(None, None)
        by = await self._session.get(StaffRow, row.updated_by_id)
        return LastChange(_entity(Person, by) if by else None, row.updated_at)

    async def set_password(self, staff_id: int, password_hash: str) -> None:
        await self._session.execute(update(StaffRow).where(StaffRow.id == staff_id).values(password_hash=password_hash))


class SqlLocations:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._asked_for: dict[str, LocationRow] = {}  # held, as `SqlStaff` holds people

    async def get(self, name: str) -> Location | None:
        row = await self._session.get(LocationRow, name)
        if row is None:
            return None
        self._asked_for[name] = row
        return _entity(Location, row)

    async def all(self) -> list[Location]:
        rows = await self._session.scalars(select(LocationRow).order_by(LocationRow.name))
        return [_entity(Location, row) for row in rows]

    async def add(self, location: Location) -> None:
        self._session.add(LocationRow(name=location.name, timezone=location.timezone))
        await self._session.flush()


class SqlNeeds:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def get(self, location: str) -> LocationNeeds | None:
        row = await self._session.get(NeedsRow, location)
        return _entity(LocationNeeds, row) if row else None

    async def all(self) -> list[LocationNeeds]:
        rows = await self._session.scalars(select(NeedsRow).order_by(NeedsRow.location))
        return [_entity(LocationNeeds, row) for row in rows]

    async def put(self, needs: LocationNeeds) -> None:
        values = needs.model_dump(exclude={"updated_by"})
        by = needs.updated_by and needs.updated_by.id
        await self._session.merge(NeedsRow(**values, updated_by_id=by))
        await self._session.flush()


class SqlSchedules:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def get(self, schedule_id: int) -> Schedule | None:
        row = await self._session.get(ScheduleRow, schedule_id)
        return None if row is None or row.deleted_at else _entity(Schedule, row)

    async def deletion(self, schedule_id: int) -> Deletion | None:
        row = await self._session.get(ScheduleRow, schedule_id)
        if row is None or row.deleted_at is None:
            return None
        return Deletion(_entity(Person, row.updated_by) if row.updated_by else None, row.deleted_at)

    async def find(
        self,
        window: Window,
        *,
        staff_id: int | None = None,
        location: str | None = None,
        status: ScheduleStatus | None,
        limit: int,
    ) -> list[Schedule]:
        query = select(ScheduleRow).where(ScheduleRow.deleted_at.is_(None), *_overlapping(ScheduleRow, window))
        if window.starts_at is not None:
            # Implied by the overlap, as no shift is longer; said so that the index on the start bounds the search.
            query = query.where(ScheduleRow.starts_at >= window.starts_at - LONGEST_SHIFT)
        if staff_id is not None:
            query = query.where(ScheduleRow.staff_id == staff_id)
        if location is not None:
            query = query.where(ScheduleRow.location == location)
        if status is not None:
            query = query.where(ScheduleRow.status == status)
        rows = await self._session.scalars(query.order_by(ScheduleRow.starts_at, ScheduleRow.id).limit(limit))
        return [_entity(Schedule, row) for row in rows]

    async def find_open(self, after: datetime, limit: int) -> list[Schedule]:
        query = select(ScheduleRow).where(
            ScheduleRow.deleted_at.is_(None),
            ScheduleRow.staff_id.is_(None),
            ScheduleRow.status == "published",
            ScheduleRow.starts_at > after,
        )
        rows = await self._session.scalars(query.order_by(ScheduleRow.starts_at, ScheduleRow.id).limit(limit))
        return [_entity(Schedule, row) for row in rows]

    async def add(self, shift: Shift, by: Staff, at: datetime) -> Schedule:
        row = ScheduleRow(**shift.model_dump(include=set(Shift.model_fields)), updated_by_id=by.id, updated_at=at)
        self._session.add(row)
        await self._session.flush()
        await self._session.refresh(row)
        return _entity(Schedule, row)

    async def save(self, schedule: Schedule) -> None:
        values = schedule.model_dump(include={*Shift.model_fields, "version", "updated_at"})
        values["announced"] = schedule.announced and schedule.announced.model_dump(mode="json")
        by = schedule.updated_by and schedule.updated_by.id
        await self._session.execute(
            update(ScheduleRow).where(ScheduleRow.id == schedule.id).values(**values, updated_by_id=by)
        )

    async def delete(self, schedule_id: int, by: Staff, at: datetime) -> None:
        await self._session.execute(
            update(ScheduleRow)
            .where(ScheduleRow.id == schedule_id)
            .values(deleted_at=at, updated_at=at, updated_by_id=by.id, version=ScheduleRow.version + 1)
        )


class SqlTimeOff:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def get(self, time_off_id: int) -> TimeOff | None:
        row = await self._session.get(TimeOffRow, time_off_id)
        return _entity(TimeOff, row) if row else None

    async def find(
        self, window: Window, *, staff_id: int | None, status: TimeOffStatus | None, limit: int
    ) -> list[TimeOff]:
        query = select(TimeOffRow).where(*_overlapping(TimeOffRow, window))
        if staff_id is not None:
            query = query.where(TimeOffRow.staff_id == staff_id)
        if status is not None:
            query = query.where(TimeOffRow.status == status)
        rows = await self._session.scalars(query.order_by(TimeOffRow.starts_at, TimeOffRow.id).limit(limit))
        return [_entity(TimeOff, row) for row in rows]

    async def add(self, new: NewTimeOff, at: datetime) -> TimeOff:
        row = TimeOffRow(
            staff_id=new.staff_id,
            starts_at=new.starts_at,
            ends_at=new.ends_at,
            note=new.note,
            status="pending",
            decision_note="",
            updated_at=at,
        )
        self._session.add(row)
        await self._session.flush()
        await self._session.refresh(row)
        return _entity(TimeOff, row)

    async def save(self, time_off: TimeOff) -> None:
        values = time_off.model_dump(include={"status", "decision_note", "version", "updated_at"})
        by = time_off.decided_by and time_off.decided_by.id
        await self._session.execute(
            update(TimeOffRow).where(TimeOffRow.id == time_off.id).values(**values, decided_by_id=by)
        )


class SqlOffers:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def get(self, offer_id: int) -> Offer | None:
        row = await self._session.get(OfferRow, offer_id)
        return _entity(Offer, row) if row else None

    async def find(self, concerning: int | None, since: datetime, limit: int) -> list[Offer]:
        query = select(OfferRow).where(or_(OfferRow.status.in_(OPEN), OfferRow.updated_at >= since))
        if concerning is not None:
            people = (OfferRow.staff_id, OfferRow.to_id, OfferRow.taken_by_id)
            query = query.where(or_(OfferRow.to_id.is_(None), *(column == concerning for column in people)))
        rows = await self._session.scalars(query.order_by(OfferRow.updated_at.desc(), OfferRow.id.desc()).limit(limit))
        return [_entity(Offer, row) for row in rows]

    async def open_with(self, schedule_id: int) -> list[Offer]:
        shift = or_(OfferRow.schedule_id == schedule_id, OfferRow.wanted_id == schedule_id)
        query = select(OfferRow).where(shift, OfferRow.status.in_(OPEN)).order_by(OfferRow.id)
        return [_entity(Offer, row) for row in await self._session.scalars(query)]

    async def add(self, new: NewOffer, at: datetime) -> Offer:
        row = OfferRow(
            staff_id=new.staff_id,
            schedule_id=new.schedule.id,
            schedule=new.schedule.model_dump(mode="json"),
            to_id=new.to_id,
            wanted_id=new.wanted and new.wanted.id,
            wanted=new.wanted and new.wanted.model_dump(mode="json"),
            note=new.note,
            status="offered",
            answer="",
            updated_by_id=new.staff_id,
            updated_at=at,
        )
        self._session.add(row)
        await self._session.flush()
        await self._session.refresh(row)
        return _entity(Offer, row)

    async def save(self, offer: Offer) -> None:
        values = offer.model_dump(include={"status", "answer", "version", "updated_at"})
        people = {"taken_by_id": offer.taken_by, "updated_by_id": offer.updated_by}
        ids = {column: person and person.id for column, person in people.items()}
        await self._session.execute(update(OfferRow).where(OfferRow.id == offer.id).values(**values, **ids))


class SqlTemplates:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def get(self, template_id: int) -> FullTemplate | None:
        options = [undefer(TemplateRow.shifts)]
        row = await self._session.get(TemplateRow, template_id, options=options, populate_existing=True)
        return _entity(FullTemplate, row) if row else None

    async def all(self) -> list[Template]:
        rows = await self._session.scalars(select(TemplateRow).order_by(TemplateRow.name))
        return [_entity(Template, row) for row in rows]

    async def add(self, name: str, shifts: tuple[TemplateShift, ...], by: Staff, at: datetime) -> FullTemplate:
        row = TemplateRow(name=name, count=len(shifts), shifts=_listed(shifts), updated_by_id=by.id, updated_at=at)
        self._session.add(row)
        await self._session.flush()
        await self._session.refresh(row, ["updated_by"])
        return _entity(FullTemplate, row)

    async def save(self, template: FullTemplate) -> None:
        values = template.model_dump(include={"name", "count", "version", "updated_at"})
        by = template.updated_by and template.updated_by.id
        query = update(TemplateRow).where(TemplateRow.id == template.id)
        await self._session.execute(query.values(**values, shifts=_listed(template.shifts), updated_by_id=by))

    async def delete(self, template_id: int) -> None:
        await self._session.execute(delete(TemplateRow).where(TemplateRow.id == template_id))


def _listed(shifts: tuple[TemplateShift, ...]) -> list[dict[str, Any]]:
    return [shift.model_dump(mode="json") for shift in shifts]


class SqlCalendarLinks:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def find(self, token_hash: str) -> CalendarLink | None:
        row = await self._session.scalar(select(CalendarLinkRow).where(CalendarLinkRow.token_hash == token_hash))
        return _entity(CalendarLink, row) if row else None

    async def active(self, staff_id: int) -> list[CalendarLink]:
        own = (CalendarLinkRow.staff_id == staff_id, CalendarLinkRow.revoked_at.is_(None))
        rows = await self._session.scalars(select(CalendarLinkRow).where(*own).order_by(CalendarLinkRow.id.desc()))
        return [_entity(CalendarLink, row) for row in rows]

    async def add(self, staff_id: int, location: str | None, token_hash: str, at: datetime) -> CalendarLink:
        row = CalendarLinkRow(staff_id=staff_id, location=location, token_hash=token_hash, created_at=at)
        self._session.add(row)
        await self._session.flush()
        return _entity(CalendarLink, row)

    async def save(self, link: CalendarLink) -> None:
        values = link.model_dump(include={"version", "read_at", "revoked_at"})
        await self._session.execute(update(CalendarLinkRow).where(CalendarLinkRow.id == link.id).values(**values))

    async def forget_revoked(self, staff_id: int, most: int) -> None:
        revoked = (CalendarLinkRow.staff_id == staff_id, CalendarLinkRow.revoked_at.is_not(None))
        newest = select(CalendarLinkRow.id).where(*revoked).order_by(CalendarLinkRow.revoked_at.desc()).limit(most)
        await self._session.execute(delete(CalendarLinkRow).where(*revoked, CalendarLinkRow.id.not_in(newest)))


class SqlSessions:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def get(self, token_hash: str) -> Session | None:
        row = await self._session.get(SessionRow, token_hash)
        return _session(row) if row else None

    async def of_staff(self, staff_id: int) -> Sequence[Session]:
        query = select(SessionRow).where(SessionRow.staff_id == staff_id).order_by(SessionRow.expires_at)
        return [_session(row) for row in await self._session.scalars(query)]

    async def put(self, session: Session) -> None:
        await self._session.merge(
            SessionRow(token_hash=session.token_hash, staff_id=session.staff_id, expires_at=session.expires_at)
        )

    async def delete(self, token_hash: str) -> None:
        await self._session.execute(delete(SessionRow).where(SessionRow.token_hash == token_hash))

    async def delete_of_staff(self, staff_id: int) -> None:
        await self._session.execute(delete(SessionRow).where(SessionRow.staff_id == staff_id))

    async def delete_expired(self, now: datetime) -> None:
        await self._session.execute(delete(SessionRow).where(SessionRow.expires_at <= now))


class SqlAnswers:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def find(self, staff_id: int, request_id: str) -> KeptAnswer | None:
        row = await self._session.get(AnswerRow, (staff_id, request_id))
        return KeptAnswer(row.digest, row.status, row.media_type, row.body) if row else None

    async def add(self, staff_id: int, request_id: str, answer: KeptAnswer, at: datetime) -> None:
        self._session.add(AnswerRow(staff_id=staff_id, request_id=request_id, **asdict(answer), answered_at=at))
        await self._session.flush()

    async def delete_before(self, at: datetime) -> None:
        await self._session.execute(delete(AnswerRow).where(AnswerRow.answered_at < at))


def _overlapping(table: type[ScheduleRow] | type[TimeOffRow], window: Window) -> list[ColumnElement[bool]]:
    overlaps: list[ColumnElement[bool]] = []
    if window.starts_at is not None:
        overlaps.append(table.ends_at > window.starts_at)
    if window.ends_at is not None:
        overlaps.append(table.starts_at < window.ends_at)
    return overlaps


def _entity(kind: type[E], row: Table) -> E:
    """The entity that `row` holds: its columns are named as the entity's fields."""
    return kind.model_validate(row, from_attributes=True)


def _session(row: SessionRow) -> Session:
    return Session(row.token_hash, row.staff_id, row.expires_at)
