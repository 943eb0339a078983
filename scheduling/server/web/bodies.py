"""What clients may send. A field that is not listed is refused, so that a slip of the pen is told."""

import re
from collections import Counter
from collections.abc import Iterable
from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from scheduling.server.domain.calendar import CalendarScope
from scheduling.server.domain.instants import Instant
from scheduling.server.domain.needs import MOST_NEEDS, Need
from scheduling.server.domain.rules import SoftCode
from scheduling.server.domain.schedule import Location, ScheduleStatus, Shift
from scheduling.server.domain.staff import MOST_SUCCESSIONS, SUCCESSIONS, Contract, Staff, StaffRole, Succession
from scheduling.server.domain.template import MOST_TEMPLATE_SHIFTS, TemplateShift
from scheduling.server.domain.text import Id, Label, Note, Version
from scheduling.server.domain.time_off import Fate
from scheduling.server.services.ports import MOST_AT_ONCE, Batch, VersionOf

Accept = Annotated[frozenset[SoftCode], Field(default_factory=frozenset)]
"""The soft rules that whoever saves does not mind."""

MOST_BATCH_BYTES = MOST_AT_ONCE * 5_000
"""What a batch or a template may bring: each shift with the longest note, which takes 4,000 bytes in some scripts."""

MOST_NAMED = 10
"""Repeated ids in a refusal."""


def _email(value: str) -> str:
    if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s.]+", value):
        raise PydanticCustomError("email", "must be an e-mail address, such as name@example.com")
    return value.lower()


def _timezone(value: str) -> str:
    try:
        return ZoneInfo(value).key
    except (ValueError, OSError, LookupError) as error:
        raise PydanticCustomError("timezone", "must be an IANA time zone, such as Europe/London") from error


Email = Annotated[Label, Field(max_length=254), AfterValidator(_email)]
Password = Annotated[str, Field(min_length=1, max_length=200)]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Login(Body):
    email: Annotated[str, Field(max_length=254)]
    password: Password


class NewShift(Shift):
    """A Shift; without `status` it is published at once."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def shift(self) -> Shift:
        return Shift.model_construct(**{name: getattr(self, name) for name in Shift.model_fields})


class NewSchedule(NewShift):
    accept: Accept


class ConsideredShift(NewShift):
    """A shift that somebody thinks of saving; `id` is the schedule that it would change, if any."""

    id: Id | None = None


def unset() -> Any:
    """For a field that may be left out but not be null: validated only when it is sent."""
    return Field(default=None)


class ShiftChange(Body):
    """The version that was seen, and the fields to change."""

    version: Version
    staff_id: Id | None = None
    starts_at: Instant = unset()
    ends_at: Instant = unset()
    role: Label = unset()
    location: Label = unset()
    note: Note = unset()
    status: ScheduleStatus = unset()

    def changes(self) -> dict[str, object]:
        """What was sent of a Shift's fields."""
        return {name: getattr(self, name) for name in Shift.model_fields if name in self.model_fields_set}


class ScheduleChange(ShiftChange):
    accept: Accept


class VersionRef(Body):
    id: Id
    version: Version

    def seen(self) -> VersionOf:
        return VersionOf(self.id, self.version)


def _refuse_repeated(named: Iterable[int]) -> None:
    times = Counter(named)
    if repeated := [str(id) for id, count in times.items() if count > 1]:
        ids = {"ids": ", ".join(repeated[:MOST_NAMED])}
        raise PydanticCustomError("repeated", "must name each schedule once, but repeats the id {ids}", ids)


def _each_once(refs: list[VersionRef]) -> list[VersionRef]:
    _refuse_repeated(ref.id for ref in refs)
    return refs


class Publish(Body):
    schedules: Annotated[list[VersionRef], Field(min_length=1, max_length=MOST_AT_ONCE), AfterValidator(_each_once)]
    accept: Accept


class BatchedChange(ShiftChange):
    id: Id

    def step(self) -> tuple[VersionOf, dict[str, object]]:
        return VersionOf(self.id, self.version), self.changes()


class ScheduleBatch(Body):
    """Done together, all or nothing: 1 to MOST_AT_ONCE steps, each about another schedule."""

    create: Annotated[list[NewShift], Field(default_factory=list, max_length=MOST_AT_ONCE)]
    change: Annotated[list[BatchedChange], Field(default_factory=list, max_length=MOST_AT_ONCE)]
    delete: Annotated[list[VersionRef], Field(default_factory=list, max_length=MOST_AT_ONCE)]
    accept: Accept

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        steps = len(self.create) + len(self.change) + len(self.delete)
        if not 1 <= steps <= MOST_AT_ONCE:
            found = {"steps": steps, "most": MOST_AT_ONCE}
            raise PydanticCustomError("steps", "must hold 1 to {most} steps in all, but holds {steps}", found)
        _refuse_repeated([each.id for each in self.change] + [each.id for each in self.delete])
        return self

    def batch(self) -> Batch:
        return Batch(
            create=[each.shift() for each in self.create],
            change=[each.step() for each in self.change],
            delete=[each.seen() for each in self.delete],
        )


