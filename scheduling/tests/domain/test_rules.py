from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from scheduling.server.domain.checks import check_shift, horizon
from scheduling.server.domain.instants import at
from scheduling.server.domain.kinds import kind_of
from scheduling.server.domain.rules import (
    LONGEST_SHIFT,
    Situation,
    Violation,
    check_approval,
    check_span,
    standing,
)
from scheduling.server.domain.schedule import Schedule, Shift
from scheduling.server.domain.staff import Contract, Succession
from scheduling.server.domain.time_off import TimeOff
from scheduling.tests.roster import CONTRACT, instant, schedule, shift, staff, time_off

LONDON = ZoneInfo("Europe/London")


def objections(planned: Shift, *others: Schedule, leave: tuple[TimeOff, ...] = (), **who: Any) -> list[Violation]:
    return check_shift(planned, Situation(staff(**who), LONDON, others, leave))


def codes(violations: list[Violation]) -> list[str]:
    return [violation.code for violation in violations]


def night(day: date) -> Schedule:
    return schedule(at(day, time(23), LONDON), until=at(day + timedelta(days=1), time(7), LONDON))


def test_a_shift_that_suits_meets_no_objection():
    assert objections(shift("2026-11-24 07:00"), schedule("2026-11-23 07:00"), schedule("2026-11-25 07:00")) == []


def test_nobody_works_in_two_places_at_once():
    [violation] = objections(shift("2026-11-23 09:00"), schedule("2026-11-23 07:00"))
    assert violation.severity == "hard"
    assert violation.code == "overlap"
    assert violation.message == "Alice already works 07:00–15:00 on Monday 23 November at North Ward."
    assert violation.params == {
        "name": "Alice",
        "contract": "Full time",
        "starts_at": "2026-11-23T07:00:00Z",
        "ends_at": "2026-11-23T15:00:00Z",
        "timezone": "Europe/London",
        "location": "North Ward",
    }


def test_a_clash_is_told_on_the_clocks_of_the_other_place():
    elsewhere = schedule("2026-11-23 07:00", location="Tokyo Clinic", timezone="Asia/Tokyo")
    [violation] = objections(shift("2026-11-23 09:00"), elsewhere)
    assert violation.message == "Alice already works 16:00–00:00 on Monday 23 November at Tokyo Clinic."


def test_a_shift_may_begin_when_another_ends_as_far_as_overlap_goes():
    assert "overlap" not in codes(objections(shift("2026-11-23 15:00"), schedule("2026-11-23 07:00")))


def test_nobody_works_during_approved_time_off():
    [violation] = objections(shift("2026-11-24 07:00"), leave=(time_off("2026-11-23 00:00", 3, status="approved"),))
    assert (violation.code, violation.severity) == ("time_off", "hard")
    assert violation.message == "Alice has approved time off: Monday 23 November to Wednesday 25 November."


@pytest.mark.parametrize("status", ["pending", "denied", "cancelled"])
def test_time_off_that_is_not_approved_is_no_objection(status: str):
    assert objections(shift("2026-11-24 07:00"), leave=(time_off("2026-11-23 00:00", 3, status=status),)) == []


def test_a_missing_skill_is_a_soft_objection_at_the_role():
    [violation] = objections(shift("2026-11-23 07:00", role="Head nurse"))
    assert (violation.code, violation.severity, violation.field) == ("skill", "soft", "role")
    assert violation.message == "Alice does not have the skill Head nurse (skills: Nurse)."


@pytest.mark.parametrize("other", ["2026-11-22 20:30", "2026-11-23 21:30"])
def test_too_little_rest_before_or_after_is_a_soft_objection(other: str):
    long_day = Contract(name="Full time", rest_hours=11)
    found = objections(shift("2026-11-23 10:30"), schedule(other, 8), contract=long_day)
    rest = next(violation for violation in found if violation.code == "rest")
    assert rest.severity == "soft"
    assert rest.message.endswith("of rest, and the contract Full time asks for 11 hours.")


def test_rest_is_told_in_hours():
    rest = objections(shift("2026-11-23 09:00"), schedule("2026-11-22 15:00"))[0]
    assert rest.message == (
        "Alice works 15:00–23:00 on Sunday 22 November at North Ward: that leaves 10 hours of rest, "
        "and the contract Full time asks for 11 hours."
    )
    assert (rest.params["left"], rest.params["least"]) == (10, 11)


