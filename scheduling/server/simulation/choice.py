"""What a simulated colleague does next. Pure: time and dice come in as arguments."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from random import Random
from typing import Any, Literal

from scheduling.server.domain.instants import local_day, rfc_3339, week_of
from scheduling.server.domain.schedule import Schedule

Part = Literal["plans", "takes"]

MOST_ADDED = 12
"""Shifts that colleagues have put into the week at one time: then they take one of them out before they add another."""

LEFT_ALONE = timedelta(seconds=45)
"""How long they keep off what somebody else has just changed, most of the time."""

SHORTEST, LONGEST = timedelta(hours=5), timedelta(hours=10)


@dataclass(frozen=True)
class Seen:
    """The shifts of a fortnight as colleagues find them, drafts included, and what they know of themselves."""

    shifts: Sequence[Schedule]
    now: datetime
    colleagues: Collection[int]
    """The ids of those who are played."""
    added: Collection[int] = ()
    """The ids of the shifts that they have added."""

    @cached_property
    def ahead(self) -> list[Schedule]:
        """What has not begun, of the week that is going on while it has enough of that."""
        ahead = [shift for shift in self.shifts if shift.starts_at > self.now]
        this_week = [shift for shift in ahead if shift.starts_at < week_of(self.now, shift.zone)[1]]
        return this_week if len(this_week) >= MOST_ADDED else ahead

    def is_fresh(self, shift: Schedule) -> bool:
        """Somebody who is real has just worked on it."""
        by = shift.updated_by
        return by is not None and by.id not in self.colleagues and self.now - shift.updated_at < LEFT_ALONE


@dataclass(frozen=True, slots=True)
class Edit:
    """A request to the REST API, and who makes it."""

    by: Part
    method: Literal["POST", "PATCH", "DELETE"]
    path: str
    body: Mapping[str, Any] | None = None
    query: Mapping[str, str] | None = None


Choose = Callable[[Schedule, Seen, Random], Edit | None]


def moves(shift: Schedule, seen: Seen, dice: Random) -> Edit | None:
    """To the day before or after, within its week."""
    days = [
        days
        for days in (timedelta(days=-1), timedelta(days=1))
        if shift.starts_at + days > seen.now
        and week_of(shift.starts_at + days, shift.zone) == week_of(shift.starts_at, shift.zone)
    ]
    if not days:
        return None
    by = dice.choice(days)
    return _patch(shift, starts_at=rfc_3339(shift.starts_at + by), ends_at=rfc_3339(shift.ends_at + by))


def stretches(shift: Schedule, _: Seen, dice: Random) -> Edit | None:
    """Ends half an hour or an hour earlier or later."""
    by = dice.choice([30, 60]) * dice.choice([-1, 1])
    ends_at = shift.ends_at + timedelta(minutes=by)
    if not SHORTEST <= ends_at - shift.starts_at <= LONGEST:
        return None
    return _patch(shift, ends_at=rfc_3339(ends_at))


def adds(shift: Schedule, seen: Seen, dice: Random) -> Edit | None:
    """One like it on another day of what lies ahead: a draft for nobody yet, or an open shift for all to see."""
    if len(seen.added) >= MOST_ADDED:
        return None
    day = local_day(dice.choice(seen.ahead).starts_at, shift.zone)
    by = day - local_day(shift.starts_at, shift.zone)
    if shift.starts_at + by <= seen.now:
        return None
    body = {
        "staff_id": None,
        "starts_at": rfc_3339(shift.starts_at + by),
        "ends_at": rfc_3339(shift.ends_at + by),
        "role": shift.role,
        "location": shift.location,
        "status": dice.choice(["draft", "published"]),
    }
    return Edit("plans", "POST", "/api/schedules", body)


def removes(shift: Schedule, seen: Seen, _: Random) -> Edit | None:
    """One that colleagues have added, when there are many."""
    if shift.id not in seen.added or len(seen.added) < MOST_ADDED:
        return None
    return Edit("plans", "DELETE", f"/api/schedules/{shift.id}", query={"version": str(shift.version)})


def publishes(shift: Schedule, _: Seen, __: Random) -> Edit | None:
    if shift.published:
        return None
    return Edit("plans", "POST", "/api/schedules/publish", {"schedules": [{"id": shift.id, "version": shift.version}]})


def takes(shift: Schedule, _: Seen, __: Random) -> Edit | None:
    if not shift.published or shift.staff_id is not None:
        return None
    return Edit("takes", "POST", f"/api/schedules/{shift.id}/claim", {"version": shift.version})


WEIGHTS: Mapping[Choose, int] = {moves: 4, stretches: 4, adds: 3, removes: 3, publishes: 2, takes: 2}

OVERLOOKED = 0.1
"""How often a colleague works on what somebody real has just changed: conflicts are a part of the show."""


def edits(seen: Seen, dice: Random) -> Iterator[Edit]:
    """What a colleague tries in turn until the server takes it; bounded, and empty when nothing lies ahead."""
    ahead = seen.ahead
    kinds, weights = list(WEIGHTS), list(WEIGHTS.values())
    for _ in range(60 if ahead else 0):
        shift = dice.choice(ahead)
        [choose] = dice.choices(kinds, weights)
        edit = choose(shift, seen, dice)
        if edit and not (seen.is_fresh(shift) and dice.random() > OVERLOOKED):
            yield edit


def _patch(shift: Schedule, **fields: str) -> Edit:
    return Edit("plans", "PATCH", f"/api/schedules/{shift.id}", {"version": shift.version, **fields})
