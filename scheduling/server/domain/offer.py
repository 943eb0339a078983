"""Offers: somebody's own shift for a colleague to take, or in exchange for one of theirs."""

from datetime import datetime
from typing import Literal, Self

from .instants import Instant
from .rules import Violation
from .schedule import Schedule, Shift
from .staff import Staff
from .text import Entity, Note, Person

OfferStatus = Literal["offered", "accepted", "approved", "declined", "withdrawn", "lapsed"]
OfferStep = Literal["accept", "approve", "decline", "withdraw", "lapse"]

OUTCOMES: dict[OfferStatus, dict[OfferStep, OfferStatus]] = {
    "offered": {"accept": "accepted", "decline": "declined", "withdraw": "withdrawn", "lapse": "lapsed"},
    "accepted": {"approve": "approved", "decline": "declined", "withdraw": "withdrawn", "lapse": "lapsed"},
    "approved": {},
    "declined": {},
    "withdrawn": {},
    "lapsed": {},
}
"""All that can happen to an offer; a step that is missing here cannot."""

OPEN: frozenset[OfferStatus] = frozenset(status for status, steps in OUTCOMES.items() if steps)
"""Something can still happen."""


def check_ahead(shift: Shift, now: datetime) -> list[Violation]:
    """That a shift has not begun: what has begun changes hands no more."""
    if shift.starts_at > now:
        return []
    return [Violation("starts_at", "begun", "hard", "This shift has begun already.")]


class Offer(Entity):
    """One offer, with the shifts as they were when it was made: once one of them moves, it lapses.

    `to` is None where everybody is asked who may take it; with `wanted` it is a swap, and `to` is whose shift that is.
    """

    id: int
    staff: Person
    schedule: Schedule
    to: Person | None = None
    wanted: Schedule | None = None
    note: Note = ""
    status: OfferStatus = "offered"
    taken_by: Person | None = None
    answer: Note = ""
    version: int
    updated_by: Person | None
    updated_at: Instant

    @property
    def shifts(self) -> tuple[Schedule, ...]:
        """What would change hands."""
        return (self.schedule,) if self.wanted is None else (self.schedule, self.wanted)

    def outcome(self, step: OfferStep) -> OfferStatus | None:
        """What `step` would make of it; None when it can no longer be taken."""
        return OUTCOMES[self.status].get(step)

    def may(self, step: OfferStep, who: Staff) -> bool:
        """Whether `step` is for `who` to take: managers decide, whom it is for answers, whose it is takes it back."""
        asked = self.staff.id != who.id and (self.to is None or self.to.id == who.id)
        match step:
            case "accept":
                return asked
            case "approve":
                return who.is_manager
            case "decline":
                return who.is_manager or (asked and self.to is not None and self.status == "offered")
            case "withdraw":
                return self.staff.id == who.id
            case "lapse":
                return False

    def exchanged(self) -> list[Schedule]:
        """The shifts as they will be: the one given, and the one wanted for it, each in its new hands."""
        taker = None if self.taken_by is None else self.taken_by.id
        given = self.schedule.model_copy(update={"staff_id": taker})
        return [given] if self.wanted is None else [given, self.wanted.model_copy(update={"staff_id": self.staff.id})]

    def then(self, step: OfferStep, by: Person, at: datetime, **changes: object) -> Self:
        """The next version, after a `step` that has an outcome, and with `changes`."""
        status = OUTCOMES[self.status][step]
        stamp = {"version": self.version + 1, "updated_by": by, "updated_at": at}
        return self.model_copy(update={"status": status, **changes, **stamp})
