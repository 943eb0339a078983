"""From a ward to what is entered: pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from .ward import ANY, Assignment, Nurse, Requirement, Scenario, ShiftOff, Ward, Week

HOURS = {
    "Early": (time(7), time(15)),
    "Day": (time(9), time(17)),
    "Late": (time(15), time(23)),
    "Night": (time(23), time(7)),
    ANY: (time(0), time(0)),
}
"""On the clocks of the ward; an end that is not later is on the next day. The competition only names them."""

SHIFT_HOURS = 8
REST_HOURS = 11
FOUR_WEEKS = 4


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing to enter: the JSON `body`, and in `title` what it is to people."""

    title: str
    body: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Plan:
    """All of a ward. Schedules and time off name their nurse's e-mail, as the server numbers the staff."""

    location: Entry
    needs: Entry
    staff: list[Entry]
    schedules: list[tuple[str, Entry]]
    time_off: list[tuple[str, Entry]]
    starts_at: datetime
    ends_at: datetime

    @property
    def size(self) -> int:
        return 2 + len(self.staff) + len(self.schedules) + len(self.time_off)


def plan_of(ward: Ward, first_monday: date, location: str, zone: ZoneInfo) -> Plan:
    """Everything in `ward`, from `first_monday` on, on the clocks of `zone`.

    A request for a shift off is time off for that shift's hours; for any shift, the whole day. A need of a weekday is
    the least that any of the ward's weeks has on it, as a location's needs are the same each week. Raises OverflowError
    where the weeks leave the calendar, which has the years 1 to 9999.
    """
    emails = {name: f"{name}.{ward.name}@example.com".lower() for name in ward.scenario.nurses}
    mondays = [first_monday + timedelta(weeks=number) for number in range(len(ward.weeks))]
    weeks = list(zip(mondays, ward.weeks, strict=True))
    return Plan(
        location=Entry(location, {"name": location, "timezone": zone.key}),
        needs=_needs(ward.weeks, location),
        staff=[_staff(nurse, emails[nurse.name], ward.scenario) for nurse in ward.scenario.nurses.values()],
        schedules=[
            (emails[each.nurse], _schedule(each, monday, location, zone))
            for monday, week in weeks
            for each in week.assignments
        ],
        time_off=[
            (emails[each.nurse], _time_off(each, monday, zone)) for monday, week in weeks for each in week.shifts_off
        ],
        starts_at=_instant(first_monday, time(), zone),
        # The last night ends in the week after.
        ends_at=_instant(mondays[-1] + timedelta(weeks=1, days=1), time(), zone),
    )


def _needs(weeks: Sequence[Week], location: str) -> Entry:
    needs = [
        {"role": each.skill, "weekday": day + 1, **_clock_span(each.shift_type), "least": least}
        for each in _least_of(weeks)
        for day, least in enumerate(each.least)
        if least > 0
    ]
    return Entry(f"Needs of {location}", {"location": location, "version": 0, "needs": needs})


def _least_of(weeks: Sequence[Week]) -> list[Requirement]:
    """Each requirement with the least of all weeks on each day; all weeks name the same ones in the same order."""
    return [
        Requirement(
            alike[0].shift_type, alike[0].skill, tuple(map(min, zip(*(each.least for each in alike), strict=True)))
        )
        for alike in zip(*(week.requirements for week in weeks), strict=True)
    ]


def _clock_span(shift_type: str) -> dict[str, str]:
    start, end = HOURS[shift_type]
    return {"starts": f"{start:%H:%M}", "ends": f"{end:%H:%M}"}


def _staff(nurse: Nurse, email: str, scenario: Scenario) -> Entry:
    agreed, weeks = nurse.contract, scenario.weeks
    contract = {
        "name": agreed.name,
        "hours_per_week": agreed.most_shifts * SHIFT_HOURS / weeks,
        "least_hours_per_week": agreed.least_shifts * SHIFT_HOURS / weeks,
        "rest_hours": REST_HOURS,
        "most_days_in_a_row": agreed.most_days_in_a_row,
        "least_days_off_in_a_row": agreed.least_days_off_in_a_row,
        # Of a ward of eight weeks, as many in each half.
        "most_weekends_in_four": min(FOUR_WEEKS, -(-agreed.most_weekends * FOUR_WEEKS // weeks)),
        "whole_weekends": agreed.whole_weekends,
        "forbidden_successions": [
            {"before": before.lower(), "after": after.lower()} for before, after in scenario.successions
        ],
    }
    skills = list(nurse.skills)
    body = {"name": nurse.name, "email": email, "role": "staff", "skills": skills, "contract": contract}
    return Entry(nurse.name, body)


def _schedule(assignment: Assignment, monday: date, location: str, zone: ZoneInfo) -> Entry:
    day = monday + timedelta(days=assignment.day)
    span = _span(day, assignment.shift_type, zone)
    title = f"{assignment.nurse}, {assignment.shift_type} on {day:%a %Y-%m-%d}"
    return Entry(title, {**span, "role": assignment.skill, "location": location})


def _time_off(request: ShiftOff, monday: date, zone: ZoneInfo) -> Entry:
    day = monday + timedelta(days=request.day)
    note = f"{request.shift_type} shift off"
    title = f"{request.nurse}, {request.shift_type} off on {day:%a %Y-%m-%d}"
    return Entry(title, {**_span(day, request.shift_type, zone), "note": note})


def _span(day: date, shift_type: str, zone: ZoneInfo) -> dict[str, str]:
    start, end = HOURS[shift_type]
    last = day if end > start else day + timedelta(days=1)
    return {"starts_at": spell(_instant(day, start, zone)), "ends_at": spell(_instant(last, end, zone))}


def _instant(day: date, clock_time: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, clock_time, zone).astimezone(UTC)


def spell(instant: datetime) -> str:
    """RFC 3339 with `Z`, as the server writes it too."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
