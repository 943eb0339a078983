import asyncio
import logging

import pytest

from scheduling.server.domain.schedule import Schedule
from scheduling.server.services.changes import Desk
from scheduling.server.services.ports import VersionOf, Window
from scheduling.server.services.schedules import ScheduleService
from scheduling.server.store.database import Database
from scheduling.tests.conftest import ManualClock, Recorder, Team
from scheduling.tests.roster import shift


class Witness(Recorder):
    """Looks, from outside, at what is committed when it is told."""

    def __init__(self, store: Database) -> None:
        super().__init__()
        self._store = store
        self.committed: list[list[Schedule]] = []

    async def notify_schedule_created(self, schedule: Schedule) -> None:
        async with self._store.read() as tx:
            self.committed.append(await tx.schedules.find(Window(), staff_id=None, status=None, limit=10))


class Broken(Recorder):
    async def notify_schedule_created(self, schedule: Schedule) -> None:
        raise ConnectionError("the broker is away")


async def test_what_is_told_is_committed_already(store: Database, clock: ManualClock, team: Team):
    witness = Witness(store)
    created = await ScheduleService(Desk(store, witness, clock)).create(
        team.mona, shift("2026-11-23 07:00", staff_id=team.alice.id), ()
    )
    assert witness.committed == [[created]]


async def test_what_is_rolled_back_is_never_told(desk: Desk, team: Team, notifier: Recorder):
    async def fail_after_telling() -> None:
        async with desk.change() as change:
            schedule = await change.tx.schedules.add(shift("2026-11-23 07:00"), team.mona, change.now)
            change.tell(notifier.notify_schedule_created, schedule)
            raise OSError("the disk is full")

    with pytest.raises(OSError, match="disk is full"):
        await fail_after_telling()
    async with desk.store.read() as tx:
        assert await tx.schedules.find(Window(), staff_id=None, status=None, limit=10) == []
    assert notifier.told == []


async def test_a_notifier_that_fails_is_logged_and_the_change_stands(
    store: Database, clock: ManualClock, team: Team, caplog: pytest.LogCaptureFixture
):
    schedules = ScheduleService(Desk(store, Broken(), clock))
    created = await schedules.create(team.mona, shift("2026-11-23 07:00", staff_id=team.alice.id), ())
    assert await schedules.find(team.mona, Window(), None, None) == [created]
    [record] = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert record.exc_info is not None
    assert "the broker is away" in str(record.exc_info[1])


async def test_a_notifier_that_fails_keeps_nothing_from_the_rest(desk: Desk, caplog: pytest.LogCaptureFixture):
    told = []

    async def tell(number: int) -> None:
        if number % 2:
            raise ConnectionError(f"the broker is away: {number}")
        told.append(number)

    async with desk.change() as change:
        for number in range(5):
            change.tell(tell, number)
    assert told == [0, 2, 4]
    failures = [str(record.exc_info[1]) for record in caplog.records if record.exc_info]
    assert failures == ["the broker is away: 1", "the broker is away: 3"]


async def test_changes_are_told_in_the_order_of_their_commits(desk: Desk, team: Team, notifier: Recorder):
    schedules = ScheduleService(desk)
    created = await schedules.create(team.mona, shift("2026-11-23 07:00", staff_id=team.alice.id), ())

    async def note(number: int) -> None:
        async with desk.store.read() as tx:
            current = await tx.schedules.get(created.id)
        assert current is not None
        await schedules.change(team.mona, VersionOf(current.id, current.version), {"note": str(number)}, ())

    await asyncio.gather(*(note(number) for number in range(5)), return_exceptions=True)
    versions = [told[-1].version for told in notifier.told if isinstance(told[-1], Schedule)]
    assert versions == sorted(versions)
    assert len(versions) > 1
