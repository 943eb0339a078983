import pytest

from scheduling.server.domain.needs import Need
from scheduling.server.services import errors
from scheduling.server.services.changes import Desk
from scheduling.server.services.needs import NeedsService
from scheduling.tests.conftest import ManualClock, Recorder, Team

EARLY = Need(role="Nurse", weekday=1, starts="07:00", ends="15:00", least=2)
NIGHT = Need(role="Nurse", weekday=7, starts="23:00", ends="07:00", least=1)


@pytest.fixture
def needs(desk: Desk) -> NeedsService:
    return NeedsService(desk)


async def test_what_is_needed_is_stored_stamped_and_told(
    needs: NeedsService, team: Team, notifier: Recorder, clock: ManualClock
):
    assert await needs.all() == []
    first = await needs.replace(team.mona, "North Ward", 0, (EARLY, NIGHT))
    assert (first.version, first.needs, first.updated_by) == (1, (EARLY, NIGHT), team.mona.person)
    clock.advance(seconds=3)
    second = await needs.replace(team.mona, "North Ward", 1, (NIGHT,))
    assert (second.version, second.needs, second.updated_at) == (2, (NIGHT,), clock.now)
    assert await needs.all() == [second]
    assert notifier.told == [("needs", first), ("needs", second)]


async def test_nothing_new_makes_no_version(needs: NeedsService, team: Team, notifier: Recorder):
    first = await needs.replace(team.mona, "North Ward", 0, (EARLY,))
    assert await needs.replace(team.mona, "North Ward", 1, (EARLY,)) == first
    assert len(notifier.told) == 1


@pytest.mark.parametrize("seen", [0, 2])
async def test_a_stale_version_is_told_who_was_first(needs: NeedsService, team: Team, notifier: Recorder, seen: int):
    first = await needs.replace(team.mona, "North Ward", 0, (EARLY,))
    with pytest.raises(errors.StaleVersion, match="Mona Reyes changed this list of needs just now") as stale:
        await needs.replace(team.mona, "North Ward", seen, ())
    assert stale.value.current == first
    assert await needs.all() == [first]
    assert len(notifier.told) == 1


async def test_a_place_that_is_not_there_needs_nobody(needs: NeedsService, team: Team):
    with pytest.raises(errors.RulesBroken, match=r"There is no location Mars\. There are: Lisbon Clinic"):
        await needs.replace(team.mona, "Mars", 0, (EARLY,))


async def test_only_managers_say_what_is_needed(needs: NeedsService, team: Team):
    with pytest.raises(errors.Forbidden, match="Only managers may say what is needed"):
        await needs.replace(team.alice, "North Ward", 0, (EARLY,))
