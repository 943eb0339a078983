"""Needs: how many people of which role a place has to have, at which hours of each weekday."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import Field, StringConstraints

from .instants import Instant
from .text import Entity, Label, Person

WallTime = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
"""What the clocks of a place show, as `07:00`."""

MOST_NEEDS = 1_000
"""Of one location."""


class Need(Entity):
    """At least `least` people as `role` from `starts` to `ends`, on each `weekday` (1 is Monday, as in ISO 8601).

    An end that is not after the start is on the next day: the need belongs to the day on which it starts.
    """

    role: Label
    weekday: Annotated[int, Field(strict=True, ge=1, le=7)]
    starts: WallTime
    ends: WallTime
    least: Annotated[int, Field(strict=True, ge=1, le=999)]


class LocationNeeds(Entity):
    """All needs of one location. `version` counts from 1, and is 0 where nothing was ever said."""

    location: Label
    needs: tuple[Need, ...]
    version: int
    updated_by: Person | None
    updated_at: Instant | None

    @classmethod
    def none_at(cls, location: str) -> Self:
        """Where nothing was ever said."""
        return cls(location=location, needs=(), version=0, updated_by=None, updated_at=None)

    def changed(self, needs: tuple[Need, ...], by: Person, at: datetime) -> Self:
        """The next version: with these `needs` in place of all that were."""
        stamp = {"version": self.version + 1, "updated_by": by, "updated_at": at}
        return self.model_copy(update={"needs": needs, **stamp})
