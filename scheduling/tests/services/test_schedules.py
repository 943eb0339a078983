import asyncio
from collections import Counter

import pytest

from scheduling.server.domain.schedule import Schedule
from scheduling.server.services import errors
from scheduling.server.services.changes import Desk
from scheduling.server.services.ports import NewTimeOff, VersionOf, Window
from scheduling.server.services.schedules import ScheduleService
from scheduling.tests.conftest import ManualClock, Recorder, Team
from scheduling.tests.roster import instant, shift


@pytest.fixture
def schedules(desk: Desk) -> ScheduleService:
    return ScheduleService(desk)


def seen(schedule: Schedule) -> VersionOf:
    return VersionOf(schedule.id, schedule.version)


async def everything(schedules: ScheduleService, team: Team) -> list[Schedule]:
    return await schedules.find(team.mona, Window(), None, None)


async def test_what_is_created_is_stored_stamped_and_told(
    schedules: ScheduleService, team: Team, notifier: Recorder, clock: ManualClock
):
    wanted = shift("2026-11-23 07:00", staff_id=team.alice.id, note="Bring keys")
    created = await schedules.create(team.mona, wanted, ())
    assert (created.version, created.updated_by, created.updated_at) == (1, team.mona.person, clock.now)
    assert (created.timezone, created.note, created.status) == ("Europe/London", "Bring keys", "published")
    assert await everything(schedules, team) == [created]
    assert notifier.told == [("schedule created", created)]


async def test_staff_plan_nothing(schedules: ScheduleService, team: Team, notifier: Recorder):
    with pytest.raises(errors.Forbidden, match="Only managers may plan shifts"):
        await schedules.create(team.alice, shift("2026-11-23 07:00", staff_id=team.alice.id), ())
    assert notifier.told == []
    assert await everything(schedules, team) == []


async def test_a_hard_objection_refuses_and_nothing_is_stored_or_told(
    schedules: ScheduleService, team: Team, notifier: Recorder
):
    first = await schedules.create(team.mona, shift("2026-11-23 07:00", staff_id=team.alice.id), ())
    with pytest.raises(errors.RulesBroken) as refused:
        await schedules.create(team.mona, shift("2026-11-23 09:00", staff_id=team.alice.id), {"overlap"})
    assert [violation.code for violation in refused.value.violations] == ["overlap"]
    assert refused.value.detail == "Alice already works 07:00–15:00 on Monday 23 November at North Ward."
    assert await everything(schedules, team) == [first]
    assert len(notifier.told) == 1


async def test_a_soft_objection_yields_to_whoever_accepts_it(schedules: ScheduleService, team: Team):
    wanted = shift("2026-11-23 07:00", staff_id=team.alice.id, role="Head nurse")
    with pytest.raises(errors.RulesBroken):
        await schedules.create(team.mona, wanted, ())
    created = await schedules.create(team.mona, wanted, {"skill"})
    assert created.role == "Head nurse"


async def test_an_open_shift_is_nobodys_and_meets_no_personal_rule(schedules: ScheduleService, team: Team):
    created = await schedules.create(team.mona, shift("2026-11-23 07:00", staff_id=None, role="Juggler"), ())
    assert created.staff_id is None


async def test_everything_unknown_is_named_at_once(schedules: ScheduleService, team: Team):
    wrong = shift("2026-11-23 07:00", hours=-1, staff_id=4_000, location="Mars")
    with pytest.raises(errors.RulesBroken) as refused:
        await schedules.create(team.mona, wrong, ())
    assert {(violation.field, violation.code) for violation in refused.value.violations} == {
        ("ends_at", "ends_before_start"),
        ("location", "unknown_location"),
        ("staff_id", "unknown_staff"),
    }
    assert "There are: Lisbon Clinic, North Ward, Tokyo Clinic." in refused.value.detail


async def test_approved_time_off_keeps_the_day_free(schedules: ScheduleService, team: Team, desk: Desk):
    async with desk.store.write() as tx:
        new = NewTimeOff(team.alice.id, instant("2026-11-23 00:00"), instant("2026-11-24 00:00"), "")
        pending = await tx.time_off.add(new, desk.clock())
        await tx.time_off.save(pending.decided("approved", "", team.mona.person, desk.clock()))
    with pytest.raises(errors.RulesBroken, match="Alice has approved time off: Monday 23 November"):
        await schedules.create(team.mona, shift("2026-11-23 07:00", staff_id=team.alice.id), ())


