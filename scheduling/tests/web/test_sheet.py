import contextlib
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.server.domain.schedule import Schedule
from scheduling.server.services.errors import LinesRefused
from scheduling.server.services.imports import MOST_LINES
from scheduling.server.services.ports import VersionOf
from scheduling.server.web.sheet import COLUMNS, guarded, unguarded, write
from scheduling.server.web.sheet_reader import read
from scheduling.tests.roster import LISBON, NORTH, instant, schedule, staff

ALICE, BOB = staff("Alice", id=1), staff("Bob", id=2)
TWINS = [staff("Kim", id=3, email="kim1@example.com"), staff("Kim", id=4, email="kim2@example.com")]
TEAM, PLACES = [ALICE, BOB, *TWINS], [NORTH, LISBON]
HEADING = "date,starts,ends,person,role,location"


def lines(*rows: str, heading: str = HEADING) -> bytes:
    return "\r\n".join([heading, *rows]).encode()


def refusals(content: bytes) -> list[tuple[str, str]]:
    """Where something is wrong, and what."""
    with pytest.raises(LinesRefused) as refused:
        read(content, TEAM, PLACES)
    return [(each.field, each.code) for each in refused.value.violations]


def test_a_line_for_each_shift():
    shifts = [
        schedule("2026-11-23 22:00", id=12, version=3, note='Keys, "the\nred" ones'),
        schedule("2026-11-24 07:00", staff_id=None),
    ]
    assert write(shifts, TEAM).decode("utf-8") == (
        "\ufeffid,version,date,starts,ends,person,role,location,note,status\r\n"
        '12,3,2026-11-23,22:00,06:00,Alice,Nurse,North Ward,"Keys, ""the\nred"" ones",published\r\n'
        "7,1,2026-11-24,07:00,15:00,,Nurse,North Ward,,published\r\n"
    )


def test_namesakes_are_told_apart_where_their_emails_may_be_seen():
    shifts = [schedule("2026-11-24 07:00", staff_id=twin.id) for twin in TWINS]
    for seen, people in (
        (TEAM, ["Kim <kim1@example.com>", "Kim <kim2@example.com>"]),
        ([each.seen_by(TWINS[0]) for each in TEAM], ["Kim <kim1@example.com>", "Kim"]),
    ):
        assert [line.split(",")[5] for line in write(shifts, seen).decode().splitlines()[1:]] == people


@given(
    st.lists(
        st.builds(
            schedule,
            st.integers(0, 63_000_000).map(lambda seconds: instant("2026-01-01 00:00") + timedelta(seconds=seconds)),
            st.floats(0.01, 24).map(lambda hours: round(hours, 2)),
            staff_id=st.sampled_from([None, 1, 2, 3, 4]),
            timezone=st.just(NORTH.timezone),
            role=st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=20).filter(
                lambda text: text.strip() == text
            ),
            note=st.text(st.characters(exclude_categories=["Cc", "Cs"]) | st.sampled_from("\n\t"), max_size=20).filter(
                lambda text: text.strip() == text
            ),
            status=st.sampled_from(["draft", "published"]),
        ),
        max_size=5,
    )
)
def test_what_was_written_is_read_as_it_was(shifts: list[Schedule]):
    read_back = read(write(shifts, TEAM), TEAM, PLACES)
    assert [line.seen for line in read_back] == [VersionOf(shift.id, shift.version) for shift in shifts]
    assert [
        shift.model_copy(update=dict(line.changes())) for line, shift in zip(read_back, shifts, strict=True)
    ] == shifts


@pytest.mark.parametrize(
    ("start", "hours", "clock"),
    [
        ("2026-10-25 00:30", 2, ["01:30", "02:30"]),
        ("2026-10-25 01:30", 2, ["2026-10-25T01:30:00+00:00", "03:30"]),
        ("2026-10-24 23:00", 2.5, ["00:00", "2026-10-25T01:30:00+00:00"]),
        ("2026-03-28 22:00", 7, ["22:00", "06:00"]),
        ("2026-03-28 07:00", 24, ["07:00", "2026-03-29T08:00:00+01:00"]),
        ("2026-11-23 07:00:30", 1, ["2026-11-23T07:00:30+00:00", "2026-11-23T08:00:30+00:00"]),
    ],
)
def test_a_time_that_the_clocks_alone_do_not_say_has_its_offset(start: str, hours: float, clock: list[str]):
    [written] = write([schedule(start, hours)], TEAM).decode().splitlines()[1:]
    assert written.split(",")[3:5] == clock
    [line] = read(write([schedule(start, hours)], TEAM), TEAM, PLACES)
    assert (line.shift.starts_at, line.shift.ends_at) == (instant(start), instant(start) + timedelta(hours=hours))


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "'=1", "''=1", "\uff1d1", "\n=1"])
def test_no_text_becomes_a_formula(text: str):
    assert guarded(text) == f"'{text}"
    assert unguarded(guarded(text)) == text


@pytest.mark.parametrize("text", ["Nurse", "'s-Hertogenbosch", "a=1", "", "'"])
def test_other_texts_stay_as_they_are(text: str):
    assert (guarded(text), unguarded(text)) == (text, text)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_what_a_spreadsheet_made_of_it_is_read(separator: str):
    rows = [
        ["Person", "STATUS", "date", "starts", "ends", "role", "location"],
        ["alice", "", "23.11.2026", "7:00", "15:00:00", "Nurse", "north ward"],
        [""] * 7,
    ]
    content = b"\xef\xbb\xbf" + "\r\n".join(separator.join(row) for row in rows).encode()
    [line] = read(content, TEAM, PLACES)
    assert (line.number, line.seen, line.shift.status) == (2, None, "draft")
    assert (line.shift.staff_id, line.shift.location) == (ALICE.id, NORTH.name)
    assert (line.shift.starts_at, line.shift.ends_at) == (instant("2026-11-23 07:00"), instant("2026-11-23 15:00"))


