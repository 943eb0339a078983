"""What clients may send. A field that is not listed is refused, so that a slip of the pen is told."""

import re
from collections import Counter
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from scheduling.server.domain.instants import Instant
from scheduling.server.domain.rules import SoftCode
from scheduling.server.domain.schedule import Location, ScheduleStatus, Shift
from scheduling.server.domain.staff import Contract, StaffRole
from scheduling.server.domain.text import Id, Label, Note, Version
from scheduling.server.services.ports import VersionOf

Accept = Annotated[frozenset[SoftCode], Field(default_factory=frozenset)]
"""The soft rules that whoever saves does not mind."""

MOST_AT_ONCE = 500
"""Drafts published in one request."""

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


class NewSchedule(Shift):
    """A Shift; without `status` it is published at once."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    accept: Accept

    def shift(self) -> Shift:
        return Shift.model_construct(**{name: getattr(self, name) for name in Shift.model_fields})


def unset() -> Any:
    """For a field that may be left out but not be null: validated only when it is sent."""
    return Field(default=None)


class ScheduleChange(Body):
    """The version that was seen, and the fields to change."""

    version: Version
    staff_id: Id | None = None
    starts_at: Instant = unset()
    ends_at: Instant = unset()
    role: Label = unset()
    location: Label = unset()
    note: Note = unset()
    status: ScheduleStatus = unset()
    accept: Accept

    def changes(self) -> dict[str, object]:
        """What was sent of a Shift's fields."""
        return {name: getattr(self, name) for name in Shift.model_fields if name in self.model_fields_set}


class VersionRef(Body):
    id: Id
    version: Version

    def seen(self) -> VersionOf:
        return VersionOf(self.id, self.version)


def _each_once(refs: list[VersionRef]) -> list[VersionRef]:
    times = Counter(ref.id for ref in refs)
    if repeated := [str(id) for id, count in times.items() if count > 1]:
        ids = {"ids": ", ".join(repeated[:MOST_NAMED])}
        raise PydanticCustomError("repeated", "must name each schedule once, but repeats the id {ids}", ids)
    return refs


class Publish(Body):
    schedules: Annotated[list[VersionRef], Field(min_length=1, max_length=MOST_AT_ONCE), AfterValidator(_each_once)]
    accept: Accept


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


class ContractTerms(Contract):
    model_config = ConfigDict(extra="forbid", frozen=True)


class NewMember(Body):
    """Without `password` they cannot sign in yet."""

    name: Label
    email: Email
    role: StaffRole
    skills: Annotated[tuple[Label, ...], Field(max_length=50)]
    contract: ContractTerms
    password: Password | None = None


class NewLocation(Location):
    model_config = ConfigDict(extra="forbid", frozen=True)

    timezone: Annotated[str, Field(max_length=80), AfterValidator(_timezone)]
