"""Templates: the shifts of a week under a name, to be drafted into any week."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import Field

from .instants import Instant
from .needs import WallTime
from .text import Entity, Id, Label, Note, Person

MOST_TEMPLATES = 100
MOST_TEMPLATE_SHIFTS = 1_000
"""Of one template: what one batch can draft."""


class TemplateShift(Entity):
    """A shift of any week: from `starts` to `ends` by its location's clocks, on a `weekday` (1 is Monday).

    An end that is not after the start is on the next day. `staff_id` is None where the draft is to be an open shift.
    """

    weekday: Annotated[int, Field(strict=True, ge=1, le=7)]
    starts: WallTime
    ends: WallTime
    staff_id: Id | None
    role: Label
    location: Label
    note: Note = ""


class Template(Entity):
    """A template as lists have it: with the `count` of its shifts."""

    id: int
    name: Label
    count: int
    version: int
    updated_by: Person | None
    updated_at: Instant


class FullTemplate(Template):
    """A template with its shifts."""

    shifts: tuple[TemplateShift, ...]

    def changed(self, name: str, shifts: tuple[TemplateShift, ...], by: Person, at: datetime) -> Self:
        """The next version, made `by` somebody `at` an instant."""
        stamp = {"version": self.version + 1, "updated_by": by, "updated_at": at}
        return self.model_copy(update={"name": name, "shifts": shifts, "count": len(shifts), **stamp})

    def listed(self) -> Template:
        """The same as lists have it."""
        return Template(**self.model_dump(exclude={"shifts"}))
