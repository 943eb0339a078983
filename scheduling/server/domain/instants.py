"""Instants in UTC, and how a location sees them.

The application stores and compares instants only. A wall clock appears in two places: in sentences for people and
in what a "day" or a "week" is, and both always name the location's IANA zone.
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, AwareDatetime, BeforeValidator
from pydantic_core import PydanticCustomError

Clock = Callable[[], datetime]
"""Gives the present instant in UTC. Everything that needs the time takes one of these."""

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)
_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)")


def _read(value: object) -> object:
    """Refuse what Pydantic would otherwise take for a time: numbers, dates, times without an offset."""
    if isinstance(value, datetime) or (isinstance(value, str) and _RFC_3339.fullmatch(value)):
        return value
    raise PydanticCustomError(
        "rfc3339", "must be an RFC 3339 time with its offset, such as 2026-11-23T07:00:00Z (in a URL, + is %2B)"
    )


def _to_utc(value: datetime) -> datetime:
    # Compared before it is converted: astimezone overflows at the calendar's ends.
    if not EARLIEST <= value < LATEST:
        raise PydanticCustomError("out_of_range", "must lie between the years 2000 and 2199")
    return value.astimezone(UTC)


Instant = Annotated[AwareDatetime, BeforeValidator(_read), AfterValidator(_to_utc)]
"""An RFC 3339 instant (section 5.6), kept in UTC and printed with `Z`."""


def local_day(instant: datetime, zone: ZoneInfo) -> date:
    """The calendar day on which `instant` falls in `zone`."""
    return instant.astimezone(zone).date()


def at(day: date, clock_time: time, zone: ZoneInfo) -> datetime:
    """The instant at which `zone`'s clocks show `clock_time` on `day`; of two, the first (PEP 495)."""
    return datetime.combine(day, clock_time, zone).astimezone(UTC)


def week_of(instant: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The Monday-to-Monday week of `instant` in `zone`: 167, 168 or 169 hours long."""
    day = local_day(instant, zone)
    monday = day - timedelta(days=day.weekday())
    return at(monday, time(), zone), at(monday + timedelta(days=7), time(), zone)


def rfc_3339(instant: datetime) -> str:
    """`2026-11-23T07:00:00Z`: as it stands in JSON."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def spell_day(day: date) -> str:
    """`Monday 23 November`."""
    return f"{day:%A} {day.day} {day:%B}"


def spell_span(starts_at: datetime, ends_at: datetime, zone: ZoneInfo) -> str:
    """`07:00–15:00 on Monday 23 November`, on the clocks of `zone`; a night is named by the day it starts."""
    start, end = starts_at.astimezone(zone), ends_at.astimezone(zone)
    return f"{start:%H:%M}–{end:%H:%M} on {spell_day(start.date())}"


def spell_days(starts_at: datetime, ends_at: datetime, zone: ZoneInfo) -> str:
    """`Monday 23 November` or `Monday 23 November to Friday 27 November`: the days that a span touches."""
    first = local_day(starts_at, zone)
    last = local_day(ends_at - timedelta(microseconds=1), zone)
    return spell_day(first) if first == last else f"{spell_day(first)} to {spell_day(last)}"


def spell_hours(duration: timedelta) -> str:
    """`8 hours`, `7.5 hours`, `1 hour`."""
    hours = f"{duration / timedelta(hours=1):.2f}".rstrip("0").rstrip(".")
    return f"{hours} hour" if hours == "1" else f"{hours} hours"


def spell_ago(elapsed: timedelta) -> str:
    """`just now`, `3 seconds ago`, `2 minutes ago`, `1 hour ago`, `5 days ago`."""
    seconds = int(elapsed.total_seconds())
    if seconds < 1:
        return "just now"
    units = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))
    name, size = next((name, size) for name, size in units if seconds >= size)
    count = seconds // size
    return f"{count} {name}{'' if count == 1 else 's'} ago"
