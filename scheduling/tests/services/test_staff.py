import asyncio
from dataclasses import replace

import pytest

from scheduling.server.domain.schedule import Location
from scheduling.server.domain.staff import Staff
from scheduling.server.domain.time_off import Fate
from scheduling.server.services import errors
from scheduling.server.services.changes import Desk
from scheduling.server.services.checks import CheckService
from scheduling.server.services.passwords import Passwords
from scheduling.server.services.ports import NewStaff, NewTimeOff, VersionOf
from scheduling.server.services.schedules import ScheduleService
from scheduling.server.services.staff import TeamService
from scheduling.server.services.time_off import TimeOffService
from scheduling.server.store.database import Database
from scheduling.tests.conftest import ManualClock, Recorder, Team
from scheduling.tests.roster import CONTRACT, LISBON, NORTH, NOW, TOKYO, instant, shift

CARLA = NewStaff("Carla", "carla@example.com", "staff", ("Nurse",), CONTRACT)


@pytest.fixture
def service(desk: Desk, passwords: Passwords) -> TeamService:
    return TeamService(desk, passwords)


async def test_emails_are_for_managers_and_oneself(service: TeamService, team: Team):
    assert [member.email for member in await service.all(team.mona)] == [
        "alice@example.com",
        "bob@example.com",
        "mona@example.com",
    ]
    assert [member.email for member in await service.all(team.alice)] == ["alice@example.com", None, None]


async def test_a_new_member_is_stored_and_told(service: TeamService, team: Team, notifier: Recorder, desk: Desk):
    carla = await service.add(team.mona, CARLA, "hers")
    assert notifier.told == [("staff created", carla)]
    async with desk.store.read() as tx:
        credentials = await tx.staff.credentials("carla@example.com")
    assert credentials is not None
    assert credentials.staff == carla
    assert str(credentials.password_hash).startswith("$argon2id$")


async def test_an_email_is_one_persons(service: TeamService, team: Team):
    await service.add(team.mona, CARLA, None)
    with pytest.raises(errors.AlreadyExists, match="Somebody has the e-mail carla") as taken:
        await service.add(team.mona, CARLA, None)
    assert taken.value.field == "email"


async def test_only_managers_add(service: TeamService, team: Team):
    with pytest.raises(errors.Forbidden):
        await service.add(team.alice, CARLA, None)
    with pytest.raises(errors.Forbidden):
        await service.add_location(team.alice, Location(name="Moon", timezone="UTC"))


@pytest.fixture
async def nadia(service: TeamService, team: Team, notifier: Recorder) -> Staff:
    """Another manager."""
    added = await service.add(team.mona, replace(CARLA, name="Nadia", email="nadia@example.com", role="manager"), None)
    notifier.told.clear()
    return added


async def test_a_change_is_stored_and_told(service: TeamService, team: Team, notifier: Recorder):
    strict = CONTRACT.model_copy(update={"hard_rules": ("rest",)})
    changes = {"name": "Alicia", "skills": ("Nurse", "Head nurse"), "contract": strict}
    alicia = await service.change(team.mona, VersionOf(team.alice.id, 1), changes)
    assert alicia == team.alice.model_copy(update={**changes, "version": 2})
    assert alicia in await service.all(team.mona)
    assert notifier.told == [("staff changed", alicia)]


async def test_nothing_new_makes_no_version_of_a_person(service: TeamService, team: Team, notifier: Recorder):
    assert await service.change(team.mona, VersionOf(team.alice.id, 1), {"name": "Alice"}) == team.alice
    assert notifier.told == []


async def test_a_stale_change_is_told_who_was_first(service: TeamService, team: Team, nadia: Staff, clock: ManualClock):
    by_nadia = await service.change(nadia, VersionOf(team.alice.id, 1), {"name": "Alicia"})
    clock.advance(minutes=3)
    with pytest.raises(errors.StaleVersion, match="Nadia changed this person 3 minutes ago") as stale:
        await service.change(team.mona, VersionOf(team.alice.id, 1), {"skills": ()})
    assert stale.value.current == by_nadia


async def test_an_email_that_another_has_is_refused(service: TeamService, team: Team):
    with pytest.raises(errors.AlreadyExists) as taken:
        await service.change(team.mona, VersionOf(team.alice.id, 1), {"email": "bob@example.com"})
    assert taken.value.field == "email"


async def test_managers_keep_their_own_rights(service: TeamService, team: Team):
    with pytest.raises(errors.RulesBroken) as refused:
        await service.change(team.mona, VersionOf(team.mona.id, 1), {"role": "staff"})
    assert [violation.code for violation in refused.value.violations] == ["own_role"]
    with pytest.raises(errors.Forbidden, match="ask another manager"):
        await service.remove(team.mona, VersionOf(team.mona.id, 1), "keep")


async def test_only_managers_change_the_team(service: TeamService, team: Team):
    bob = VersionOf(team.bob.id, 1)
    for attempt in (
        service.change(team.alice, bob, {"name": "Rob"}),
        service.remove(team.alice, bob, "keep"),
        service.restore(team.alice, bob),
    ):
        with pytest.raises(errors.Forbidden):
            await attempt


