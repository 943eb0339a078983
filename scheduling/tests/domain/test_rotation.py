"""The rules about days, one by one and on a ward of the competition."""

import os
from collections import defaultdict
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from scheduling.server.domain.checks import check_shift, horizon
from scheduling.server.domain.rules import Situation, Violation
from scheduling.server.domain.schedule import Schedule
from scheduling.server.domain.staff import Contract
from scheduling.server.inrc2.folder import load_ward
from scheduling.server.inrc2.plan import plan_of
from scheduling.tests.roster import schedule, shift, staff

LONDON = ZoneInfo("Europe/London")
DATA = Path(os.environ.get("TIDINGS_SHARED", Path(__file__).parents[4] / "shared")) / "data" / "inrc2"
DAY = timedelta(days=1)


def days(*numbers: int) -> list[Schedule]:
    """Shifts of 09:00 to 17:00 on so many days from Monday 2 November on."""
    monday = datetime.fromisoformat("2026-11-02T09:00:00+00:00")
    return [schedule(monday + DAY * number, id=number + 100) for number in numbers]


def objections(planned: int, *others: int, **terms: Any) -> list[Violation]:
    [wanted] = days(planned)
    contract = Contract(name="Ward", rest_hours=0, **terms)
    return check_shift(wanted, Situation(staff(contract=contract), LONDON, days(*others)))


def test_so_many_days_in_a_row_are_worked_and_no_more():
    assert objections(4, 0, 1, 2, 3, most_days_in_a_row=5) == []
    [violation] = objections(5, 0, 1, 2, 3, 4, most_days_in_a_row=5)
    assert (violation.code, violation.severity, violation.field) == ("days_in_a_row", "soft", "starts_at")
    assert violation.message == (
        "Alice would work 6 days in a row, Monday 2 November to Saturday 7 November; the contract Ward allows 5."
    )
    assert violation.params == {
        "name": "Alice",
        "contract": "Ward",
        "days": 6,
        "most": 5,
        "first": "2026-11-02",
        "last": "2026-11-07",
    }


def test_a_shift_that_joins_two_rows_makes_one_of_them():
    [violation] = objections(2, 0, 1, 3, 4, most_days_in_a_row=4)
    assert violation.params["days"] == 5


def test_two_shifts_on_a_day_are_one_day():
    assert [violation.code for violation in objections(1, 0, 1, most_days_in_a_row=2)] == ["overlap"]


def test_days_off_come_so_many_in_a_row():
    assert objections(4, 0, 1, least_days_off_in_a_row=2) == []
    [violation] = objections(3, 0, 1, least_days_off_in_a_row=2)
    assert (violation.code, violation.severity) == ("days_off", "soft")
    assert violation.message == (
        "Alice would have 1 day off, Wednesday 4 November; the contract Ward asks for 2 in a row."
    )
    assert (violation.params["days"], violation.params["least"]) == (1, 2)


def test_days_off_count_before_and_after_and_on_the_next_day_there_are_none():
    found = objections(2, 0, 4, least_days_off_in_a_row=2)
    assert [violation.params["first"] for violation in found] == ["2026-11-03", "2026-11-05"]
    assert objections(2, 1, 3, least_days_off_in_a_row=2) == []


def test_of_four_weekends_so_many_are_worked():
    saturdays = (5, 12, 19, 26, 33)
    assert objections(saturdays[1], saturdays[0], most_weekends_in_four=2) == []
    [violation] = objections(saturdays[3], saturdays[0], saturdays[1], most_weekends_in_four=2)
    assert violation.code == "weekends"
    assert violation.message == (
        "Alice would work 3 weekends of the four from Saturday 7 November to Sunday 29 November; "
        "the contract Ward allows 2."
    )
    # The fifth is in no four with the first.
    assert objections(saturdays[4], saturdays[0], saturdays[1], most_weekends_in_four=2) == []
    # A weekend is one, with one day or two; a day of the week is in none.
    assert objections(saturdays[1] + 1, saturdays[0], saturdays[1], most_weekends_in_four=2) == []
    assert objections(7, *saturdays, most_weekends_in_four=0) == []