class TimeOffRequest(Body):
    """Without `staff_id`: one's own."""

    staff_id: Id | None = None
    starts_at: Instant
    ends_at: Instant
    note: Note = ""


class Cancellation(Body):
    version: Version


class Decided(Cancellation):
    note: Note = ""
    accept: Accept


class Approval(Decided):
    """`shifts` says what becomes of the shifts that the time off overlaps: without it they are an objection."""

    shifts: Fate | None = None


class NewOffer(Body):
    """One's own shift, as it was seen: to somebody, to all who may take it, or for another's shift."""

    schedule: VersionRef
    to_id: Id | None = None
    wanted: VersionRef | None = None
    note: Note = ""


class Answer(Cancellation):
    note: Note = ""


class Claim(Cancellation):
    """The version of the open shift that was seen."""


class NewCalendarLink(Body):
    """To one's own shifts, or to those of a `location`."""

    scope: CalendarScope
    location: Label | None = None

    @model_validator(mode="after")
    def _says_where(self) -> Self:
        if self.scope == "location" and self.location is None:
            raise PydanticCustomError(
                "location_missing", "must name the location whose shifts are meant, in `location`"
            )
        if self.scope == "me" and self.location is not None:
            raise PydanticCustomError("location_unused", "must not name a location when it is for one's own shifts")
        return self


class SuccessionTerms(Succession):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _usual_successions() -> tuple[SuccessionTerms, ...]:
    return tuple(SuccessionTerms(**each.model_dump()) for each in SUCCESSIONS)


class ContractTerms(Contract):
    model_config = ConfigDict(extra="forbid", frozen=True)

    forbidden_successions: Annotated[
        tuple[SuccessionTerms, ...], Field(max_length=MOST_SUCCESSIONS, default_factory=_usual_successions)
    ]


class NewMember(Body):
    """Without `password` they cannot sign in yet."""

    name: Label
    email: Email
    role: StaffRole
    skills: Annotated[tuple[Label, ...], Field(max_length=50)]
    contract: ContractTerms
    password: Password | None = None


class MemberChange(Body):
    """The version that was seen, and the fields to change."""

    version: Version
    name: Label = unset()
    email: Email = unset()
    role: StaffRole = unset()
    skills: Annotated[tuple[Label, ...], Field(max_length=50)] = unset()
    contract: ContractTerms = unset()
    password: Password | None = None

    def changes(self) -> dict[str, object]:
        """What was sent of a Staff's fields."""
        sent = self.model_dump(include=self.model_fields_set & Staff.model_fields.keys() - {"version", "contract"})
        if "contract" in self.model_fields_set:
            sent["contract"] = Contract.model_validate(self.contract.model_dump())
        return sent


class Removal(Cancellation):
    """`shifts` says what becomes of the person's shifts that have not begun."""

    shifts: Fate


class NeedBody(Need):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _told_once(needs: list[NeedBody]) -> list[NeedBody]:
    times = Counter((each.role, each.weekday, each.starts, each.ends) for each in needs)
    if repeated := next((each for each, count in times.items() if count > 1), None):
        role, weekday, starts, ends = repeated
        told = {"role": role, "weekday": weekday, "span": f"{starts} to {ends}"}
        raise PydanticCustomError(
            "repeated", "must say each need once, but repeats {role}, {span}, day {weekday}", told
        )
    return needs


class NeedsOfLocation(Body):
    """All needs of a location, in place of the `version` that was seen: 0 where there was none."""

    location: Label
    version: Annotated[int, Field(strict=True, ge=0, le=2**53 - 1)]
    needs: Annotated[list[NeedBody], Field(max_length=MOST_NEEDS), AfterValidator(_told_once)]

    def entities(self) -> tuple[Need, ...]:
        return tuple(Need(**each.model_dump()) for each in self.needs)


class TemplateShiftBody(TemplateShift):
    model_config = ConfigDict(extra="forbid", frozen=True)

    def entity(self) -> TemplateShift:
        return TemplateShift(**self.model_dump())


class NewTemplate(Body):
    name: Label
    shifts: Annotated[list[TemplateShiftBody], Field(min_length=1, max_length=MOST_TEMPLATE_SHIFTS)]

    def entities(self) -> tuple[TemplateShift, ...]:
        return tuple(each.entity() for each in self.shifts)


class TemplateChange(Body):
    """The version that was seen, the name, and the shifts if all of them are to be others."""

    version: Version
    name: Label
    shifts: Annotated[list[TemplateShiftBody], Field(min_length=1, max_length=MOST_TEMPLATE_SHIFTS)] = unset()

    def entities(self) -> tuple[TemplateShift, ...] | None:
        sent = "shifts" in self.model_fields_set
        return tuple(each.entity() for each in self.shifts) if sent else None


class NewLocation(Location):
    model_config = ConfigDict(extra="forbid", frozen=True)

    timezone: Annotated[str, Field(max_length=80), AfterValidator(_timezone)]
