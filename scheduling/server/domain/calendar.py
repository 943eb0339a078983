"""Calendar links: secret addresses under which calendar programs read shifts without signing in."""

from datetime import datetime, timedelta
from typing import Literal, Self

from .instants import Instant
from .text import Entity

CalendarScope = Literal["me", "location"]

BACK, AHEAD = timedelta(weeks=4), timedelta(weeks=26)
"""What a link shows: shifts from so long ago until so far ahead."""


class CalendarLink(Entity):
    """One link: to the shifts of the person whose it is, or to all shifts of a `location`.

    `read_at` is when a calendar program asked for it last, to the minute. The address itself is known to nobody but its
    holder.
    """

    id: int
    staff_id: int
    scope: CalendarScope
    location: str | None
    version: int
    created_at: Instant
    read_at: Instant | None
    revoked_at: Instant | None

    def read(self, at: datetime) -> Self:
        """The next version: asked for at an instant."""
        return self.model_copy(update={"version": self.version + 1, "read_at": at})

    def revoked(self, at: datetime) -> Self:
        """The next version: it shows nothing from now on."""
        return self.model_copy(update={"version": self.version + 1, "revoked_at": at})
