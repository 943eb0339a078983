from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from scheduling.server.inrc2.folder import load_ward
from scheduling.server.inrc2.plan import Plan, plan_of
from scheduling.tests.inrc2.ward_files import write_ward
from scheduling.tests.roster import instant

BRUSSELS = ZoneInfo("Europe/Brussels")


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    return plan_of(load_ward(write_ward(tmp_path / "n002w2")), date(2026, 11, 23), "Ward two", BRUSSELS)


def test_nurses_become_staff_with_their_skills_and_hours(plan: Plan):
    assert plan.location.body == {"name": "Ward two", "timezone": "Europe/Brussels"}
    alice, lucy = (entry.body for entry in plan.staff)
    assert alice == {
        "name": "Alice",
        "email": "alice.n002w2@example.com",
        "role": "staff",
        "skills": ["HeadNurse", "Nurse"],
        # At most 10 shifts of 8 hours in 2 weeks.
        "contract": {
            "name": "FullTime",
            "hours_per_week": 40,
            "least_hours_per_week": 20,
            "rest_hours": 11,
            "most_days_in_a_row": 5,
            "least_days_off_in_a_row": 2,
            # Three weekends of two are no limit: of four, four.
            "most_weekends_in_four": 4,
            "whole_weekends": True,
            "forbidden_successions": [
                {"before": "late", "after": "early"},
                {"before": "late", "after": "day"},
                {"before": "night", "after": "early"},
                {"before": "night", "after": "day"},
                {"before": "night", "after": "late"},
            ],
        },
    }
    agreed = lucy["contract"]
    assert isinstance(agreed, dict)
    assert (agreed["hours_per_week"], agreed["least_hours_per_week"], agreed["whole_weekends"]) == (16, 8, False)


def test_what_the_weeks_need_is_the_least_that_all_of_them_do(plan: Plan):
    needs = plan.needs.body["needs"]
    assert isinstance(needs, list)
    assert plan.needs.body["location"] == "Ward two"
    least = {(need["role"], need["weekday"], need["starts"], need["ends"]): need["least"] for need in needs}
    assert ("Nurse", 1, "07:00", "15:00") not in least
    assert ("Nurse", 7, "07:00", "15:00") not in least
    assert least["Nurse", 1, "15:00", "23:00"] == 1
    assert least["HeadNurse", 5, "23:00", "07:00"] == 2
    # Two skills at four shifts on six days, but for the early nurse on Monday.
    assert len(needs) == 47


def test_assignments_become_schedules_on_the_wards_clocks(plan: Plan):
    assert [email for email, _ in plan.schedules] == ["alice.n002w2@example.com"] * 2 + ["lucy.n002w2@example.com"] * 3
    spans = [(entry.body["starts_at"], entry.body["ends_at"]) for _, entry in plan.schedules]
    assert spans == [
        ("2026-11-23T06:00:00Z", "2026-11-23T14:00:00Z"),
        ("2026-11-24T22:00:00Z", "2026-11-25T06:00:00Z"),
        ("2026-11-23T08:00:00Z", "2026-11-23T16:00:00Z"),
        ("2026-11-24T14:00:00Z", "2026-11-24T22:00:00Z"),
        ("2026-12-06T22:00:00Z", "2026-12-07T06:00:00Z"),
    ]
    assert {"role": "HeadNurse", "location": "Ward two"}.items() <= plan.schedules[0][1].body.items()
    assert plan.schedules[1][1].title == "Alice, Night on Tue 2026-11-24"


def test_shifts_off_become_time_off_for_those_hours_or_the_day(plan: Plan):
    assert [dict(entry.body) for _, entry in plan.time_off] == [
        {"starts_at": "2026-11-24T23:00:00Z", "ends_at": "2026-11-25T23:00:00Z", "note": "Any shift off"},
        {"starts_at": "2026-11-29T22:00:00Z", "ends_at": "2026-11-30T06:00:00Z", "note": "Night shift off"},
    ]


def test_the_plan_spans_all_of_its_entries(plan: Plan):
    assert (plan.starts_at, plan.ends_at) == (instant("2026-11-22 23:00"), instant("2026-12-07 23:00"))
    assert plan.size == 1 + 1 + 2 + 5 + 2


def test_a_night_over_a_change_of_clocks_ends_at_seven_all_the_same(tmp_path: Path):
    ward = load_ward(write_ward(tmp_path / "n002w2"))
    # The second week's Sunday night is that of 28 March 2027; the clocks go forward in the night before.
    plan = plan_of(ward, date(2027, 3, 15), "Ward two", BRUSSELS)
    body = plan.schedules[-1][1].body
    assert (body["starts_at"], body["ends_at"]) == ("2027-03-28T21:00:00Z", "2027-03-29T05:00:00Z")
