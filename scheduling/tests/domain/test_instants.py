from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from scheduling.server.domain.instants import (
    EARLIEST,
    LATEST,
    Instant,
    at,
    local_day,
    spell_ago,
    spell_days,
    spell_hours,
    spell_span,
    week_of,
)
from scheduling.tests.roster import instant

LONDON = ZoneInfo("Europe/London")
INSTANTS = TypeAdapter(Instant)

zones = st.sampled_from(["Europe/London", "America/New_York", "Asia/Kathmandu", "Pacific/Apia", "UTC"]).map(ZoneInfo)
instants = st.datetimes(
    EARLIEST.replace(tzinfo=None) + timedelta(days=2), LATEST.replace(tzinfo=None) - timedelta(days=2)
).map(lambda naive: naive.replace(tzinfo=UTC))


@given(instants, zones)
def test_an_instant_means_the_same_whatever_offset_it_is_written_with(moment: datetime, zone: ZoneInfo):
    read = INSTANTS.validate_python(moment.astimezone(zone).isoformat())
    assert read == moment
    assert read.tzinfo is UTC
    assert INSTANTS.validate_json(INSTANTS.dump_json(read)) == moment


def test_an_instant_is_printed_with_z():
    assert INSTANTS.dump_json(INSTANTS.validate_python("2026-11-23T08:00:00+01:00")) == b'"2026-11-23T07:00:00Z"'


@pytest.mark.parametrize(
    "wrong",
    [
        "2026-11-23",
        "2026-11-23T07:00:00",
        "2026-11-23 07:00:00Z",
        "2026-11-23T07:00:00 01:00",
        "2026-13-01T07:00:00Z",
        "2026-11-23T25:00:00Z",
        "tomorrow",
        "1795417200",
        1795417200,
        True,
        None,
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
    ],
)
def test_what_is_no_instant_is_refused(wrong: object):
    with pytest.raises(ValidationError):
        INSTANTS.validate_python(wrong)


@given(instants, zones)
def test_a_week_holds_its_instant_and_runs_from_monday_to_monday(moment: datetime, zone: ZoneInfo):
    starts_at, ends_at = week_of(moment, zone)
    assert starts_at <= moment < ends_at
    assert local_day(starts_at, zone).weekday() == local_day(ends_at, zone).weekday() == 0
    assert week_of(ends_at, zone)[0] == ends_at


@pytest.mark.parametrize(
    ("day", "hours"), [("2026-10-21 12:00", 169), ("2026-11-25 12:00", 168), ("2027-03-24 12:00", 167)]
)
def test_a_week_with_a_change_of_clocks_is_an_hour_longer_or_shorter(day: str, hours: int):
    starts_at, ends_at = week_of(instant(day), LONDON)
    assert ends_at - starts_at == timedelta(hours=hours)


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 10, 24), 9), (date(2026, 11, 23), 8), (date(2027, 3, 27), 7)])
def test_a_night_over_a_change_of_clocks_is_an_hour_longer_or_shorter(day: date, hours: int):
    starts_at, ends_at = at(day, time(23), LONDON), at(day + timedelta(days=1), time(7), LONDON)
    assert ends_at - starts_at == timedelta(hours=hours)
    assert spell_span(starts_at, ends_at, LONDON).startswith("23:00–07:00 on")


def test_spans_are_spelled_on_the_clocks_of_the_place():
    starts_at, ends_at = instant("2026-11-23 07:00"), instant("2026-11-23 15:00")
    assert spell_span(starts_at, ends_at, LONDON) == "07:00–15:00 on Monday 23 November"
    assert spell_span(starts_at, ends_at, ZoneInfo("Asia/Tokyo")) == "16:00–00:00 on Monday 23 November"


def test_days_are_spelled_without_the_one_that_is_only_touched():
    assert spell_days(instant("2026-11-23 00:00"), instant("2026-11-24 00:00"), LONDON) == "Monday 23 November"
    long = spell_days(instant("2026-11-23 00:00"), instant("2026-11-27 00:00"), LONDON)
    assert long == "Monday 23 November to Thursday 26 November"


@pytest.mark.parametrize(("hours", "spelled"), [(8, "8 hours"), (1, "1 hour"), (7.5, "7.5 hours"), (10, "10 hours")])
def test_hours_are_spelled(hours: float, spelled: str):
    assert spell_hours(timedelta(hours=hours)) == spelled


@pytest.mark.parametrize(
    ("seconds", "spelled"),
    [
        (-5, "just now"),
        (0.9, "just now"),
        (1, "1 second ago"),
        (59, "59 seconds ago"),
        (60, "1 minute ago"),
        (7_200, "2 hours ago"),
        (200_000, "2 days ago"),
    ],
)
def test_elapsed_time_is_spelled(seconds: float, spelled: str):
    assert spell_ago(timedelta(seconds=seconds)) == spelled
