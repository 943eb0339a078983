"""Reads the lines of a spreadsheet (CSV) as shifts, and says of each cell that is none what would be right."""

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from difflib import get_close_matches
from typing import TypeVar
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from scheduling.server.domain.instants import at, local_day
from scheduling.server.domain.rules import Violation
from scheduling.server.domain.schedule import Location, Shift
from scheduling.server.domain.staff import Staff
from scheduling.server.services.errors import LinesRefused
from scheduling.server.services.imports import COLUMN_OF, MOST_LINES, SheetLine, in_line
from scheduling.server.services.ports import VersionOf

from .sheet import COLUMNS, end_day, people, unguarded

_NEEDED = ("date", "starts", "ends", "person", "role", "location")
_ISO_DATE = re.compile(r"(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})")
_DOTTED_DATE = re.compile(r"(?P<d>\d{1,2})\.(?P<m>\d{1,2})\.(?P<y>\d{4})")
_TIME = re.compile(r"(\d{1,2}):(\d\d)(?::00)?")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)")
_YEARS = range(2000, 2200)

MOST_QUOTED = 60
"""Characters of a cell that a sentence repeats."""

_KNOWN = ", ".join(COLUMNS)
_TOO_MANY = "is one too many: at most {most} lines are taken at once; split the file"
_TOO_WIDE = "has {cells} cells and the heading {columns}: put a text that holds the separator in quotes"

T = TypeVar("T")
Cells = Mapping[str, str]
_FIELDS = ("staff_id", "starts_at", "ends_at", "role", "location")


class _Wrong(Exception):
    """What is wrong with a cell; `sentence` is filled in with `params`."""

    def __init__(self, code: str, sentence: str, **params: str | int) -> None:
        self.code = code
        self.params = {name: _shortened(value) if name == "text" else value for name, value in params.items()}
        self.message = sentence.format(**self.params)


@dataclass
class _Problems:
    found: list[Violation] = field(default_factory=list)

    def note(self, line: int, column: str, wrong: _Wrong) -> None:
        self.found.append(in_line(line, Violation(column, wrong.code, "hard", wrong.message, wrong.params)))


def read(content: bytes, staff: Sequence[Staff], locations: Sequence[Location]) -> list[SheetLine]:
    """All lines, in their order. Raises LinesRefused with everything that is wrong."""
    problems = _Problems()
    names = _Names(staff, locations)
    lines = [_read_line(number, cells, names, problems) for number, cells in _rows(_text(content), problems)]
    if problems.found:
        raise LinesRefused(problems.found)
    return [line for line in lines if line is not None]


def _refused(line: int, column: str, wrong: _Wrong) -> LinesRefused:
    problems = _Problems()
    problems.note(line, column, wrong)
    return LinesRefused(problems.found)


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _refused(line, "", _Wrong("encoding", "is not UTF-8: save the file as “CSV UTF-8”")) from error


