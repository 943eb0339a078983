"""From a ward to what is entered: pure."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from .ward import ANY, Nurse, Ward

HOURS = {
    "Early": (time(7), time(15)),
    "Day": (time(9), time(17)),
    "Late": (time(15), time(23)),
    "Night": (time(23), time(7)),
    ANY: (time(0), time(0)),
}
"""On the clocks of the ward; an end that is not later is on the next day. The competition only names them."""

SHIFT_HOURS = 8


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing to enter: the JSON ``body``, and in ``title`` what it is to people."""

    title: str
    body: dict[str, object]


@dataclass(frozen=True, slots=True)
class Plan:
    """All of a ward. Schedules and time off name their nurse's e-mail, as the server numbers the staff."""

    location: Entry
    staff: list[Entry]
    schedules: list[tuple[str, Entry]]
    time_off: list[tuple[str, Entry]]
    starts_at: datetime
    ends_at: datetime

    @property
    def size(self) -> int:
        return 1 + len(self.staff) + len(self.schedules) + len(self.time_off)


def plan_of(ward: Ward, first_monday: date, location: str, zone: ZoneInfo) -> Plan:
    """Everything in ``ward``, from ``first_monday`` on, on the clocks of ``zone``.

    A request for a shift off is time off for that shift's hours; for any shift, the whole day.
    """
    emails = {name: f"{name}.{ward.name}@example.com".lower() for name in ward.scenario.nurses}
    plan = Plan(
        location=Entry(location, {"name": location, "timezone": zone.key}),
        staff=[_staff(nurse, emails[nurse.name], ward.scenario.weeks) for nurse in ward.scenario.nurses.values()],
        schedules=[],
        time_off=[],
        starts_at=_instant(first_monday, time(), zone),
        # The last night ends in the week after.
        ends_at=_instant(first_monday + timedelta(weeks=len(ward.weeks), days=1), time(), zone),
    )
    for number, week in enumerate(ward.weeks):
        monday = first_monday + timedelta(weeks=number)
        for each in week.assignments:
            span = _span(monday + timedelta(days=each.day), each.shift_type, zone)
            body = {**span, "role": each.skill, "location": location}
            plan.schedules.append((emails[each.nurse], Entry(_title(each.nurse, each.shift_type, monday, each.day), body)))
        for off in week.shifts_off:
            span = _span(monday + timedelta(days=off.day), off.shift_type, zone)
            note = "Any shift off" if off.shift_type == ANY else f"{off.shift_type} shift off"
            entry = Entry(_title(off.nurse, f"{off.shift_type} off", monday, off.day), {**span, "note": note})
            plan.time_off.append((emails[off.nurse], entry))
    return plan


def _staff(nurse: Nurse, email: str, weeks: int) -> Entry:
    contract = {
        "name": nurse.contract.name,
        "hours_per_week": nurse.contract.most_shifts * SHIFT_HOURS / weeks,
        "rest_hours": 11,
    }
    body = {"name": nurse.name, "email": email, "role": "staff", "skills": list(nurse.skills), "contract": contract}
    return Entry(nurse.name, body)


def _title(nurse: str, what: str, monday: date, day: int) -> str:
    return f"{nurse}, {what} on {monday + timedelta(days=day):%a %Y-%m-%d}"


def _span(day: date, shift_type: str, zone: ZoneInfo) -> dict[str, object]:
    start, end = HOURS[shift_type]
    last = day if end > start else day + timedelta(days=1)
    return {"starts_at": spell(_instant(day, start, zone)), "ends_at": spell(_instant(last, end, zone))}


def _instant(day: date, clock_time: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, clock_time, zone).astimezone(UTC)


def spell(instant: datetime) -> str:
    """RFC 3339 with ``Z``, as the server writes it too."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
