import pytest

from scheduling.server.domain.offer import Offer
from scheduling.server.domain.schedule import Schedule
from scheduling.server.services import errors
from scheduling.server.services.changes import Desk
from scheduling.server.services.offers import OfferService
from scheduling.server.services.ports import NewTimeOff, VersionOf, Window
from scheduling.server.services.schedules import ScheduleService
from scheduling.tests.conftest import ManualClock, Recorder, Team
from scheduling.tests.roster import instant, shift


@pytest.fixture
def offers(desk: Desk) -> OfferService:
    return OfferService(desk)


@pytest.fixture
def schedules(desk: Desk) -> ScheduleService:
    return ScheduleService(desk)


@pytest.fixture
async def alices(schedules: ScheduleService, team: Team) -> Schedule:
    return await schedules.create(team.mona, shift("2026-11-23 07:00", staff_id=team.alice.id), ())


@pytest.fixture
async def bobs(schedules: ScheduleService, team: Team) -> Schedule:
    return await schedules.create(team.mona, shift("2026-11-25 07:00", staff_id=team.bob.id), ())


def seen(row: Schedule | Offer) -> VersionOf:
    return VersionOf(row.id, row.version)


async def hands(schedules: ScheduleService, team: Team) -> dict[int, int | None]:
    return {each.id: each.staff_id for each in await schedules.find(team.mona, Window(), None, None)}


async def away(desk: Desk, team: Team, staff_id: int, day: str) -> None:
    async with desk.store.write() as tx:
        leave = NewTimeOff(staff_id, instant(f"{day} 00:00"), instant(f"{day} 23:59"), "")
        pending = await tx.time_off.add(leave, desk.clock())
        await tx.time_off.save(pending.decided("approved", "", team.mona.person, desk.clock()))


async def test_a_shift_is_offered_accepted_and_handed_over(
    offers: OfferService, schedules: ScheduleService, team: Team, alices: Schedule, notifier: Recorder
):
    made = await offers.make(team.alice, seen(alices), None, None, "My sister's wedding")
    assert (made.status, made.schedule, made.to, made.staff) == ("offered", alices, None, team.alice.person)
    accepted = await offers.accept(team.bob, seen(made))
    assert (accepted.status, accepted.taken_by) == ("accepted", team.bob.person)
    assert await hands(schedules, team) == {alices.id: team.alice.id}
    notifier.told.clear()
    approved = await offers.approve(team.mona, seen(accepted), "Fine", ())
    assert (approved.status, approved.answer, approved.updated_by) == ("approved", "Fine", team.mona.person)
    assert await hands(schedules, team) == {alices.id: team.bob.id}
    assert [event[0] for event in notifier.told] == ["offer", "schedule changed"]


async def test_a_swap_changes_both_hands_in_one_change(
    offers: OfferService, schedules: ScheduleService, team: Team, alices: Schedule, bobs: Schedule
):
    made = await offers.make(team.alice, seen(alices), None, seen(bobs), "")
    assert (made.to, made.wanted) == (team.bob.person, bobs)
    accepted = await offers.accept(team.bob, seen(made))
    await offers.approve(team.mona, seen(accepted), "", ())
    assert await hands(schedules, team) == {alices.id: team.bob.id, bobs.id: team.alice.id}


@pytest.mark.parametrize("accepted", [False, True])
@pytest.mark.parametrize("deed", ["reassign", "move", "withdraw", "delete"])
async def test_an_offer_lapses_when_its_shift_moves(
    offers: OfferService,
    schedules: ScheduleService,
    team: Team,
    alices: Schedule,
    deed: str,
    accepted: bool,
    notifier: Recorder,
):
    offer = await offers.make(team.alice, seen(alices), None, None, "")
    if accepted:
        offer = await offers.accept(team.bob, seen(offer))
    changes: dict[str, dict[str, object]] = {
        "reassign": {"staff_id": None},
        "move": {"starts_at": instant("2026-11-23 08:00")},
        "withdraw": {"status": "draft"},
    }
    if deed == "delete":
        await schedules.delete(team.mona, seen(alices))
    else:
        await schedules.change(team.mona, seen(alices), changes[deed], ())
    [lapsed] = await offers.find(team.alice)
    assert (lapsed.status, lapsed.updated_by) == ("lapsed", team.mona.person)
    assert notifier.told[-1][0] == "offer"
    with pytest.raises(errors.StaleVersion, match="Mona Reyes changed this shift just now"):
        await offers.withdraw(team.alice, seen(offer))


