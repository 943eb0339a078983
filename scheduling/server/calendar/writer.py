"""Writes a page of shifts as iCalendar (RFC 5545)."""

from datetime import timedelta
from functools import lru_cache

from icalendar import Calendar, Event, vDuration

from scheduling.server.services.ports import CalendarEntry, CalendarPage

REFRESH = timedelta(hours=1)
"""How often a calendar program is asked to look again (RFC 7986, section 5.7)."""

KEPT = 4_096
"""Events that are kept as they were written: programs ask for the same ones again and again, and each takes a while."""


def write(page: CalendarPage) -> bytes:
    """The page in UTF-8, its lines folded at 75 octets and ended by CRLF (section 3.1).

    Times are UTC instants (section 3.3.5, form 2), so that no time zone has to be sent along and a night in which the
    clocks change lasts as long as it does. The same page is always the same bytes.
    """
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", "-//tidings//scheduling//EN")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("name", page.name)
    calendar.add("x-wr-calname", page.name)
    calendar.add("refresh-interval", vDuration(REFRESH, params={"VALUE": "DURATION"}))
    calendar.add("x-published-ttl", vDuration(REFRESH))
    head, end, _ = calendar.to_ical(sorted=False).partition(b"END:VCALENDAR\r\n")
    return b"".join([head, *(_event(entry, page.host) for entry in page.entries), end])


@lru_cache(KEPT)
def _event(entry: CalendarEntry, host: str) -> bytes:
    shift = entry.shift
    event = Event()
    event.add("uid", f"shift-{shift.id}@{host}")
    # Without a METHOD it is when the shift was changed last (section 3.8.7.2), so that nothing here goes by a clock.
    event.add("dtstamp", shift.updated_at)
    event.add("last-modified", shift.updated_at)
    event.add("sequence", shift.version)
    event.add("dtstart", shift.starts_at)
    event.add("dtend", shift.ends_at)
    event.add("summary", _summary(entry))
    event.add("location", shift.location)
    event.add("status", "TENTATIVE" if shift.staff_id is None else "CONFIRMED")
    # Others' shifts take none of the reader's time.
    event.add("transp", "OPAQUE" if entry.own else "TRANSPARENT")
    if shift.note:
        event.add("description", shift.note)
    text: bytes = event.to_ical(sorted=False)
    return text


def _summary(entry: CalendarEntry) -> str:
    role = entry.shift.role
    if entry.own:
        return role
    return f"{role}: {entry.name}" if entry.name else f"{role} (open)"
