import pytest

from scheduling.server.domain.schedule import Schedule
from scheduling.server.services import errors
from scheduling.server.services.changes import Desk
from scheduling.server.services.ports import Batch, VersionOf, Window
from scheduling.server.services.schedules import ScheduleService
from scheduling.tests.conftest import Recorder, Team, named
from scheduling.tests.roster import instant, shift


@pytest.fixture
def schedules(desk: Desk) -> ScheduleService:
    return ScheduleService(desk)


def seen(schedule: Schedule) -> VersionOf:
    return VersionOf(schedule.id, schedule.version)


async def everything(schedules: ScheduleService, team: Team) -> list[Schedule]:
    return await schedules.find(team.mona, Window(), None, None)


async def planned(schedules: ScheduleService, team: Team, *days: int) -> list[Schedule]:
    """Alice's shifts of 07:00 to 15:00."""
    return [
        await schedules.create(team.mona, shift(f"2026-11-{day} 07:00", staff_id=team.alice.id), ()) for day in days
    ]


async def test_all_of_it_is_stored_and_told_under_one_name(schedules: ScheduleService, team: Team, notifier: Recorder):
    moved, gone = await planned(schedules, team, 23, 24)
    notifier.told.clear()
    notifier.request_ids.clear()
    new = shift("2026-11-25 07:00", staff_id=team.alice.id)
    batch = Batch(create=[new], change=[(seen(moved), {"staff_id": team.bob.id})], delete=[seen(gone)])
    async with named("copy-1", team.mona) as copy:
        done = await schedules.batch(team.mona, batch, (), copy)
    assert (done.changed[0].staff_id, done.changed[0].version) == (team.bob.id, 2)
    assert done.deleted == [gone.id]
    assert await everything(schedules, team) == [*done.changed, *done.created]
    assert notifier.told == [
        ("schedule deleted", gone),
        ("schedule changed", moved, done.changed[0]),
        ("schedule created", done.created[0]),
    ]
    assert notifier.request_ids == ["copy-1"]


async def test_the_rules_see_what_all_of_it_would_leave(schedules: ScheduleService, team: Team):
    """Two shifts change places, and a third comes where one was deleted: one after the other, each would overlap."""
    monday, tuesday, wednesday = await planned(schedules, team, 23, 24, 25)
    swap = [
        (seen(monday), {"starts_at": tuesday.starts_at, "ends_at": tuesday.ends_at}),
        (seen(tuesday), {"starts_at": monday.starts_at, "ends_at": monday.ends_at}),
    ]
    again = shift("2026-11-25 08:00", staff_id=team.alice.id)
    done = await schedules.batch(team.mona, Batch([again], swap, [seen(wednesday)]), ())
    assert [each.starts_at for each in done.changed] == [tuesday.starts_at, monday.starts_at]
    assert len(done.created) == 1


async def test_what_only_the_batch_itself_breaks_is_refused_under_each_path(schedules: ScheduleService, team: Team):
    [monday] = await planned(schedules, team, 23)
    twice = [shift(f"2026-11-24 {hour}:00", staff_id=team.alice.id) for hour in ("07", "09")]
    onto = {"starts_at": instant("2026-11-24 08:00"), "ends_at": instant("2026-11-24 10:00")}
    with pytest.raises(errors.RulesBroken) as refused:
        await schedules.batch(team.mona, Batch(create=twice, change=[(seen(monday), onto)]), ())
    fields = {violation.field for violation in refused.value.violations if violation.code == "overlap"}
    assert fields == {"create.0.staff_id", "create.1.staff_id", "change.0.staff_id"}
    assert await everything(schedules, team) == [monday]


async def test_one_that_cannot_be_stored_keeps_the_others_out(schedules: ScheduleService, team: Team):
    [monday] = await planned(schedules, team, 23)
    good = shift("2026-11-25 07:00", staff_id=team.alice.id)
    wrong = shift("2026-11-26 07:00", hours=-1, staff_id=4_000, location="Mars")
    batch = Batch([good, wrong], [(seen(monday), {"location": "Venus"})], [])
    with pytest.raises(errors.RulesBroken) as refused:
        await schedules.batch(team.mona, batch, ())
    assert {(violation.field, violation.code) for violation in refused.value.violations} == {
        ("create.1.ends_at", "ends_before_start"),
        ("create.1.location", "unknown_location"),
        ("create.1.staff_id", "unknown_staff"),
        ("change.0.location", "unknown_location"),
    }
    assert await everything(schedules, team) == [monday]


@pytest.mark.parametrize("accept", [(), ("skill",)])
async def test_soft_objections_yield_for_all_of_it(schedules: ScheduleService, team: Team, accept: tuple[str, ...]):
    heads = [shift(f"2026-11-{day} 07:00", staff_id=team.alice.id, role="Head nurse") for day in (23, 24)]
    if accept:
        assert len((await schedules.batch(team.mona, Batch(create=heads), accept)).created) == 2
        return
    with pytest.raises(errors.RulesBroken) as refused:
        await schedules.batch(team.mona, Batch(create=heads), accept)
    assert [violation.field for violation in refused.value.violations] == ["create.0.role", "create.1.role"]
    assert await everything(schedules, team) == []


async def test_one_stale_version_refuses_all_and_names_who_was_first(schedules: ScheduleService, team: Team):
    monday, tuesday = await planned(schedules, team, 23, 24)
    newer = await schedules.change(team.mona, seen(tuesday), {"note": "Mine"}, ())
    for batch in (
        Batch(change=[(seen(monday), {"note": "x"}), (seen(tuesday), {"note": "x"})]),
        Batch(change=[(seen(monday), {"note": "x"})], delete=[seen(tuesday)]),
    ):
        with pytest.raises(errors.StaleVersion, match="Mona Reyes changed this shift"):
            await schedules.batch(team.mona, batch, ())
    assert await everything(schedules, team) == [monday, newer]


async def test_a_step_that_changes_nothing_makes_no_version(schedules: ScheduleService, team: Team, notifier: Recorder):
    [monday] = await planned(schedules, team, 23)
    done = await schedules.batch(team.mona, Batch(change=[(seen(monday), {"role": "Nurse"})]), ())
    assert done.changed == [monday]
    assert len(notifier.told) == 1


async def test_the_rules_are_not_asked_about_what_stays(schedules: ScheduleService, team: Team):
    soft = shift("2026-11-23 07:00", staff_id=team.alice.id, role="Head nurse")
    stands = await schedules.create(team.mona, soft, {"skill"})
    done = await schedules.batch(team.mona, Batch(change=[(seen(stands), {"note": "Keys"})]), ())
    assert done.changed[0].note == "Keys"
    withdrawn = await schedules.batch(team.mona, Batch(change=[(seen(done.changed[0]), {"status": "draft"})]), ())
    publish = Batch(change=[(seen(withdrawn.changed[0]), {"status": "published"})])
    with pytest.raises(errors.RulesBroken):
        await schedules.batch(team.mona, publish, ())


async def test_staff_do_nothing_by_the_batch(schedules: ScheduleService, team: Team):
    [monday] = await planned(schedules, team, 23)
    with pytest.raises(errors.Forbidden, match="Only managers may plan shifts"):
        await schedules.batch(team.alice, Batch(delete=[seen(monday)]), ())
    assert await everything(schedules, team) == [monday]
