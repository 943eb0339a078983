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


class Announced(Entity):
    """A shift as its readers saw it last: whose, when, as what, where."""

    staff_id: int | None
    starts_at: Instant
    ends_at: Instant
    role: str
    location: str


class Schedule(Shift):
    """A shift on record: numbered, versioned, in its location's `timezone`.

    `announced` is there while a shift that was published is a draft again: what staff saw before it was withdrawn.
    """

    id: int
    timezone: str
    version: int
    updated_by: Person | None
    updated_at: Instant
    announced: Announced | None = None

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def published(self) -> bool:
        return self.status == "published"

    def changed(self, changes: dict[str, object], by: Person, at: datetime) -> Self:
        """The next version: with `changes` (validated values), made `by` somebody `at` an instant."""
        stamp = {"version": self.version + 1, "updated_by": by, "updated_at": at}
        after = self.model_copy(update={**changes, **stamp})
        return after.model_copy(update={"announced": self._announced_after(after)})

    def _announced_after(self, after: "Schedule") -> Announced | None:
        if after.published:
            return None
        return Announced.model_validate(self, from_attributes=True) if self.published else self.announced
