"""Shifts as lines of a spreadsheet: CSV (RFC 4180). Here is what the columns are, and how they are written.

What is written can be read again and means the same, to the second pass of an hour that comes twice.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from scheduling.server.domain.instants import at, local_day
from scheduling.server.domain.schedule import Schedule
from scheduling.server.domain.staff import Staff

Column = Literal["id", "version", "date", "starts", "ends", "person", "role", "location", "note", "status"]
COLUMNS: tuple[Column, ...] = get_args(Column)

_FORMULA = re.compile(r"'*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
"""What a spreadsheet would calculate instead of show (OWASP, CSV injection), or what we wrote in its place."""


def write(shifts: Iterable[Schedule], staff: Sequence[Staff]) -> bytes:
    """A heading and a line for each shift, in UTF-8 with the mark without which Excel takes it for Latin-1."""
    text = io.StringIO(newline="")
    lines = csv.writer(text, lineterminator="\r\n")
    lines.writerow(COLUMNS)
    names = people(staff)
    for shift in shifts:
        day, starts, ends = clock_of(shift)
        person = "" if shift.staff_id is None else names.get(shift.staff_id, "")
        texts = [guarded(each) for each in (person, shift.role, shift.location, shift.note)]
        lines.writerow([shift.id, shift.version, day, starts, ends, *texts, shift.status])
    return text.getvalue().encode("utf-8-sig")


def people(staff: Sequence[Staff]) -> dict[int, str]:
    """What each is called in a line: by name, and with the e-mail where several have the name and it may be seen."""
    times = Counter(member.name.casefold() for member in staff)
    return {
        member.id: member.name
        if times[member.name.casefold()] == 1 or member.email is None
        else f"{member.name} <{member.email}>"
        for member in staff
    }


def guarded(text: str) -> str:
    """`text` so that no spreadsheet takes it for a formula."""
    return f"'{text}" if _FORMULA.match(text) else text


def unguarded(text: str) -> str:
    """What `guarded` was given."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text


def clock_of(shift: Schedule) -> tuple[str, str, str]:
    """Date, start and end on the location's clocks; what these alone do not say is an instant with its offset."""
    zone = shift.zone
    start, end = shift.starts_at.astimezone(zone), shift.ends_at.astimezone(zone)
    plain = (f"{start:%H:%M}", f"{end:%H:%M}")
    starts = plain[0] if at(start.date(), _minute(start), zone) == shift.starts_at else start.isoformat()
    ends = plain[1] if ends_at(start, _minute(end), zone) == shift.ends_at else end.isoformat()
    return local_day(shift.starts_at, zone).isoformat(), starts, ends


def ends_at(start: datetime, clock_time: time, zone: ZoneInfo) -> datetime:
    """When a shift ends that began at `start`: on the same day, or on the next where that would not be later."""
    return at(end_day(start, clock_time), clock_time, zone)


def end_day(start: datetime, clock_time: time) -> date:
    """The day on which a shift ends that began at `start`, on the location's clocks."""
    return start.date() + timedelta(days=clock_time <= start.time())


def _minute(moment: datetime) -> time:
    return moment.time().replace(second=0, microsecond=0, fold=0)