async def test_an_offer_outlives_a_note(offers: OfferService, schedules: ScheduleService, team: Team, alices: Schedule):
    offer = await offers.accept(team.bob, seen(await offers.make(team.alice, seen(alices), None, None, "")))
    await schedules.change(team.mona, seen(alices), {"note": "Bring keys"}, ())
    await offers.approve(team.mona, seen(offer), "", ())
    assert await hands(schedules, team) == {alices.id: team.bob.id}


async def test_the_rules_of_the_taker_hold_at_acceptance_and_at_approval(
    offers: OfferService, schedules: ScheduleService, team: Team, alices: Schedule, desk: Desk
):
    offer = await offers.make(team.alice, seen(alices), None, None, "")
    accepted = await offers.accept(team.bob, seen(offer))
    await away(desk, team, team.bob.id, "2026-11-23")
    with pytest.raises(errors.RulesBroken, match="Bob has approved time off"):
        await offers.approve(team.mona, seen(accepted), "", {"time_off"})
    [shown] = await offers.find(team.mona)
    assert [each.code for each in shown.objections] == ["time_off"]
    declined = await offers.decline(team.mona, seen(accepted), "Bob is away")
    again = await offers.make(team.alice, seen(alices), team.bob.id, None, "")
    with pytest.raises(errors.RulesBroken, match="Bob has approved time off"):
        await offers.accept(team.bob, seen(again))
    assert declined.status == "declined"
    assert await hands(schedules, team) == {alices.id: team.alice.id}


async def test_a_colleagues_leave_is_not_told(
    offers: OfferService, team: Team, alices: Schedule, bobs: Schedule, desk: Desk
):
    offer = await offers.make(team.alice, seen(alices), None, seen(bobs), "")
    await away(desk, team, team.alice.id, "2026-11-25")
    with pytest.raises(errors.RulesBroken) as refused:
        await offers.accept(team.bob, seen(offer))
    assert refused.value.detail == "Alice may not work your shift: a rule stands against it."


async def test_of_two_who_accept_the_second_is_told_who_was_first(
    offers: OfferService, team: Team, alices: Schedule, clock: ManualClock
):
    offer = await offers.make(team.alice, seen(alices), None, None, "")
    await offers.accept(team.bob, seen(offer))
    clock.advance(seconds=2)
    with pytest.raises(errors.StaleVersion, match="Bob accepted this offer 2 seconds ago"):
        await offers.accept(team.mona, seen(offer))


async def test_only_ones_own_published_shift_is_offered_and_once(
    offers: OfferService, schedules: ScheduleService, team: Team, alices: Schedule, bobs: Schedule
):
    with pytest.raises(errors.Forbidden, match="only your own shifts"):
        await offers.make(team.alice, seen(bobs), None, None, "")
    with pytest.raises(errors.RulesBroken, match="Choose a colleague"):
        await offers.make(team.alice, seen(alices), team.alice.id, None, "")
    with pytest.raises(errors.StaleVersion):
        await offers.make(team.alice, VersionOf(alices.id, 9), None, None, "")
    draft = await schedules.create(team.mona, shift("2026-11-27 07:00", staff_id=team.alice.id, status="draft"), ())
    with pytest.raises(errors.NotFound):
        await offers.make(team.alice, seen(draft), None, None, "")
    await offers.make(team.alice, seen(alices), team.bob.id, None, "")
    with pytest.raises(errors.AlreadyExists, match="offered this shift already"):
        await offers.make(team.alice, seen(alices), None, None, "")


async def test_each_step_is_for_whom_it_is(offers: OfferService, team: Team, alices: Schedule):
    offer = await offers.make(team.alice, seen(alices), team.bob.id, None, "")
    with pytest.raises(errors.Forbidden):
        await offers.accept(team.mona, seen(offer))
    with pytest.raises(errors.Forbidden):
        await offers.withdraw(team.bob, seen(offer))
    with pytest.raises(errors.Forbidden):
        await offers.approve(team.bob, seen(offer), "", ())
    with pytest.raises(errors.AlreadyDecided, match="This offer is offered: it cannot be approved"):
        await offers.approve(team.mona, seen(offer), "", ())
    with pytest.raises(errors.NotFound):
        await offers.accept(team.bob, VersionOf(99, 1))
    assert (await offers.decline(team.bob, seen(offer), "Sorry")).status == "declined"