async def test_a_change_makes_the_next_version_and_tells_both(
    schedules: ScheduleService, team: Team, notifier: Recorder, clock: ManualClock
):
    before = await schedules.create(team.mona, shift("2026-11-23 07:00", staff_id=team.alice.id), ())
    clock.advance(seconds=3)
    after = await schedules.change(team.mona, seen(before), {"staff_id": team.bob.id, "location": "Lisbon Clinic"}, ())
    assert (after.staff_id, after.version, after.updated_at) == (team.bob.id, 2, clock.now)
    assert (after.location, after.timezone) == ("Lisbon Clinic", "Europe/Lisbon")
    assert await everything(schedules, team) == [after]
    assert notifier.told[-1] == ("schedule changed", before, after)


async def test_a_change_that_changes_nothing_makes_no_version(
    schedules: ScheduleService, team: Team, notifier: Recorder
):
    created = await schedules.create(team.mona, shift("2026-11-23 07:00", staff_id=team.alice.id), ())
    assert await schedules.change(team.mona, seen(created), {"role": "Nurse"}, ()) == created
    assert len(notifier.told) == 1


async def test_a_stale_version_is_told_who_changed_it_and_what_stands_now(
    schedules: ScheduleService, team: Team, clock: ManualClock
):
    created = await schedules.create(team.mona, shift("2026-11-23 07:00", staff_id=team.alice.id), ())
    current = await schedules.change(team.mona, seen(created), {"note": "Moved"}, ())
    clock.advance(seconds=3)
    with pytest.raises(errors.StaleVersion) as stale:
        await schedules.change(team.mona, seen(created), {"note": "Late"}, ())
    assert stale.value.detail == "Mona Reyes changed this shift 3 seconds ago"
    assert stale.value.current == current
    with pytest.raises(errors.StaleVersion):
        await schedules.delete(team.mona, seen(created))


async def test_what_was_deleted_meanwhile_is_told_with_who_did_it(
    schedules: ScheduleService, team: Team, notifier: Recorder
):
    created = await schedules.create(team.mona, shift("2026-11-23 07:00", staff_id=team.alice.id), ())
    await schedules.delete(team.mona, seen(created))
    assert notifier.told[-1] == ("schedule deleted", created)
    assert await everything(schedules, team) == []
    with pytest.raises(errors.StaleVersion) as stale:
        await schedules.change(team.mona, seen(created), {"note": "Late"}, ())
    assert stale.value.detail == "Mona Reyes deleted this shift just now"
    assert stale.value.current is None


async def test_what_never_was_is_not_found(schedules: ScheduleService, team: Team):
    with pytest.raises(errors.NotFound, match=r"There is no schedule 77\."):
        await schedules.change(team.mona, VersionOf(77, 1), {"note": ""}, ())


async def test_a_deleted_shift_stands_in_nobodys_way(schedules: ScheduleService, team: Team):
    created = await schedules.create(team.mona, shift("2026-11-23 07:00", staff_id=team.alice.id), ())
    await schedules.delete(team.mona, seen(created))
    again = await schedules.create(team.mona, shift("2026-11-23 07:00", staff_id=team.alice.id), ())
    assert again.id != created.id


async def test_a_shift_does_not_stand_in_its_own_way(schedules: ScheduleService, team: Team):
    created = await schedules.create(team.mona, shift("2026-11-23 07:00", staff_id=team.alice.id), ())
    moved = await schedules.change(team.mona, seen(created), {"starts_at": instant("2026-11-23 08:00")}, ())
    assert moved.starts_at == instant("2026-11-23 08:00")


async def test_rules_are_not_asked_again_about_what_did_not_move(schedules: ScheduleService, team: Team):
    wanted = shift("2026-11-23 07:00", staff_id=team.alice.id, role="Head nurse")
    created = await schedules.create(team.mona, wanted, {"skill"})
    noted = await schedules.change(team.mona, seen(created), {"note": "Keys at the desk"}, ())
    withdrawn = await schedules.change(team.mona, seen(noted), {"status": "draft"}, ())
    assert withdrawn.status == "draft"
    with pytest.raises(errors.RulesBroken):
        await schedules.change(team.mona, seen(withdrawn), {"status": "published"}, ())


