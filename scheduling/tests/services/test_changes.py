"""A change and what is told of it: committed together, or not at all."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from scheduling.server.domain.schedule import Schedule
from scheduling.server.main import live_desk, live_manager, live_outbox
from scheduling.server.notify.live import Me, ScheduleCreated, Schedules
from scheduling.server.services.changes import Desk
from scheduling.server.services.ports import VersionOf, Window
from scheduling.server.services.schedules import ScheduleService
from scheduling.server.settings import Settings
from scheduling.server.store.database import Database
from scheduling.tests.conftest import ManualClock, Recorder, Team, named
from scheduling.tests.roster import shift
from tidings import ConnectionManager, EventError
from tidings.brokers.database import DatabaseBroker
from tidings.protocol.log import Entry, Position


class Unheard(Recorder):
    def notify_schedule_created(self, schedule: Schedule) -> None:
        raise EventError("schedule:created: schedule.note is not Unicode")


@pytest.fixture
async def manager(settings: Settings, store: Database) -> AsyncIterator[ConnectionManager]:
    manager = live_manager(settings, store, DatabaseBroker(store.engine))
    yield manager
    await manager.broker.close()


@pytest.fixture
def live(store: Database, manager: ConnectionManager, clock: ManualClock) -> Desk:
    """A desk that tells the screens, not a recorder."""
    return live_desk(store, live_outbox(store, manager), clock, fresh=lambda: "1")


async def log(manager: ConnectionManager, channel: str) -> list[Entry]:
    top = await manager.broker.follow(channel)
    manager.broker.unfollow(channel)
    entries = await manager.broker.since(channel, Position(top.epoch, 0, ""), 1_000)
    assert entries is not None
    return entries


async def test_what_is_committed_is_told(live: Desk, manager: ConnectionManager, team: Team):
    async with named("req", team.mona) as request:
        await ScheduleService(live).create(team.mona, shift("2026-11-23 07:00", staff_id=team.alice.id), (), request)
    for channel in (Schedules(), Me(user_id=team.alice.id)):
        [entry] = await log(manager, channel.name)
        assert entry.position.id == "req.1"
        assert ScheduleCreated.event_type.encode() in entry.message


async def test_what_is_rolled_back_is_never_told(live: Desk, manager: ConnectionManager, team: Team):
    async def fail_after_telling() -> None:
        async with live.change() as change:
            schedule = await change.tx.schedules.add(shift("2026-11-23 07:00"), team.mona, change.now)
            change.notifier.notify_schedule_created(schedule)
            raise OSError("the disk is full")

    with pytest.raises(OSError, match="disk is full"):
        await fail_after_telling()
    await ScheduleService(live).create(team.mona, shift("2026-11-24 07:00", staff_id=team.alice.id), ())
    async with live.store.read() as tx:
        assert len(await tx.schedules.find(Window(), staff_id=None, status=None, limit=10)) == 1
    assert len(await log(manager, "schedules")) == 1


async def test_what_cannot_be_told_is_not_done(store: Database, clock: ManualClock, team: Team):
    schedules = ScheduleService(Desk(store, Unheard().of, clock))
    with pytest.raises(EventError, match="not Unicode"):
        await schedules.create(team.mona, shift("2026-11-23 07:00", staff_id=team.alice.id), ())
    assert await schedules.find(team.mona, Window(), None, None) == []


async def test_changes_are_told_in_the_order_of_their_commits(live: Desk, manager: ConnectionManager, team: Team):
    schedules = ScheduleService(live)
    created = await schedules.create(team.mona, shift("2026-11-23 07:00", staff_id=team.alice.id), ())

    async def note(number: int) -> None:
        async with live.store.read() as tx:
            current = await tx.schedules.get(created.id)
        assert current is not None
        await schedules.change(team.mona, VersionOf(current.id, current.version), {"note": str(number)}, ())

    outcomes = await asyncio.gather(*(note(number) for number in range(5)), return_exceptions=True)
    entries = await log(manager, "schedules")
    versions = [int(entry.message.split(b'"version":')[-1].rstrip(b"}")) for entry in entries]
    assert versions == list(range(1, outcomes.count(None) + 2))
    assert len(versions) > 1


async def test_the_name_of_a_request_comes_with_what_is_told(desk: Desk, team: Team, notifier: Recorder):
    schedules = ScheduleService(desk)
    async with named("one", team.mona) as one:
        created = await schedules.create(team.mona, shift("2026-11-23 07:00", staff_id=team.alice.id), (), one)
    async with named("two", team.mona) as two:
        await schedules.change(team.mona, VersionOf(created.id, 1), {"note": "two"}, (), two)
    await schedules.delete(team.mona, VersionOf(created.id, 2))
    assert notifier.request_ids == ["one", "two", None]


async def fail_to_answer(desk: Desk, team: Team) -> None:
    async with named("one", team.mona) as one:
        await ScheduleService(desk).create(team.mona, shift("2026-11-23 07:00", staff_id=team.alice.id), (), one)
        raise OSError("the answer cannot be written")


async def test_what_cannot_be_answered_is_not_done(live: Desk, manager: ConnectionManager, team: Team):
    with pytest.raises(OSError, match="cannot be written"):
        await fail_to_answer(live, team)
    assert await ScheduleService(live).find(team.mona, Window(), None, None) == []
    assert await log(manager, "schedules") == []
