import pytest

from scheduling.server.services import errors
from scheduling.server.services.changes import Desk
from scheduling.server.services.checks import CheckService
from scheduling.server.services.ports import NewTimeOff, Window
from scheduling.server.services.schedules import ScheduleService
from scheduling.tests.conftest import Recorder, Team
from scheduling.tests.roster import instant, shift


@pytest.fixture
def checks(desk: Desk) -> CheckService:
    return CheckService(desk)


@pytest.fixture
def schedules(desk: Desk) -> ScheduleService:
    return ScheduleService(desk)


async def test_a_check_says_what_saving_would_and_writes_nothing(
    checks: CheckService, schedules: ScheduleService, team: Team, notifier: Recorder
):
    stands = await schedules.create(team.mona, shift("2026-11-23 15:00", staff_id=team.alice.id), ())
    wanted = shift("2026-11-24 07:00", staff_id=team.alice.id, role="Cook")
    told = await checks.check(team.mona, wanted, None)
    with pytest.raises(errors.RulesBroken) as refused:
        await schedules.create(team.mona, wanted, ())
    assert tuple(told) == refused.value.violations
    assert [violation.code for violation in told] == ["skill", "rest", "succession"]
    assert await schedules.find(team.mona, Window(), None, None) == [stands]
    assert len(notifier.told) == 1


async def test_a_shift_is_not_in_its_own_way(checks: CheckService, schedules: ScheduleService, team: Team):
    stands = await schedules.create(team.mona, shift("2026-11-23 07:00", staff_id=team.alice.id), ())
    moved = shift("2026-11-23 08:00", staff_id=team.alice.id)
    assert [violation.code for violation in await checks.check(team.mona, moved, None)] == ["overlap"]
    assert await checks.check(team.mona, moved, stands.id) == []
    found = await checks.suggest(team.mona, shift("2026-11-23 08:00", staff_id=None), stands.id)
    assert team.alice.id in {each.staff.id for each in found}


async def test_what_is_unknown_is_told_with_what_there_is(checks: CheckService, team: Team):
    told = await checks.check(team.mona, shift("2026-11-23 07:00", hours=-1, staff_id=99, location="Mars"), None)
    assert {(violation.code, violation.severity) for violation in told} == {
        ("ends_before_start", "hard"),
        ("unknown_location", "hard"),
        ("unknown_staff", "hard"),
    }
    with pytest.raises(errors.RulesBroken, match="There is no location Mars"):
        await checks.suggest(team.mona, shift("2026-11-23 07:00", location="Mars"), None)


async def test_suggestions_leave_out_whose_it_is_and_who_is_away(
    checks: CheckService, schedules: ScheduleService, team: Team, desk: Desk
):
    async with desk.store.write() as tx:
        new = NewTimeOff(team.bob.id, instant("2026-11-23 00:00"), instant("2026-11-24 00:00"), "")
        pending = await tx.time_off.add(new, desk.clock())
        await tx.time_off.save(pending.decided("approved", "", team.mona.person, desk.clock()))
    await schedules.create(team.mona, shift("2026-11-25 07:00", staff_id=team.alice.id), ())
    monday = shift("2026-11-23 07:00", staff_id=None)
    found = await checks.suggest(team.mona, monday, None)
    assert [(each.staff.name, each.hours) for each in found] == [("Mona Reyes", 0), ("Alice", 8)]
    hers = shift("2026-11-23 07:00", staff_id=team.alice.id)
    assert [each.staff.name for each in await checks.suggest(team.mona, hers, None)] == ["Mona Reyes"]


async def test_a_draft_counts_as_work(checks: CheckService, schedules: ScheduleService, team: Team):
    draft = shift("2026-11-23 07:00", staff_id=team.alice.id, status="draft")
    await schedules.create(team.mona, draft, ())
    found = await checks.suggest(team.mona, shift("2026-11-23 09:00", staff_id=None), None)
    assert "Alice" not in [each.staff.name for each in found]


async def test_only_managers_ask(checks: CheckService, team: Team):
    wanted = shift("2026-11-23 07:00", staff_id=team.alice.id)
    with pytest.raises(errors.Forbidden):
        await checks.check(team.alice, wanted, None)
    with pytest.raises(errors.Forbidden):
        await checks.suggest(team.alice, wanted, None)
