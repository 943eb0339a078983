"""What simulated colleagues try: always sensible, and in the end everything."""

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from random import Random

import pytest

from scheduling.server.demo import ZONES, weeks_of
from scheduling.server.domain.instants import at, week_of
from scheduling.server.domain.schedule import Schedule
from scheduling.server.domain.text import Person
from scheduling.server.simulation.choice import (
    LEFT_ALONE,
    LONGEST,
    MOST_ADDED,
    SHORTEST,
    Edit,
    Seen,
    edits,
)

MONDAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
COLLEAGUE, READER = Person(id=7, name="Priya Raman"), Person(id=1, name="Mona Reyes")


def shifts(by: Person = COLLEAGUE, updated_at: datetime = NOW - timedelta(days=1)) -> list[Schedule]:
    """The demo's fortnight, with drafts in both weeks, each shift last changed `by` somebody."""
    record = {"version": 3, "updated_by": by, "updated_at": updated_at}
    return [
        Schedule(
            **{
                **planned.shift.model_dump(),
                "staff_id": planned.member and 9,
                "status": "published" if number % 9 else "draft",
                "id": number,
                "timezone": ZONES[planned.shift.location].key,
                **record,
            }
        )
        for number, planned in enumerate(weeks_of(MONDAY), 1)
    ]


def tried(seen: Seen, rounds: int = 40) -> list[Edit]:
    return [edit for number in range(rounds) for edit in edits(seen, Random(number))]


def kind(edit: Edit) -> str:
    if edit.method == "PATCH":
        return "move" if edit.body and "starts_at" in edit.body else "stretch"
    last = edit.path.rsplit("/", 1)[1]
    return {"schedules": "add", "publish": "publish", "claim": "take"}.get(last, "remove")


def test_they_do_everything_that_a_desk_does():
    seen = Seen(shifts(), NOW, {7}, added=set(range(40, 40 + MOST_ADDED)))
    assert set(Counter(map(kind, tried(seen)))) == {"move", "stretch", "remove", "publish", "take"}
    few = Seen(shifts(), NOW, {7}, added={40})
    assert set(Counter(map(kind, tried(few)))) == {"move", "stretch", "add", "publish", "take"}


def test_what_they_try_lies_ahead_in_the_week_that_is_going_on_and_is_as_long_as_shifts_are():
    found = shifts()
    week = week_of(NOW, ZONES["North Ward"])
    ids = {shift.id: shift for shift in found}
    for edit in tried(Seen(found, NOW, {7})):
        if edit.method == "PATCH" and edit.body:
            shift = ids[int(edit.path.rsplit("/", 1)[1])]
            starts_at = datetime.fromisoformat(edit.body.get("starts_at", shift.starts_at.isoformat()))
            ends_at = datetime.fromisoformat(edit.body["ends_at"])
            assert NOW < starts_at < week[1]
            assert SHORTEST <= ends_at - starts_at <= LONGEST
            assert edit.body["version"] == 3


def test_late_on_sunday_they_work_on_the_next_week():
    sunday = at(MONDAY + timedelta(days=6), time(23, 30), ZONES["North Ward"])
    ahead = Seen(shifts(), sunday, {7}).ahead
    assert ahead
    assert all(shift.starts_at > sunday for shift in ahead)


def test_with_nothing_ahead_they_do_nothing():
    assert tried(Seen([], NOW, {7})) == []
    assert tried(Seen(shifts(), NOW + timedelta(days=60), {7})) == []


@pytest.mark.parametrize(("ago", "rarely"), [(timedelta(seconds=5), True), (LEFT_ALONE, False)])
def test_what_the_reader_has_just_changed_is_mostly_left_alone(ago: timedelta, *, rarely: bool):
    everything = len(tried(Seen(shifts(), NOW, {7}), 30))
    some = len(tried(Seen(shifts(READER, NOW - ago), NOW, {7}), 30))
    assert some > 0
    assert (some < everything / 4) is rarely