@pytest.mark.parametrize(("day", "too_short"), [(date(2026, 10, 24), False), (date(2027, 3, 27), True)])
def test_rest_over_a_change_of_clocks_is_what_elapses(day: date, too_short: bool):
    """From 21:00 to 07:30 by the clocks: eleven and a half hours in October, nine and a half in March."""
    evening = schedule(at(day, time(13), LONDON), until=at(day, time(21), LONDON))
    morning = shift(at(day + timedelta(days=1), time(7, 30), LONDON))
    assert ("rest" in codes(objections(morning, evening))) is too_short


def test_weekly_hours_are_those_of_the_calendar_week_where_the_shift_is():
    week = [schedule(f"2026-11-{day} 09:00", id=day) for day in (23, 24, 25, 26)]
    assert objections(shift("2026-11-27 09:00"), *week) == []
    [violation] = objections(shift("2026-11-27 09:00", hours=8.5), *week)
    assert (violation.code, violation.severity) == ("weekly_hours", "soft")
    assert violation.message == (
        "Alice would work 40.5 hours in the week of Monday 23 November; the contract Full time allows 40 hours."
    )
    assert objections(shift("2026-11-30 09:00", hours=8.5), *week) == []


def test_a_contract_without_weekly_hours_has_no_limit():
    week = [schedule(f"2026-11-{day} 09:00", id=day) for day in range(23, 29)]
    assert objections(shift("2026-11-29 09:00"), *week, contract=Contract(name="Freelance")) == []


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 10, 24), 9), (date(2027, 3, 27), 7)])
def test_a_night_over_a_change_of_clocks_counts_as_long_as_it_is(day: date, hours: int):
    """Saturday's night and four days: 41 hours in October, 39 in March."""
    monday = day - timedelta(days=day.weekday())
    days = [schedule(at(monday + timedelta(days=number), time(9), LONDON), id=number) for number in range(4)]
    assert night(day).ends_at - night(day).starts_at == timedelta(hours=hours)
    assert ("weekly_hours" in codes(objections(night(day), *days))) is (hours == 9)


@pytest.mark.parametrize(
    ("before", "after", "forbidden"),
    [
        ("15:00", "07:00", True),
        ("15:00", "09:00", True),
        ("15:00", "15:00", False),
        ("23:00", "15:00", True),
        ("23:00", "23:00", False),
        ("07:00", "23:00", False),
        ("09:00", "07:00", False),
    ],
)
def test_what_may_follow_on_the_next_day(before: str, after: str, forbidden: bool):
    found = objections(shift(f"2026-11-24 {after}"), schedule(f"2026-11-23 {before}"))
    assert ("succession" in codes(found)) is forbidden
    # The same two shifts, saved in the other order.
    found = objections(shift(f"2026-11-23 {before}"), schedule(f"2026-11-24 {after}"))
    assert ("succession" in codes(found)) is forbidden


def test_a_forbidden_succession_says_what_follows_what():
    found = objections(shift("2026-11-24 07:00"), schedule("2026-11-23 15:00"))
    [succession] = [violation for violation in found if violation.code == "succession"]
    assert succession.severity == "soft"
    assert succession.message == (
        "Alice works 15:00–23:00 on Monday 23 November at North Ward: "
        "an early shift may not follow a late one on the next day."
    )


@pytest.mark.parametrize(
    ("starts_at", "hours", "kind"),
    [("07:00", 8, "early"), ("09:00", 8, "day"), ("15:00", 8, "late"), ("23:00", 8, "night"), ("19:00", 12, "night")],
)
def test_a_shift_is_of_the_kind_of_its_middle(starts_at: str, hours: int, kind: str):
    assert kind_of(shift(f"2026-11-23 {starts_at}", hours), LONDON) == kind


@pytest.mark.parametrize(
    ("hours", "code"), [(0, "ends_before_start"), (-1, "ends_before_start"), (24.5, "too_long"), (24, None)]
)
def test_a_shift_runs_forward_and_a_day_at_most(hours: float, code: str | None):
    planned = shift("2026-11-23 07:00", hours)
    found = check_span(planned.starts_at, planned.ends_at, LONGEST_SHIFT)
    assert codes(found) == ([code] if code else [])
    assert all((violation.severity, violation.field) == ("hard", "ends_at") for violation in found)


def test_approving_time_off_over_shifts_names_each_of_them():
    leave = time_off("2026-11-23 00:00", 2)
    shifts = [schedule("2026-11-23 07:00"), schedule("2026-11-24 07:00"), schedule("2026-11-25 07:00")]
    found = check_approval(leave, staff(), shifts)
    assert [violation.message for violation in found] == [
        "Alice works 07:00–15:00 on Monday 23 November at North Ward.",
        "Alice works 07:00–15:00 on Tuesday 24 November at North Ward.",
    ]
    assert {violation.code for violation in found} == {"time_off_overlaps_schedules"}


