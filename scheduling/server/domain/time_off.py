"""Time off: asked for, then approved, denied or cancelled."""

from datetime import datetime
from typing import Literal, Self

from .instants import Instant
from .text import Entity, Note, Person

TimeOffStatus = Literal["pending", "approved", "denied", "cancelled"]
Decision = Literal["approve", "deny", "cancel"]

OUTCOMES: dict[tuple[TimeOffStatus, Decision], TimeOffStatus] = {
    ("pending", "approve"): "approved",
    ("pending", "deny"): "denied",
    ("pending", "cancel"): "cancelled",
    ("approved", "cancel"): "cancelled",
}
"""All that can happen to a request; a pair that is missing here cannot."""

Fate = Literal["keep", "open", "draft"]

RELEASES: dict[Fate, dict[str, object]] = {
    "keep": {},
    "open": {"staff_id": None},
    "draft": {"staff_id": None, "status": "draft"},
}
"""What becomes of the shifts that approved time off overlaps: stay as they are, or are nobody's, or that as drafts."""


class TimeOff(Entity):
    """One request, with who decided it and what they said."""

    id: int
    staff_id: int
    starts_at: Instant
    ends_at: Instant
    note: Note = ""
    status: TimeOffStatus = "pending"
    decision_note: Note = ""
    decided_by: Person | None = None
    version: int
    updated_at: Instant

    def outcome(self, decision: Decision) -> TimeOffStatus | None:
        """What `decision` would make of it; None when it can no longer be taken."""
        return OUTCOMES.get((self.status, decision))

    def decided(self, status: TimeOffStatus, note: str, by: Person, at: datetime) -> Self:
        """The next version, with the decision on record."""
        stamp = {"version": self.version + 1, "decided_by": by, "updated_at": at}
        return self.model_copy(update={"status": status, "decision_note": note, **stamp})
