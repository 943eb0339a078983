import asyncio
from collections import Counter

import pytest

from scheduling.server.domain.schedule import Schedule
from scheduling.server.services import errors
from scheduling.server.services.changes import Desk
from scheduling.server.services.open_shifts import OpenShiftService
from scheduling.server.services.ports import NewTimeOff, VersionOf
from scheduling.server.services.schedules import ScheduleService
from scheduling.tests.conftest import ManualClock, Recorder, Team
from scheduling.tests.roster import instant, shift


@pytest.fixture
def open_shifts(desk: Desk) -> OpenShiftService:
    return OpenShiftService(desk)


@pytest.fixture
def schedules(desk: Desk) -> ScheduleService:
    return ScheduleService(desk)


def seen(schedule: Schedule) -> VersionOf:
    return VersionOf(schedule.id, schedule.version)


async def test_the_reader_learns_which_they_may_take_and_why_not_the_others(
    open_shifts: OpenShiftService, schedules: ScheduleService, team: Team, desk: Desk
):
    free = await schedules.create(team.mona, shift("2026-11-25 07:00", staff_id=None), ())
    busy = await schedules.create(team.mona, shift("2026-11-23 07:00", staff_id=None), ())
    away = await schedules.create(team.mona, shift("2026-11-27 07:00", staff_id=None), ())
    strange = await schedules.create(team.mona, shift("2026-11-29 07:00", staff_id=None, role="Head nurse"), ())
    await schedules.create(team.mona, shift("2026-11-23 09:00", staff_id=team.alice.id), ())
    await schedules.create(team.mona, shift("2026-11-22 07:00", staff_id=None), ())
    await schedules.create(team.mona, shift("2026-11-26 07:00", staff_id=None, status="draft"), ())
    async with desk.store.write() as tx:
        new = NewTimeOff(team.alice.id, instant("2026-11-27 00:00"), instant("2026-11-28 00:00"), "")
        pending = await tx.time_off.add(new, desk.clock())
        await tx.time_off.save(pending.decided("approved", "", team.mona.person, desk.clock()))
    found = {each.id: [reason.code for reason in each.objections] for each in await open_shifts.find(team.alice)}
    assert found == {busy.id: ["overlap"], free.id: [], away.id: ["time_off"], strange.id: ["skill"]}


async def test_a_draft_is_not_betrayed_by_a_reason(
    open_shifts: OpenShiftService, schedules: ScheduleService, team: Team
):
    offered = await schedules.create(team.mona, shift("2026-11-23 07:00", staff_id=None), ())
    await schedules.create(team.mona, shift("2026-11-23 09:00", staff_id=team.alice.id, status="draft"), ())
    [found] = await open_shifts.find(team.alice)
    assert found.objections == ()
    assert (await open_shifts.claim(team.alice, seen(offered))).staff_id == team.alice.id


async def test_of_many_who_claim_the_first_wins_and_is_named(
    open_shifts: OpenShiftService, schedules: ScheduleService, team: Team, clock: ManualClock, notifier: Recorder
):
    offered = await schedules.create(team.mona, shift("2026-11-23 07:00", staff_id=None), ())
    people = [team.alice, team.bob, team.mona]
    outcomes = await asyncio.gather(
        *(open_shifts.claim(each, seen(offered)) for each in people), return_exceptions=True
    )
    assert Counter(type(outcome) for outcome in outcomes) == {Schedule: 1, errors.StaleVersion: 2}
    [taken] = [outcome for outcome in outcomes if isinstance(outcome, Schedule)]
    assert [event for event in notifier.told if event[0] == "schedule changed"] == [
        ("schedule changed", offered, taken)
    ]
    winner = next(each for each in people if each.id == taken.staff_id)
    clock.advance(seconds=3)
    with pytest.raises(errors.StaleVersion, match=f"{winner.name} took this shift 3 seconds ago") as late:
        await open_shifts.claim(team.bob, seen(offered))
    assert late.value.current == taken


async def test_what_a_manager_gave_away_or_changed_is_told_so(
    open_shifts: OpenShiftService, schedules: ScheduleService, team: Team
):
    first = await schedules.create(team.mona, shift("2026-11-23 07:00", staff_id=None), ())
    await schedules.change(team.mona, seen(first), {"staff_id": team.bob.id}, ())
    with pytest.raises(errors.StaleVersion, match="Mona Reyes gave away this shift just now"):
        await open_shifts.claim(team.alice, seen(first))
    second = await schedules.create(team.mona, shift("2026-11-24 07:00", staff_id=None), ())
    await schedules.change(team.mona, seen(second), {"note": "Bring keys"}, ())
    with pytest.raises(errors.StaleVersion, match="Mona Reyes changed this shift just now"):
        await open_shifts.claim(team.alice, seen(second))


async def test_soft_rules_refuse_a_claim_too(
    open_shifts: OpenShiftService, schedules: ScheduleService, team: Team, clock: ManualClock
):
    strange = await schedules.create(team.mona, shift("2026-11-23 07:00", staff_id=None, role="Head nurse"), ())
    with pytest.raises(errors.RulesBroken, match="Alice does not have the skill Head nurse"):
        await open_shifts.claim(team.alice, seen(strange))
    begun = await schedules.create(team.mona, shift("2026-11-24 07:00", staff_id=None), ())
    clock.advance(days=3)
    with pytest.raises(errors.RulesBroken, match="has begun"):
        await open_shifts.claim(team.alice, seen(begun))


async def test_what_was_withdrawn_or_deleted_is_not_offered_any_more(
    open_shifts: OpenShiftService, schedules: ScheduleService, team: Team
):
    withdrawn = await schedules.create(team.mona, shift("2026-11-23 07:00", staff_id=None), ())
    await schedules.change(team.mona, seen(withdrawn), {"status": "draft"}, ())
    deleted = await schedules.create(team.mona, shift("2026-11-24 07:00", staff_id=None), ())
    await schedules.delete(team.mona, seen(deleted))
    for each in (withdrawn, deleted):
        with pytest.raises(errors.NotFound, match="not offered any more"):
            await open_shifts.claim(team.alice, seen(each))