def test_soft_objections_stand_until_all_are_accepted():
    soft = [Violation("role", "skill", "soft", "…"), Violation("starts_at", "rest", "soft", "…")]
    assert standing(soft, set()) == soft
    assert standing(soft, {"skill"}) == soft
    assert standing(soft, {"skill", "rest"}) == []


def test_a_hard_objection_stands_whatever_is_accepted():
    hard = Violation("staff_id", "overlap", "hard", "…")
    assert standing([hard], {"overlap"}) == [hard]


starts = st.integers(0, 7 * 24 * 4).map(lambda quarters: instant("2026-10-19 00:00") + timedelta(minutes=15 * quarters))
lengths = st.integers(1, 24 * 4).map(lambda quarters: timedelta(minutes=15 * quarters))
spans = st.tuples(starts, lengths).map(lambda span: (span[0], span[0] + span[1]))


def placed(span: tuple[datetime, datetime], number: int = 7) -> Schedule:
    return schedule(span[0], until=span[1], id=number)


@given(spans, spans)
def test_overlap_rest_and_succession_do_not_depend_on_which_was_there_first(
    one: tuple[datetime, datetime], other: tuple[datetime, datetime]
):
    mutual = {"overlap", "rest", "succession"}
    forth = set(codes(objections(placed(one), placed(other)))) & mutual
    back = set(codes(objections(placed(other), placed(one)))) & mutual
    assert forth == back


@given(spans, spans)
def test_two_shifts_overlap_or_leave_rest_and_never_both(
    one: tuple[datetime, datetime], other: tuple[datetime, datetime]
):
    found = codes(objections(placed(one), placed(other)))
    gap = max(one[0], other[0]) - min(one[1], other[1])
    assert ("overlap" in found) is (gap < timedelta())
    assert ("rest" in found) is (timedelta() <= gap < timedelta(hours=CONTRACT.rest_hours))


@given(st.lists(spans, max_size=8))
def test_a_roster_built_shift_by_shift_never_overlaps(wishes: list[tuple[datetime, datetime]]):
    roster: list[Schedule] = []
    for number, wish in enumerate(wishes):
        planned = placed(wish, number)
        if not any(violation.severity == "hard" for violation in objections(planned, *roster)):
            roster.append(planned)
    in_order = sorted(roster, key=lambda each: each.starts_at)
    assert all(before.ends_at <= after.starts_at for before, after in pairwise(in_order))


def test_a_contract_has_successions_of_its_own():
    early_may_follow = Contract(name="Full time", rest_hours=0, forbidden_successions=())
    pair = shift("2026-11-24 07:00"), schedule("2026-11-23 15:00")
    assert objections(*pair, contract=early_may_follow) == []
    no_two_days = Contract(name="Full time", forbidden_successions=(Succession(before="day", after="day"),))
    [violation] = objections(shift("2026-11-24 09:00"), schedule("2026-11-23 09:00"), contract=no_two_days)
    assert (violation.code, violation.params["before"], violation.params["after"]) == ("succession", "day", "day")


def test_a_contract_makes_rules_hard():
    strict = Contract(name="Full time", hard_rules=("rest",))
    found = objections(shift("2026-11-24 07:00", role="Cook"), schedule("2026-11-23 15:00"), contract=strict)
    assert {violation.code: violation.severity for violation in found} == {
        "skill": "soft",
        "rest": "hard",
        "succession": "soft",
    }
    assert standing(found, {"skill", "rest", "succession"}) == found


def test_hours_that_are_owed_are_no_objection():
    assert objections(shift("2026-11-24 07:00"), contract=Contract(name="Full time", least_hours_per_week=32)) == []


def test_a_contract_does_not_owe_more_than_it_allows():
    with pytest.raises(ValidationError, match=r"owes 40\.0 hours a week at least and allows 38\.0"):
        Contract(name="Full time", hours_per_week=38, least_hours_per_week=40)


@given(spans)
def test_the_horizon_holds_all_that_the_rules_look_at(span: tuple[datetime, datetime]):
    earliest, latest = horizon(placed(span), LONDON, CONTRACT)
    assert earliest <= span[0] - timedelta(hours=48)
    assert latest >= span[1] + timedelta(hours=24)
    assert earliest.tzinfo is latest.tzinfo is UTC