@pytest.mark.parametrize(
    ("row", "column", "code"),
    [
        ("2026-11-31,07:00,15:00,Alice,Nurse,North Ward", "date", "not_a_date"),
        ("23/11/2026,07:00,15:00,Alice,Nurse,North Ward", "date", "not_a_date"),
        ("1999-11-23,07:00,15:00,Alice,Nurse,North Ward", "date", "not_a_date"),
        (",07:00,15:00,Alice,Nurse,North Ward", "date", "not_a_date"),
        ("2026-11-23,25:00,15:00,Alice,Nurse,North Ward", "starts", "not_a_time"),
        ("2026-11-23,7,15:00,Alice,Nurse,North Ward", "starts", "not_a_time"),
        ("2026-11-23,07:00,,Alice,Nurse,North Ward", "ends", "not_a_time"),
        ("2026-11-23,2026-11-24T07:00+00:00,15:00,Alice,Nurse,North Ward", "starts", "other_day"),
        ("2026-11-23,07:00,9999-11-24T07:00+00:00,Alice,Nurse,North Ward", "ends", "not_a_time"),
        ("2026-03-29,01:30,15:00,Alice,Nurse,North Ward", "starts", "skipped"),
        ("2026-03-28,22:00,01:30,Alice,Nurse,North Ward", "ends", "skipped"),
        ("2026-11-23,07:00,15:00,Alise,Nurse,North Ward", "person", "misspelt_person"),
        ("2026-11-23,07:00,15:00,Zoltan,Nurse,North Ward", "person", "unknown_person"),
        ("2026-11-23,07:00,15:00,Kim,Nurse,North Ward", "person", "several_people"),
        ("2026-11-23,07:00,15:00,Alice,,North Ward", "role", "string_too_short"),
        ("2026-11-23,07:00,15:00,Alice,Nurse,Moon", "location", "no_location"),
        ("2026-11-23,07:00,15:00,Alice,Nurse,North Ward,more", "", "cells"),
        ('2026-11-23,07:00,15:00,"Alice"s,Nurse,North Ward', "", "csv"),
    ],
)
def test_what_is_wrong_is_told_by_line_and_column(row: str, column: str, code: str):
    good = "2026-11-23,07:00,15:00,Alice,Nurse,North Ward"
    assert refusals(lines(good, "", row)) == [(f"lines.4.{column}", code)]


def test_everything_that_is_wrong_is_told_at_once_with_the_fix():
    with pytest.raises(LinesRefused) as refused:
        read(lines("23/11,25:00,15,Alise,Nurse,Moon", ",,,,,Moon"), TEAM, PLACES)
    assert refused.value.detail == (
        "Line 2, person: there is nobody called Alise; did you mean Alice? "
        "Line 2, location: there is no location Moon; there are: North Ward, Lisbon Clinic. "
        "Line 2, date: 23/11 is not a date; write YYYY-MM-DD, such as 2026-11-23. "
        "Line 2, starts: 25:00 is not a time; write HH:MM, such as 07:30. "
        "Line 2, ends: 15 is not a time; write HH:MM, such as 07:30. "
        "Line 3, location: there is no location Moon; there are: North Ward, Lisbon Clinic. "
        "Line 3, date: an empty cell is not a date; write YYYY-MM-DD, such as 2026-11-23. "
        "Line 3, starts: an empty cell is not a time; write HH:MM, such as 07:30. "
        "Line 3, ends: an empty cell is not a time; write HH:MM, such as 07:30."
    )


@pytest.mark.parametrize(
    ("content", "field", "code"),
    [
        (b"", "lines.1.", "no_heading"),
        (b"\n\n", "lines.1.", "no_heading"),
        (lines(heading="date,starts,ends,person,role"), "lines.1.", "missing_column"),
        (lines(heading=f"{HEADING},salary"), "lines.1.", "unknown_column"),
        (lines(heading=f"{HEADING},date"), "lines.1.", "repeated_column"),
        ((HEADING + "\nB\u00fcro").encode("latin-1"), "lines.2.", "encoding"),
        (HEADING.encode("utf-16"), "lines.1.", "encoding"),
        (
            lines(*["2026-11-23,07:00,15:00,,Nurse,North Ward"] * (MOST_LINES + 1)),
            f"lines.{MOST_LINES + 2}.",
            "too_many",
        ),
    ],
)
def test_a_file_that_is_none(content: bytes, field: str, code: str):
    assert refusals(content) == [(field, code)]


def test_a_shift_that_was_exported_is_known_by_number_and_version():
    heading = f"id,version,{HEADING}"
    row = "2026-11-23,07:00,15:00,Kim <kim2@example.com>,Nurse,North Ward"
    [line] = read(lines(f"12,3,{row}", heading=heading), TEAM, PLACES)
    assert line.seen == VersionOf(12, 3)
    assert line.changes()["staff_id"] == 4
    assert "status" not in line.changes(), "what the line says nothing of stays"
    assert refusals(lines(f"12,,{row}", f"x,3,{row}", heading=heading)) == [
        ("lines.2.version", "not_a_number"),
        ("lines.3.id", "not_a_number"),
    ]


@given(st.binary(max_size=200) | st.text(max_size=200).map(lines))
def test_whatever_comes_is_lines_or_refused(content: bytes):
    with contextlib.suppress(LinesRefused):
        assert len(read(content, TEAM, PLACES)) <= MOST_LINES


def test_columns_are_named_in_the_heading():
    assert write([], TEAM).decode("utf-8-sig") == ",".join(COLUMNS) + "\r\n"
