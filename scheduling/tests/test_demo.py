"""What the demo starts with: believable, and within its own rules."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from scheduling.server.demo import LEAVES, LOCATIONS, MANAGER_EMAIL, STAFF_EMAIL, TEAM, Member, Planned, seed, weeks_of
from scheduling.server.domain.checks import check_shift
from scheduling.server.domain.instants import at
from scheduling.server.domain.kinds import kind_of
from scheduling.server.domain.rules import LONGEST_SHIFT, Situation, check_span
from scheduling.server.domain.schedule import Schedule
from scheduling.server.domain.staff import Staff
from scheduling.server.domain.time_off import TimeOff
from scheduling.server.services.passwords import Passwords
from scheduling.server.services.ports import Window
from scheduling.server.store.database import Database
from scheduling.tests.roster import NOW

MONDAYS = [date(2026, 10, 19), date(2026, 11, 23), date(2026, 11, 30), date(2027, 3, 22), date(2027, 10, 25)]
"""Odd and even weeks, with and without a change of clocks."""


def schedules_of(member: Member, planned: Sequence[Planned]) -> list[Schedule]:
    zone = {location.name: location.timezone for location in LOCATIONS}
    record = {"id": 1, "version": 1, "updated_by": None, "updated_at": NOW}
    return [
        Schedule(**{**each.shift.model_dump(), "staff_id": 1, "timezone": zone[each.shift.location], **record})
        for each in planned
        if each.member is member
    ]


@pytest.mark.parametrize("monday", MONDAYS)
@pytest.mark.parametrize("member", TEAM, ids=lambda member: member.name)
def test_nobodys_weeks_break_a_rule(monday: date, member: Member):
    facts = {"name": member.name, "role": member.role, "skills": member.skills, "contract": member.contract}
    staff = Staff.model_validate({"id": 1, "email": None, "version": 1, **facts})
    own = schedules_of(member, weeks_of(monday))
    away = [
        TimeOff(id=1, staff_id=1, starts_at=start, ends_at=end, status="approved", version=1, updated_at=NOW)
        for leave in LEAVES
        if leave.member is member and leave.decision == "approve"
        for start, end in [leave.span(monday)]
    ]
    assert own
    for shift in own:
        others = [other for other in own if other is not shift]
        assert check_span(shift.starts_at, shift.ends_at, LONGEST_SHIFT) == []
        assert check_shift(shift, Situation(staff, shift.zone, others, away)) == []


@pytest.mark.parametrize("monday", MONDAYS)
def test_the_weeks_have_something_of_everything(monday: date):
    planned = weeks_of(monday)
    zones = {location.name: ZoneInfo(location.timezone) for location in LOCATIONS}
    kinds = {kind_of(each.shift, zones[each.shift.location]) for each in planned}
    assert kinds == {"early", "day", "late", "night"}
    assert {each.shift.status for each in planned} == {"draft", "published"}
    assert {each.shift.location for each in planned} == set(zones)
    assert any(each.member is None for each in planned)
    assert {leave.decision for leave in LEAVES} == {None, "approve", "deny"}
    end = at(monday + timedelta(days=14), time(), zones["North Ward"])
    assert all(at(monday, time(), zones["North Ward"]) <= each.shift.starts_at < end for each in planned)


def test_the_team_is_about_a_dozen_and_each_has_an_email():
    assert 10 <= len(TEAM) <= 15
    addresses = [member.address for member in TEAM]
    assert len(set(addresses)) == len(TEAM)
    assert {MANAGER_EMAIL, STAFF_EMAIL} <= set(addresses)


async def rows(store: Database) -> tuple[list[Schedule], list[TimeOff]]:
    async with store.read() as tx:
        schedules = await tx.schedules.find(Window(), staff_id=None, status=None, limit=10_000)
        return schedules, await tx.time_off.find(Window(), staff_id=None, status=None, limit=10_000)


async def test_the_demo_is_filled_once(store: Database, passwords: Passwords):
    thursday = datetime(2026, 11, 26, 9, tzinfo=UTC)
    await seed(store, passwords, thursday)
    schedules, time_off = await rows(store)
    assert len(schedules) == len(weeks_of(date(2026, 11, 23)))
    assert len(time_off) == len(LEAVES)
    await seed(store, passwords, thursday + timedelta(days=2))
    assert await rows(store) == (schedules, time_off)


async def test_a_demo_started_again_months_later_has_this_week_too(store: Database, passwords: Passwords):
    await seed(store, passwords, datetime(2026, 11, 26, tzinfo=UTC))
    await seed(store, passwords, datetime(2027, 2, 3, tzinfo=UTC))
    schedules, _ = await rows(store)
    assert {schedule.starts_at.month for schedule in schedules} == {11, 12, 2}
    async with store.read() as tx:
        assert len(await tx.staff.all()) == len(TEAM)
