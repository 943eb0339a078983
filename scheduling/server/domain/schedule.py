"""Shifts: who works (or nobody yet), when, where and as what."""

from datetime import datetime
from typing import Literal, Self
from zoneinfo import ZoneInfo

from .instants import Instant
from .text import Entity, Id, Label, Note, Person

ScheduleStatus = Literal["draft", "published"]


class Location(Entity):
    """A place of work; its `timezone` is an IANA name, and its clocks are the ones that its shifts go by."""

    name: Label
    timezone: str


class Shift(Entity):
    """What is planned. `staff_id` is None for an open shift, which nobody has yet."""

    staff_id: Id | None
    starts_at: Instant
    ends_at: Instant
    role: Label
    location: Label
    note: Note = ""
    status: ScheduleStatus = "published"

    def placement(self) -> tuple[object, ...]:
        """What the rules are about: while it stays the same, no rule needs to be asked again."""
        return self.staff_id, self.starts_at, self.ends_at, self.role, self.location


class Schedule(Shift):
    """A shift on record: numbered, versioned, in its location's `timezone`."""

    id: int
    timezone: str
    version: int
    updated_by: Person | None
    updated_at: Instant

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def published(self) -> bool:
        return self.status == "published"

    def changed(self, changes: dict[str, object], by: Person, at: datetime) -> Self:
        """The next version: with `changes` (validated values), made `by` somebody `at` an instant."""
        stamp = {"version": self.version + 1, "updated_by": by, "updated_at": at}
        return self.model_copy(update={**changes, **stamp})
