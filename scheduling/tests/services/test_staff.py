import pytest

from scheduling.server.domain.schedule import Location
from scheduling.server.services import errors
from scheduling.server.services.changes import Desk
from scheduling.server.services.passwords import Passwords
from scheduling.server.services.ports import NewStaff
from scheduling.server.services.staff import TeamService
from scheduling.tests.conftest import Recorder, Team
from scheduling.tests.roster import CONTRACT, LISBON, NORTH, TOKYO

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


async def test_locations_are_listed_and_added_once(service: TeamService, team: Team):
    assert await service.locations() == [LISBON, NORTH, TOKYO]
    moon = Location(name="Moon", timezone="UTC")
    assert await service.add_location(team.mona, moon) == moon
    with pytest.raises(errors.AlreadyExists):
        await service.add_location(team.mona, moon)