def _rows(text: str, problems: _Problems) -> Iterator[tuple[int, Cells]]:
    """The lines below the heading that are not empty, each with its number in a spreadsheet: the heading's is 1."""
    heading = text.split("\n", 1)[0]
    separator = max(",;\t", key=heading.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    number = 0
    try:
        columns = _columns(next(reader, []))
        for number, cells in enumerate(reader, 2):
            if not any(cell.strip() for cell in cells):
                continue
            if number > MOST_LINES + 1:
                raise _refused(number, "", _Wrong("too_many", _TOO_MANY, most=MOST_LINES))
            if len(cells) > len(columns):
                problems.note(number, "", _Wrong("cells", _TOO_WIDE, cells=len(cells), columns=len(columns)))
                continue
            yield number, dict(zip(columns, cells, strict=False))
    except csv.Error as error:
        raise _refused(number + 1, "", _Wrong("csv", "cannot be read as CSV: {text}", text=str(error))) from error


def _columns(heading: Sequence[str]) -> list[str]:
    """The columns of the heading, whatever their order. Raises LinesRefused."""
    columns = [name.strip().lower() for name in heading]
    unknown = next((name for name in columns if name not in COLUMNS), None)
    missing = next((name for name in _NEEDED if name not in columns), None)
    if not any(columns):
        wrong = _Wrong("no_heading", "must name the columns: {known}", known=_KNOWN)
    elif unknown is not None:
        sentence = "names a column {text}, which there is not; there are {known}"
        wrong = _Wrong("unknown_column", sentence, text=unknown, known=_KNOWN)
    elif missing is not None:
        wrong = _Wrong("missing_column", "does not name the column {text}", text=missing)
    elif len(set(columns)) < len(columns):
        wrong = _Wrong("repeated_column", "names a column twice")
    else:
        return columns
    raise _refused(1, "", wrong)


class _Names:
    """Whom and which places the texts in cells mean."""

    def __init__(self, staff: Sequence[Staff], locations: Sequence[Location]) -> None:
        self._locations = {location.name.casefold(): location for location in locations}
        self._people: dict[str, list[Staff]] = {}
        written = people(staff)
        for member in staff:
            for key in {member.name, member.email or member.name, f"{member.name} <{member.email}>"}:
                self._people.setdefault(key.casefold(), []).append(member)
        self._written = list(written.values())

    def person(self, text: str) -> int | None:
        if not text:
            return None
        found = self._people.get(text.casefold(), [])
        if len(active := [each for each in found if each.active]) == 1:
            found = active
        if len(found) > 1:
            better = f"{found[0].name} <{found[0].email}>"
            raise _Wrong("several_people", "{text} may be several people; write {better}", text=text, better=better)
        if not found and (close := get_close_matches(text, self._written, 1)):
            sentence = "there is nobody called {text}; did you mean {better}?"
            raise _Wrong("misspelt_person", sentence, text=text, better=close[0])
        if not found:
            sentence = "there is nobody called {text}; leave it empty for an open shift"
            raise _Wrong("unknown_person", sentence, text=text)
        return found[0].id

    def location(self, text: str) -> Location:
        if found := self._locations.get(text.casefold()):
            return found
        known = ", ".join(location.name for location in self._locations.values())
        raise _Wrong("no_location", "there is no location {text}; there are: {known}", text=text, known=known or "none")


class _Line:
    """One line's cells, by column; what is wrong with them is noted."""

    def __init__(self, number: int, cells: Cells, problems: _Problems) -> None:
        self.number = number
        self._cells = cells
        self._problems = problems

    def text(self, column: str) -> str:
        return unguarded(self._cells.get(column, "").strip())

    def take(self, column: str, reader: Callable[[str], T]) -> T | None:
        """What the cell means; None, and noted, where it means nothing."""
        try:
            return reader(self.text(column))
        except _Wrong as wrong:
            self._problems.note(self.number, column, wrong)
            return None

    @property
    def is_new(self) -> bool:
        return self.text("id") == ""

    @property
    def given(self) -> list[str]:
        """The fields of a shift that the line says something of."""
        note = ["note"] if "note" in self._cells else []
        return [*_FIELDS, *note, *(["status"] if self.text("status") else [])]


def _read_line(number: int, cells: Cells, names: _Names, problems: _Problems) -> SheetLine | None:
    """One line as a shift; None, and noted among the problems, where it is none."""
    noted = len(problems.found)
    line = _Line(number, cells, problems)
    seen = None if line.is_new else (line.take("id", _number), line.take("version", _number))
    staff_id = line.take("person", names.person)
    location = line.take("location", names.location)
    span = _span(line, location)
    status = line.take("status", _status)
    if span is None or location is None or len(problems.found) > noted:
        return None
    fields = {
        "staff_id": staff_id,
        "starts_at": span[0],
        "ends_at": span[1],
        "role": line.text("role"),
        "location": location.name,
        "note": line.text("note").replace("\r\n", "\n"),
        "status": status,
    }
    try:
        shift = Shift.model_validate(fields)
    except ValidationError as error:
        for each in error.errors():
            column = COLUMN_OF.get(str(each["loc"][0]), str(each["loc"][0]))
            problems.note(number, column, _Wrong(each["type"], "{reason}", reason=each["msg"]))
        return None
    version = VersionOf(*(part or 0 for part in seen)) if seen else None
    return SheetLine(number, version, shift, line.given)


def _span(line: _Line, location: Location | None) -> tuple[datetime, datetime] | None:
    """When the shift begins and ends. Without a location the cells are only looked at, for what is wrong in them."""
    day = line.take("date", _date)
    if day is None or location is None:
        for column in ("starts", "ends"):
            line.take(column, lambda text: _INSTANT.fullmatch(text) or _clock(text))
        return None
    zone = ZoneInfo(location.timezone)
    start = line.take("starts", lambda text: _start(text, day, zone))
    if start is None:
        line.take("ends", lambda text: _INSTANT.fullmatch(text) or _clock(text))
        return None
    end = line.take("ends", lambda text: _end(text, start.astimezone(zone), zone))
    return None if end is None else (start, end)


def _start(text: str, day: date, zone: ZoneInfo) -> datetime:
    if not _INSTANT.fullmatch(text):
        return _on(day, _clock(text), zone)
    start = _instant(text)
    if local_day(start, zone) != day:
        sentence = "{text} is not on {day}; put date and start right"
        raise _Wrong("other_day", sentence, text=text, day=day.isoformat())
    return start


def _end(text: str, start: datetime, zone: ZoneInfo) -> datetime:
    if _INSTANT.fullmatch(text):
        return _instant(text)
    clock = _clock(text)
    return _on(end_day(start, clock), clock, zone)


def _on(day: date, clock: time, zone: ZoneInfo) -> datetime:
    instant = at(day, clock, zone)
    if instant.astimezone(zone).time() != clock:
        sentence = "{text} does not exist on {day}, as the clocks go forward then"
        raise _Wrong("skipped", sentence, text=f"{clock:%H:%M}", day=day.isoformat())
    return instant


def _instant(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise _not_a_time(text) from None
    if instant.year not in _YEARS:
        raise _not_a_time(text)
    return instant


def _clock(text: str) -> time:
    if found := _TIME.fullmatch(text):
        try:
            return time(int(found[1]), int(found[2]))
        except ValueError:
            pass
    raise _not_a_time(text)


def _not_a_time(text: str) -> _Wrong:
    return _Wrong("not_a_time", "{text} is not a time; write HH:MM, such as 07:30", text=text)


def _date(text: str) -> date:
    if found := _ISO_DATE.fullmatch(text) or _DOTTED_DATE.fullmatch(text):
        try:
            day = date(int(found["y"]), int(found["m"]), int(found["d"]))
        except ValueError:
            pass
        else:
            if day.year in _YEARS:
                return day
    raise _Wrong("not_a_date", "{text} is not a date; write YYYY-MM-DD, such as 2026-11-23", text=text)


def _number(text: str) -> int:
    if re.fullmatch(r"[1-9]\d{0,14}", text):
        return int(text)
    sentence = "{text} is not as it was exported; empty id and version to add the shift anew"
    raise _Wrong("not_a_number", sentence, text=text)


def _status(text: str) -> str:
    if text.lower() in {"", "draft", "published"}:
        return text.lower() or "draft"
    raise _Wrong("unknown_status", "{text} is neither draft nor published", text=text)


def _shortened(value: str | int) -> str | int:
    """What stood in a cell, in a sentence."""
    return value[:MOST_QUOTED] or "an empty cell" if isinstance(value, str) else value