async def test_drafts_are_published_together(schedules: ScheduleService, team: Team, notifier: Recorder):
    drafts = [
        await schedules.create(team.mona, shift(f"2026-11-{day} 07:00", staff_id=team.alice.id, status="draft"), ())
        for day in (23, 24)
    ]
    notifier.told.clear()
    published = await schedules.publish(team.mona, [seen(draft) for draft in drafts], ())
    assert [(each.status, each.version) for each in published] == [("published", 2)] * 2
    told = list(zip(["schedule changed"] * 2, drafts, published, strict=True))
    assert notifier.told == told


async def test_all_are_published_or_none(schedules: ScheduleService, team: Team, desk: Desk, notifier: Recorder):
    drafts = [
        await schedules.create(team.mona, shift(f"2026-11-{day} 07:00", staff_id=team.alice.id, status="draft"), ())
        for day in (23, 24)
    ]
    async with desk.store.write() as tx:
        new = NewTimeOff(team.alice.id, instant("2026-11-24 00:00"), instant("2026-11-25 00:00"), "")
        pending = await tx.time_off.add(new, desk.clock())
        await tx.time_off.save(pending.decided("approved", "", team.mona.person, desk.clock()))
    notifier.told.clear()
    with pytest.raises(errors.RulesBroken) as refused:
        await schedules.publish(team.mona, [seen(draft) for draft in drafts], ())
    assert [violation.field for violation in refused.value.violations] == ["schedules.1.staff_id"]
    with pytest.raises(errors.StaleVersion):
        await schedules.publish(team.mona, [seen(drafts[0]), VersionOf(drafts[1].id, 9)], ())
    assert await everything(schedules, team) == drafts
    assert notifier.told == []


async def test_publishing_what_is_published_changes_nothing(schedules: ScheduleService, team: Team, notifier: Recorder):
    created = await schedules.create(team.mona, shift("2026-11-23 07:00", staff_id=team.alice.id), ())
    assert await schedules.publish(team.mona, [seen(created)], ()) == [created]
    assert len(notifier.told) == 1


async def test_staff_see_what_is_published(schedules: ScheduleService, team: Team):
    draft = await schedules.create(team.mona, shift("2026-11-23 07:00", staff_id=team.alice.id, status="draft"), ())
    public = await schedules.create(team.mona, shift("2026-11-24 07:00", staff_id=team.alice.id), ())
    assert await schedules.find(team.alice, Window(), None, None) == [public]
    assert await schedules.find(team.alice, Window(), None, "draft") == []
    assert await schedules.find(team.mona, Window(), None, "draft") == [draft]


async def test_a_window_finds_what_overlaps_it(schedules: ScheduleService, team: Team):
    night = await schedules.create(team.mona, shift("2026-11-23 23:00", staff_id=team.alice.id), ())
    tuesday = Window(instant("2026-11-24 00:00"), instant("2026-11-25 00:00"))
    wednesday = Window(instant("2026-11-24 07:00"), instant("2026-11-26 00:00"))
    assert await schedules.find(team.mona, tuesday, None, None) == [night]
    assert await schedules.find(team.mona, wednesday, None, None) == []
    assert await schedules.find(team.mona, Window(None, instant("2026-11-23 23:00")), None, None) == []
    assert await schedules.find(team.mona, tuesday, team.bob.id, None) == []


async def test_of_two_who_save_at_once_one_is_told_it_is_stale(schedules: ScheduleService, team: Team):
    created = await schedules.create(team.mona, shift("2026-11-23 07:00", staff_id=team.alice.id), ())
    outcomes = await asyncio.gather(
        *(schedules.change(team.mona, seen(created), {"note": f"Note {number}"}, ()) for number in range(8)),
        return_exceptions=True,
    )
    assert Counter(type(outcome) for outcome in outcomes) == {Schedule: 1, errors.StaleVersion: 7}


async def test_of_two_overlapping_shifts_saved_at_once_one_stands(
    schedules: ScheduleService, team: Team, notifier: Recorder
):
    outcomes = await asyncio.gather(
        *(
            schedules.create(team.mona, shift(f"2026-11-23 {hour:02}:00", staff_id=team.alice.id), ())
            for hour in range(7, 15)
        ),
        return_exceptions=True,
    )
    assert Counter(type(outcome) for outcome in outcomes) == {Schedule: 1, errors.RulesBroken: 7}
    assert len(await everything(schedules, team)) == len(notifier.told) == 1