@pytest.mark.parametrize(
    ("fate", "left"),
    [
        ("keep", [("published", True), ("published", True), ("draft", True)]),
        ("open", [("published", True), ("published", False), ("draft", False)]),
        ("draft", [("published", True), ("draft", False), ("draft", False)]),
    ],
)
async def test_who_leaves_lets_go_of_what_has_not_begun(
    service: TeamService, team: Team, desk: Desk, notifier: Recorder, fate: Fate, left: list[tuple[str, bool]]
):
    planned = [
        shift("2026-11-22 08:00", staff_id=team.alice.id),
        shift("2026-11-23 08:00", staff_id=team.alice.id),
        shift("2026-11-24 08:00", staff_id=team.alice.id, status="draft"),
    ]
    async with desk.store.write() as tx:
        ids = [(await tx.schedules.add(each, team.mona, NOW)).id for each in planned]
    gone = await service.remove(team.mona, VersionOf(team.alice.id, 1), fate)
    assert (gone.active, gone.version) == (False, 2)
    assert notifier.told[0] == ("staff changed", gone)
    async with desk.store.read() as tx:
        found = [await tx.schedules.get(each) for each in ids]
    assert [(each.status, each.staff_id == gone.id) for each in found if each] == left


async def test_other_rights_end_the_connections_and_nothing_else_does(
    service: TeamService, team: Team, nadia: Staff, notifier: Recorder
):
    renamed = await service.change(team.mona, VersionOf(nadia.id, nadia.version), {"name": "Nadja"})
    demoted = await service.change(team.mona, VersionOf(nadia.id, renamed.version), {"role": "staff"})
    gone = await service.remove(team.mona, VersionOf(nadia.id, demoted.version), "keep")
    changed = [("staff changed", each) for each in (renamed, demoted, gone)]
    ends = [("connections end", each) for each in (demoted, gone)]
    assert notifier.told == [changed[0], changed[1], ends[0], changed[2], ends[1]]


@pytest.mark.parametrize("deed", ["remove", "demote"])
async def test_of_two_managers_who_take_each_others_rights_one_keeps_them(
    deed: str, team: Team, desk: Desk, database: str, passwords: Passwords, clock: ManualClock
):
    """Both were let in as managers, by two processes, before either change was made."""
    other = await Database(database).open()
    here, there = (TeamService(each, passwords) for each in (desk, Desk(other, Recorder().of, clock)))
    nina = await here.add(team.mona, replace(CARLA, role="manager"), None)

    async def take(service: TeamService, by: Staff, whose: Staff) -> Staff:
        seen = VersionOf(whose.id, whose.version)
        if deed == "remove":
            return await service.remove(by, seen, "keep")
        return await service.change(by, seen, {"role": "staff"})

    both = (take(here, team.mona, nina), take(there, nina, team.mona))
    outcomes = await asyncio.gather(*both, return_exceptions=True)
    await other.close()
    [refused] = [each for each in outcomes if not isinstance(each, Staff)]
    assert isinstance(refused, errors.Unauthenticated if deed == "remove" else errors.Forbidden)
    left = [each for each in await here.all(team.mona) if each.is_manager and each.active]
    assert len(left) == 1


async def test_who_has_left_is_planned_no_more_until_they_are_back(service: TeamService, team: Team, desk: Desk):
    schedules, bobs = ScheduleService(desk), shift("2026-11-24 08:00", staff_id=team.bob.id)
    kept = await schedules.create(team.mona, bobs, ())
    gone = await service.remove(team.mona, VersionOf(team.bob.id, 1), "keep")
    later = {"starts_at": instant("2026-11-24 09:00")}
    for attempt in (
        schedules.create(team.mona, shift("2026-11-26 08:00", staff_id=team.bob.id), ()),
        schedules.change(team.mona, VersionOf(kept.id, kept.version), later, ()),
        TimeOffService(desk).request(team.mona, NewTimeOff(gone.id, NOW, instant("2026-11-24 00:00"), "")),
    ):
        with pytest.raises(errors.RulesBroken, match=r"Bob does not work here any more\.") as refused:
            await attempt
        assert [(each.field, each.code) for each in refused.value.violations] == [("staff_id", "left")]
    suggested = await CheckService(desk).suggest(team.mona, shift("2026-11-26 08:00", staff_id=None), None)
    assert [each.staff.name for each in suggested] == ["Alice", "Mona Reyes"]

    with pytest.raises(errors.AlreadyDecided):
        await service.remove(team.mona, VersionOf(gone.id, gone.version), "keep")
    back = await service.restore(team.mona, VersionOf(gone.id, gone.version))
    assert (back.active, back.version) == (True, 3)
    assert (await schedules.change(team.mona, VersionOf(kept.id, kept.version), later, ())).version == 2
    with pytest.raises(errors.AlreadyDecided):
        await service.restore(team.mona, VersionOf(back.id, back.version))


async def test_locations_are_listed_and_added_once(service: TeamService, team: Team):
    assert await service.locations() == [LISBON, NORTH, TOKYO]
    moon = Location(name="Moon", timezone="UTC")
    assert await service.add_location(team.mona, moon) == moon
    with pytest.raises(errors.AlreadyExists):
        await service.add_location(team.mona, moon)