@pytest.mark.parametrize(("planned", "other"), [(5, 6), (6, 5)])
def test_a_weekend_is_worked_whole(planned: int, other: int):
    [violation] = objections(planned, whole_weekends=True)
    assert (violation.code, violation.severity) == ("whole_weekend", "soft")
    assert date.fromisoformat(str(violation.params["missing"])) == date(2026, 11, 2) + DAY * other
    assert objections(planned, other, whole_weekends=True) == []
    assert objections(4, whole_weekends=True) == []


def test_a_day_is_that_of_the_place():
    """01:00 on Saturday in Tokyo still is Friday in London."""
    late = schedule("2026-11-06 16:00", location="Tokyo Clinic", timezone="Asia/Tokyo")
    contract = Contract(name="Ward", rest_hours=0, whole_weekends=True)
    assert check_shift(late, Situation(staff(contract=contract), ZoneInfo("Asia/Tokyo")))[0].code == "whole_weekend"
    assert check_shift(late, Situation(staff(contract=contract), LONDON)) == []


def test_the_horizon_reaches_as_far_as_the_contract_counts():
    wanted = shift("2026-11-24 09:00")
    plain, _ = horizon(wanted, LONDON, Contract(name="Plain"))
    rows, _ = horizon(wanted, LONDON, Contract(name="Rows", most_days_in_a_row=6))
    weekends, _ = horizon(wanted, LONDON, Contract(name="Weekends", most_weekends_in_four=2))
    assert plain - rows == DAY * 6
    assert plain - weekends == DAY * 21


@pytest.mark.skipif(not DATA.is_dir(), reason=f"the competition's data is not at {DATA} (TIDINGS_SHARED=…)")
def test_a_real_ward_breaks_the_rules_where_a_count_of_its_rosters_says_so():
    """Each nurse's roster of four weeks, shift by shift, against the same rules counted from the assignments alone."""
    ward, monday = load_ward(DATA / "n021w4"), date(2026, 11, 23)
    plan = plan_of(ward, monday, "Ward", ZoneInfo("Europe/London"))
    spans = defaultdict(list)
    for email, entry in plan.schedules:
        spans[email].append((entry.body["starts_at"], entry.body["ends_at"], entry.body["role"]))
    found: set[tuple[str, str]] = set()
    for entry in plan.staff:
        email, contract = str(entry.body["email"]), Contract.model_validate(entry.body["contract"])
        person = staff(entry.title, contract=contract, skills=entry.body["skills"])
        own = [
            schedule(datetime.fromisoformat(str(start)), until=datetime.fromisoformat(str(end)), id=number, role=role)
            for number, (start, end, role) in enumerate(spans[email], start=1)
        ]
        for each in own:
            others = [other for other in own if other is not each]
            found |= {(entry.title, one.code) for one in check_shift(each, Situation(person, LONDON, others))}
    counted = {
        (nurse.name, code)
        for nurse in ward.scenario.nurses.values()
        for code in _counted(
            nurse.contract,
            [
                7 * number + each.day
                for number, week in enumerate(ward.weeks)
                for each in week.assignments
                if each.nurse == nurse.name
            ],
        )
    }
    codes = {"days_in_a_row", "days_off", "weekends", "whole_weekend"}
    assert {each for each in found if each[1] in codes} == counted
    # The competition lets no roster have a forbidden succession, an overlap or a skill that is missing.
    assert not {code for _, code in found} & {"succession", "overlap", "skill"}
    # Its weekends are whole, all of them; each other rule is broken by somebody's, so that the count says something.
    assert {code for _, code in counted} == codes - {"whole_weekend"}


def _counted(contract: Any, worked: list[int]) -> set[str]:
    """The codes of the rules that a nurse breaks who works on these days, counted from the first Monday."""
    codes, row = set(), 0
    for day in range(28):
        row = row + 1 if day in worked else 0
        if row > contract.most_days_in_a_row:
            codes.add("days_in_a_row")
    if any(1 < after - before <= contract.least_days_off_in_a_row for before, after in pairwise(sorted(worked))):
        codes.add("days_off")
    weekends = [((week * 7 + 5) in worked, (week * 7 + 6) in worked) for week in range(4)]
    if sum(map(any, weekends)) > contract.most_weekends:
        codes.add("weekends")
    if contract.whole_weekends and any(one != other for one, other in weekends):
        codes.add("whole_weekend")
    return codes
