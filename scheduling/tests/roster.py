"""Staff, shifts and time off for tests, with only what a test is about spelled out."""

from datetime import UTC, datetime, timedelta
from typing import Any

from scheduling.server.domain.schedule import Location, Schedule, Shift
from scheduling.server.domain.staff import Contract, Staff
from scheduling.server.domain.text import Person
from scheduling.server.domain.time_off import TimeOff

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
NORTH = Location(name="North Ward", timezone="Europe/London")
LISBON = Location(name="Lisbon Clinic", timezone="Europe/Lisbon")
TOKYO = Location(name="Tokyo Clinic", timezone="Asia/Tokyo")
CONTRACT = Contract(name="Full time", hours_per_week=40, rest_hours=11)


def instant(text: str) -> datetime:
    """`2026-11-23 07:00` in UTC, which in November is what London's clocks show."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def staff(name: str = "Alice", **changes: Any) -> Staff:
    fields: dict[str, Any] = {
        "id": 1,
        "email": f"{name.lower()}@example.com",
        "role": "staff",
        "skills": ("Nurse",),
        "contract": CONTRACT,
        "version": 1,
    }
    return Staff.model_validate({**fields, "name": name, **changes})


def shift(start: str | datetime, hours: float = 8, *, until: datetime | None = None, **changes: Any) -> Shift:
    return Shift.model_validate({**_placement(start, hours, until), **changes})


def schedule(start: str | datetime, hours: float = 8, *, until: datetime | None = None, **changes: Any) -> Schedule:
    record = {
        "id": 7,
        "timezone": NORTH.timezone,
        "version": 1,
        "updated_by": Person(id=9, name="Mona Reyes"),
        "updated_at": NOW,
    }
    return Schedule.model_validate({**_placement(start, hours, until), **record, **changes})


def time_off(starts_at: str, days: float = 1, **changes: Any) -> TimeOff:
    start = instant(starts_at)
    fields = {"id": 3, "staff_id": 1, "starts_at": start, "ends_at": start + timedelta(days=days), "version": 1}
    return TimeOff.model_validate({**fields, "updated_at": NOW, **changes})


def _placement(start: str | datetime, hours: float, until: datetime | None) -> dict[str, Any]:
    starts_at = instant(start) if isinstance(start, str) else start
    ends_at = until or starts_at + timedelta(hours=hours)
    return {"staff_id": 1, "starts_at": starts_at, "ends_at": ends_at, "role": "Nurse", "location": NORTH.name}
