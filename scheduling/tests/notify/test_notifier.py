"""Who is told what, at the level of the channels. That it reaches real sockets is in tests/web/test_live.py."""

from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from itertools import count
from typing import Concatenate, ParamSpec

import pytest
from sqlalchemy import text

from scheduling.server.domain.needs import LocationNeeds
from scheduling.server.domain.text import Person
from scheduling.server.domain.time_off import TimeOffStatus
from scheduling.server.notify.live import (
    CHANNELS,
    Drafts,
    Me,
    Needs,
    NeedsChanged,
    ScheduleCreated,
    ScheduleDeleted,
    SchedulePublished,
    Schedules,
    ScheduleUpdated,
    ScheduleWithdrawn,
    StaffChanged,
    StaffCreated,
    Team,
    TimeOffRequests,
)
from scheduling.server.notify.notifier import LiveNotifier
from scheduling.server.store.database import Database, SqlTransaction
from scheduling.tests.roster import NOW, schedule, staff, time_off
from tidings import ConnectionManager
from tidings.brokers.database import DatabaseBroker
from tidings.outbox import Outbox
from tidings.testing import Publications

P = ParamSpec("P")

ALICE, BOB = Me(user_id="1"), Me(user_id="2")


class Office:
    """Tells of changes, each with a commit of its own."""

    def __init__(self, store: Database) -> None:
        self.manager = ConnectionManager(channels=CHANNELS, broker=DatabaseBroker(store.engine))
        numbers = count(1)
        self._outbox, self._fresh = Outbox(self.manager), lambda: f"new-{next(numbers)}"
        self._store = store

    def notifier(self, tx: SqlTransaction, request_id: str | None) -> LiveNotifier:
        return LiveNotifier(self._outbox, tx.session, request_id, self._fresh)

    async def tell(
        self,
        notify: Callable[Concatenate[LiveNotifier, P], None],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> None:
        await self.tell_of("", notify, *args, **kwargs)

    async def tell_of(
        self,
        request_id: str,
        notify: Callable[Concatenate[LiveNotifier, P], None],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> None:
        """Tell of a change that comes from a request with a name."""
        async with self._store.write() as tx:
            notify(self.notifier(tx, request_id or None), *args, **kwargs)


@pytest.fixture
async def office(store: Database) -> AsyncIterator[Office]:
    office = Office(store)
    yield office
    await office.manager.broker.close()


def heard(tidings: Publications, *channels: object) -> None:
    """Assert that each of these channels, and none else, heard of the one thing that happened."""
    everywhere = (Schedules(), Drafts(), TimeOffRequests(), Needs(), Team(), ALICE, BOB)
    for channel in everywhere:
        if channel in channels:
            assert len(tidings.all(on=channel)) == 1, channel
        else:
            tidings.none(on=channel)


async def test_a_created_shift_is_one_event_for_all_staff_and_its_person(office: Office, tidings: Publications):
    await office.tell(LiveNotifier.notify_schedule_created, schedule("2026-11-23 07:00"))
    heard(tidings, Schedules(), ALICE)
    # One event with one id, so a screen that follows both channels shows it once.
    assert len(tidings.all()) == 1
    assert tidings.only(ScheduleCreated, on=Schedules()).schedule == schedule("2026-11-23 07:00")


async def test_a_created_open_shift_is_for_all_staff(office: Office, tidings: Publications):
    await office.tell(LiveNotifier.notify_schedule_created, schedule("2026-11-23 07:00", staff_id=None))
    heard(tidings, Schedules())


async def test_a_draft_reaches_managers_only(office: Office, tidings: Publications):
    draft = schedule("2026-11-23 07:00", status="draft")
    await office.tell(LiveNotifier.notify_schedule_created, draft)
    heard(tidings, Drafts())
    tidings.clear()
    await office.tell(
        LiveNotifier.notify_schedule_changed, draft, schedule("2026-11-23 07:00", status="draft", staff_id=2, version=2)
    )
    heard(tidings, Drafts())
    assert tidings.only(ScheduleUpdated, on=Drafts()).schedule_id == draft.id
    tidings.clear()
    await office.tell(LiveNotifier.notify_schedule_deleted, draft)
    heard(tidings, Drafts())


async def test_an_update_is_for_all_staff_and_its_person(office: Office, tidings: Publications):
    await office.tell(
        LiveNotifier.notify_schedule_changed, schedule("2026-11-23 07:00"), schedule("2026-11-23 08:00", version=2)
    )
    heard(tidings, Schedules(), ALICE)
    assert len(tidings.all(ScheduleUpdated)) == 1


async def test_a_reassignment_is_told_to_both(office: Office, tidings: Publications):
    bobs = schedule("2026-11-23 07:00", staff_id=2, version=2)
    await office.tell(LiveNotifier.notify_schedule_changed, schedule("2026-11-23 07:00"), bobs)
    heard(tidings, Schedules(), ALICE, BOB)
    assert tidings.only(ScheduleUpdated, on=ALICE).schedule == bobs
    assert len(tidings.all()) == 1


async def test_taking_a_shift_from_somebody_is_told_to_them(office: Office, tidings: Publications):
    await office.tell(
        LiveNotifier.notify_schedule_changed,
        schedule("2026-11-23 07:00"),
        schedule("2026-11-23 07:00", staff_id=None, version=2),
    )
    heard(tidings, Schedules(), ALICE)


async def test_publishing_is_one_event_for_staff_managers_and_the_person(office: Office, tidings: Publications):
    draft = schedule("2026-11-23 07:00", status="draft", staff_id=2)
    published = schedule("2026-11-23 07:00", version=2)
    await office.tell(LiveNotifier.notify_schedule_changed, draft, published)
    # Bob, whose draft it was, never heard of it.
    heard(tidings, Schedules(), Drafts(), ALICE)
    assert tidings.only(SchedulePublished, on=Schedules()).schedule == published
    assert len(tidings.all()) == 1


async def test_withdrawing_shows_the_draft_to_managers_and_takes_it_from_staff(office: Office, tidings: Publications):
    draft = schedule("2026-11-23 07:00", status="draft", version=2, note="Not yet", staff_id=2)
    await office.tell(LiveNotifier.notify_schedule_changed, schedule("2026-11-23 07:00"), draft)
    heard(tidings, Schedules(), Drafts(), ALICE)
    assert tidings.only(ScheduleWithdrawn, on=Drafts()).schedule == draft
    for channel in (Schedules(), ALICE):
        gone = tidings.only(ScheduleWithdrawn, on=channel)
        assert (gone.schedule_id, gone.version, gone.schedule) == (draft.id, 2, None)


async def test_a_deletion_outranks_every_update_before_it(office: Office, tidings: Publications):
    await office.tell(LiveNotifier.notify_schedule_deleted, schedule("2026-11-23 07:00", version=4))
    heard(tidings, Schedules(), ALICE)
    assert tidings.only(ScheduleDeleted, on=Schedules()).version == 5


@pytest.mark.parametrize(
    ("status", "event_type"),
    [
        ("pending", "timeoff:requested"),
        ("approved", "timeoff:approved"),
        ("denied", "timeoff:denied"),
        ("cancelled", "timeoff:cancelled"),
    ],
)
async def test_time_off_is_for_managers_and_whose_it_is(
    office: Office, tidings: Publications, status: TimeOffStatus, event_type: str
):
    await office.tell(LiveNotifier.notify_time_off, time_off("2026-11-23 00:00", status=status))
    heard(tidings, TimeOffRequests(), ALICE)
    assert [event.event_type for event in tidings.all()] == [event_type]


async def test_what_a_place_needs_is_for_all_staff(office: Office, tidings: Publications):
    needs = LocationNeeds.none_at("North Ward").changed((), Person(id=9, name="Mona Reyes"), NOW)
    await office.tell(LiveNotifier.notify_needs, needs)
    heard(tidings, Needs())
    assert tidings.only(NeedsChanged, on=Needs()).needs == needs


async def test_a_new_colleague_is_told_without_their_email(office: Office, tidings: Publications):
    await office.tell(LiveNotifier.notify_staff_created, staff("Carla"))
    heard(tidings, Team())
    told = tidings.only(StaffCreated, on=Team()).staff
    assert (told.name, told.email) == ("Carla", None)


async def test_that_somebody_has_left_is_told_without_their_email(office: Office, tidings: Publications):
    await office.tell(LiveNotifier.notify_staff_changed, staff("Carla", active=False, version=2))
    heard(tidings, Team())
    told = tidings.only(StaffChanged, on=Team()).staff
    assert (told.name, told.email, told.active, told.version) == ("Carla", None, False, 2)


async def test_what_is_rolled_back_is_never_told(store: Database, office: Office, tidings: Publications):
    with suppress(OSError):
        async with store.write() as tx:
            office.notifier(tx, None).notify_schedule_created(schedule("2026-11-23 07:00"))
            raise OSError("the disk is full")
    await office.tell(LiveNotifier.notify_staff_created, staff("Carla"))
    heard(tidings, Team())


async def test_the_events_of_a_request_have_ids_that_begin_with_its_name(office: Office, store: Database):
    draft = schedule("2026-11-23 07:00", status="draft", version=2)
    await office.tell_of("req", LiveNotifier.notify_schedule_changed, schedule("2026-11-23 07:00"), draft)
    assert await log(store, "schedules:drafts") == ["req.new-1"]
    assert await log(store, "schedules") == await log(store, "user:1") == ["req.new-2"]


async def test_a_name_that_somebody_else_has_used_swallows_nothing(office: Office, store: Database):
    for number in (1, 2):
        await office.tell_of("same", LiveNotifier.notify_schedule_created, schedule("2026-11-23 07:00", id=number))
    assert await log(store, "schedules") == ["same.new-1", "same.new-2"]


async def log(store: Database, channel: str) -> list[str]:
    """The ids of a channel's events, as the database has them."""
    async with store.read() as tx:
        query = text('SELECT id FROM tidings_events WHERE channel = :channel ORDER BY "offset"')
        return list(await tx.session.scalars(query, {"channel": channel}))
