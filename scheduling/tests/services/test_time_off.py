import pytest

from scheduling.server.services import errors
from scheduling.server.services.changes import Desk
from scheduling.server.services.ports import NewTimeOff, VersionOf, Window
from scheduling.server.services.schedules import ScheduleService
from scheduling.server.services.time_off import TimeOffService
from scheduling.tests.conftest import ManualClock, Recorder, Team
from scheduling.tests.roster import instant, shift

MONDAY, TUESDAY = instant("2026-11-23 00:00"), instant("2026-11-24 00:00")


@pytest.fixture
def requests(desk: Desk) -> TimeOffService:
    return TimeOffService(desk)


def day_off(staff_id: int) -> NewTimeOff:
    return NewTimeOff(staff_id, MONDAY, TUESDAY, "Dentist")


async def test_a_request_is_pending_and_told(requests: TimeOffService, team: Team, notifier: Recorder):
    asked = await requests.request(team.alice, day_off(team.alice.id))
    assert (asked.status, asked.version, asked.note) == ("pending", 1, "Dentist")
    assert notifier.told == [("time off", asked)]


async def test_only_managers_ask_for_somebody_else(requests: TimeOffService, team: Team):
    with pytest.raises(errors.Forbidden):
        await requests.request(team.bob, day_off(team.alice.id))
    asked = await requests.request(team.mona, day_off(team.alice.id))
    assert asked.staff_id == team.alice.id


async def test_nobody_asks_for_a_stranger(requests: TimeOffService, team: Team):
    with pytest.raises(errors.NotFound):
        await requests.request(team.mona, day_off(4_000))


@pytest.mark.parametrize(("until", "code"), [(MONDAY, "ends_before_start"), (instant("2028-01-01 00:00"), "too_long")])
async def test_time_off_runs_forward_and_a_year_at_most(requests: TimeOffService, team: Team, until, code: str):
    with pytest.raises(errors.RulesBroken) as refused:
        await requests.request(team.alice, NewTimeOff(team.alice.id, MONDAY, until, ""))
    assert [violation.code for violation in refused.value.violations] == [code]


async def test_staff_see_their_own_and_managers_all(requests: TimeOffService, team: Team):
    alices = await requests.request(team.alice, day_off(team.alice.id))
    bobs = await requests.request(team.bob, day_off(team.bob.id))
    assert await requests.find(team.alice, Window(), None) == [alices]
    assert await requests.find(team.mona, Window(), None) == [alices, bobs]
    assert await requests.find(team.mona, Window(), "approved") == []
    assert await requests.find(team.mona, Window(TUESDAY, None), None) == []


async def test_a_manager_decides(requests: TimeOffService, team: Team, notifier: Recorder, clock: ManualClock):
    asked = await requests.request(team.alice, day_off(team.alice.id))
    clock.advance(minutes=5)
    denied = await requests.decide(team.mona, VersionOf(asked.id, 1), "deny", "Too many are away.", ())
    assert (denied.status, denied.decision_note, denied.version) == ("denied", "Too many are away.", 2)
    assert (denied.decided_by, denied.updated_at) == (team.mona.person, clock.now)
    assert await requests.find(team.alice, Window(), None) == [denied]
    assert notifier.told[-1] == ("time off", denied)


async def test_staff_decide_nothing_but_cancel_their_own(requests: TimeOffService, team: Team):
    asked = await requests.request(team.alice, day_off(team.alice.id))
    seen = VersionOf(asked.id, 1)
    with pytest.raises(errors.Forbidden, match="Only managers may approve time off"):
        await requests.decide(team.alice, seen, "approve", "", ())
    with pytest.raises(errors.Forbidden):
        await requests.decide(team.bob, seen, "cancel", "", ())
    cancelled = await requests.decide(team.alice, seen, "cancel", "", ())
    assert cancelled.status == "cancelled"


async def test_what_is_decided_is_not_decided_again(requests: TimeOffService, team: Team, clock: ManualClock):
    asked = await requests.request(team.alice, day_off(team.alice.id))
    denied = await requests.decide(team.mona, VersionOf(asked.id, 1), "deny", "", ())
    clock.advance(minutes=2)
    with pytest.raises(errors.StaleVersion, match="Mona Reyes changed this request 2 minutes ago"):
        await requests.decide(team.mona, VersionOf(asked.id, 1), "approve", "", ())
    with pytest.raises(errors.AlreadyDecided, match="This request is denied: it cannot be approved"):
        await requests.decide(team.mona, VersionOf(asked.id, denied.version), "approve", "", ())
    with pytest.raises(errors.NotFound):
        await requests.decide(team.mona, VersionOf(99, 1), "approve", "", ())


async def test_approval_over_a_shift_needs_to_be_meant(requests: TimeOffService, team: Team, desk: Desk):
    await ScheduleService(desk).create(team.mona, shift("2026-11-23 07:00", staff_id=team.alice.id), ())
    asked = await requests.request(team.alice, day_off(team.alice.id))
    seen = VersionOf(asked.id, 1)
    with pytest.raises(errors.RulesBroken) as refused:
        await requests.decide(team.mona, seen, "approve", "", ())
    [violation] = refused.value.violations
    assert (violation.code, violation.severity) == ("time_off_overlaps_schedules", "soft")
    approved = await requests.decide(team.mona, seen, "approve", "", {"time_off_overlaps_schedules"})
    assert approved.status == "approved"


@pytest.mark.parametrize(
    ("fate", "staffed", "status"),
    [("keep", True, "published"), ("open", False, "published"), ("draft", False, "draft")],
)
async def test_approval_says_what_becomes_of_the_shifts_in_one_change(
    requests: TimeOffService, team: Team, desk: Desk, notifier: Recorder, fate, staffed: bool, status: str
):
    schedules = ScheduleService(desk)
    before = await schedules.create(team.mona, shift("2026-11-23 07:00", staff_id=team.alice.id), ())
    draft = await schedules.create(
        team.mona, shift("2026-11-23 18:00", 4, staff_id=team.alice.id, status="draft"), {"rest", "succession"}
    )
    asked = await requests.request(team.alice, day_off(team.alice.id))
    notifier.told.clear()
    approved = await requests.decide(team.mona, VersionOf(asked.id, 1), "approve", "", (), fate=fate)
    after = {each.id: each for each in await schedules.find(team.mona, Window(), None, None)}
    owner = team.alice.id if staffed else None
    assert (after[before.id].staff_id, after[before.id].status) == (owner, status)
    # What was a draft stays one: nothing is published by the way.
    assert (after[draft.id].staff_id, after[draft.id].status) == (owner, "draft")
    told = [] if staffed else [("schedule changed", each, after[each.id]) for each in (before, draft)]
    assert notifier.told == [*told, ("time off", approved)]


@pytest.mark.parametrize("fate", ["open", "draft"])
async def test_shifts_that_have_begun_stay_whose_they_are(
    requests: TimeOffService, team: Team, desk: Desk, clock: ManualClock, fate
):
    schedules = ScheduleService(desk)
    for start in ("2026-11-22 22:00", "2026-11-23 07:00", "2026-11-23 18:00"):
        await schedules.create(team.mona, shift(start, 4, staff_id=team.bob.id), {"succession"})
    clock.now = instant("2026-11-23 07:00")
    asked = await requests.request(team.mona, day_off(team.bob.id))
    await requests.decide(team.mona, VersionOf(asked.id, 1), "approve", "", (), fate=fate)
    found = await schedules.find(team.mona, Window(), None, None)
    assert [each.staff_id for each in found] == [team.bob.id, team.bob.id, None]
