from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from ical.calendar_stream import IcsCalendarStream
from ical.event import Event

from scheduling.server.calendar.writer import write
from scheduling.server.services.ports import CalendarEntry, CalendarPage
from scheduling.tests.roster import NORTH, NOW, instant, schedule

LONDON = ZoneInfo(NORTH.timezone)


def page(*entries: CalendarEntry) -> CalendarPage:
    return CalendarPage("Shifts: Alice", "rota.example", entries)


def own(start: str = "2026-11-23 07:00", hours: float = 8, **changes: Any) -> CalendarEntry:
    return CalendarEntry(schedule(start, hours, **changes), "Alice", True)


def read_back(*entries: CalendarEntry) -> list[Event]:
    """By a parser that has nothing to do with what writes."""
    return IcsCalendarStream.calendar_from_ics(write(page(*entries)).decode()).events


def test_another_parser_reads_what_was_written():
    [event] = read_back(own(id=12, version=3, note="Keys; at the door,\nthen in"))
    assert (event.uid, event.sequence, event.summary) == ("shift-12@rota.example", 3, "Nurse")
    assert (event.dtstart, event.dtend) == (instant("2026-11-23 07:00"), instant("2026-11-23 15:00"))
    assert (event.dtstamp, event.last_modified) == (NOW, NOW)
    assert (event.location, event.description) == (NORTH.name, "Keys; at the door,\nthen in")
    assert event.status is not None
    assert (event.status.value, event.transparency) == ("CONFIRMED", "OPAQUE")


@pytest.mark.parametrize(("start", "hours"), [("2026-03-28 22:00", 7), ("2026-10-24 21:00", 9)])
def test_a_night_in_which_the_clocks_change_lasts_as_long_as_it_does(start: str, hours: float):
    [event] = read_back(own(start, hours))
    instants = [each for each in (event.start, event.end) if isinstance(each, datetime)]
    assert [f"{each.astimezone(LONDON):%H:%M}" for each in instants] == ["22:00", "06:00"]
    assert event.end - event.start == timedelta(hours=hours)


def test_what_is_nobodys_is_tentative_and_others_shifts_take_no_time():
    nobodys = CalendarEntry(schedule("2026-11-23 07:00", staff_id=None), None, False)
    bobs = CalendarEntry(schedule("2026-11-24 07:00", staff_id=3), "Bob", False)
    events = read_back(nobodys, bobs)
    assert [(each.summary, each.status, each.transparency) for each in events] == [
        ("Nurse (open)", "TENTATIVE", "TRANSPARENT"),
        ("Nurse: Bob", "CONFIRMED", "TRANSPARENT"),
    ]


def test_lines_end_in_crlf_and_hold_75_octets_at_most():
    text = write(page(own(note="Schlüssel beim Pförtner 🗝️ " * 20, role="Kräuterheilkundige; " * 4)))
    lines = text.split(b"\r\n")
    assert lines[-1] == b""
    assert b"\n" not in text.replace(b"\r\n", b"")
    assert max(len(line) for line in lines) == 75
    assert all(line.decode() is not None for line in lines), "no character is cut in two"
    [event] = read_back(own(note="Schlüssel beim Pförtner 🗝️ " * 20))
    assert event.description == "Schlüssel beim Pförtner 🗝️ " * 20


def test_what_people_write_cannot_become_lines_of_its_own():
    role = "Nurse\tEND:VEVENT"
    [event] = read_back(own(role=role, note="a\nEND:VEVENT\nBEGIN:VALARM"))
    assert event.description == "a\nEND:VEVENT\nBEGIN:VALARM"


def test_the_same_page_is_the_same_bytes():
    assert write(page(own(), own(id=8))) == write(page(own(), own(id=8)))
    assert write(page()).startswith(b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:")
    assert b"REFRESH-INTERVAL;VALUE=DURATION:PT1H\r\n" in write(page())
