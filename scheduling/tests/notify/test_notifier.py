"""Who is told what, at the level of the channels. That it reaches real sockets is in tests/web/test_live.py."""

import pytest

from scheduling.server.domain.time_off import TimeOffStatus
from scheduling.server.notify.live import (
    CHANNELS,
    Drafts,
    Me,
    ScheduleCreated,
    ScheduleDeleted,
    SchedulePublished,
    Schedules,
    ScheduleUpdated,
    ScheduleWithdrawn,
    StaffCreated,
    Team,
    TimeOffRequests,
)
from scheduling.server.notify.notifier import LiveNotifier
from scheduling.tests.roster import schedule, staff, time_off
from tidings import ConnectionManager
from tidings.testing import Publications

ALICE, BOB = Me(user_id="1"), Me(user_id="2")


@pytest.fixture
def notifier() -> LiveNotifier:
    return LiveNotifier(ConnectionManager(channels=CHANNELS))


def heard(tidings: Publications, *channels: object) -> None:
    """Assert that each of these channels, and none else, heard of the one thing that happened."""
    everywhere = (Schedules(), Drafts(), TimeOffRequests(), Team(), ALICE, BOB)
    for channel in everywhere:
        if channel in channels:
            assert len(tidings.all(on=channel)) == 1, channel
        else:
            tidings.none(on=channel)


async def test_a_created_shift_is_one_event_for_all_staff_and_its_person(notifier: LiveNotifier, tidings: Publications):
    await notifier.notify_schedule_created(schedule("2026-11-23 07:00"))
    heard(tidings, Schedules(), ALICE)
    # One event with one id, so a screen that follows both channels shows it once.
    assert len(tidings.all()) == 1
    assert tidings.only(ScheduleCreated, on=Schedules()).schedule == schedule("2026-11-23 07:00")


async def test_a_created_open_shift_is_for_all_staff(notifier: LiveNotifier, tidings: Publications):
    await notifier.notify_schedule_created(schedule("2026-11-23 07:00", staff_id=None))
    heard(tidings, Schedules())


async def test_a_draft_reaches_managers_only(notifier: LiveNotifier, tidings: Publications):
    draft = schedule("2026-11-23 07:00", status="draft")
    await notifier.notify_schedule_created(draft)
    heard(tidings, Drafts())
    tidings.clear()
    await notifier.notify_schedule_changed(draft, schedule("2026-11-23 07:00", status="draft", staff_id=2, version=2))
    heard(tidings, Drafts())
    assert tidings.only(ScheduleUpdated, on=Drafts()).schedule_id == draft.id
    tidings.clear()
    await notifier.notify_schedule_deleted(draft)
    heard(tidings, Drafts())


async def test_an_update_is_for_all_staff_and_its_person(notifier: LiveNotifier, tidings: Publications):
    await notifier.notify_schedule_changed(schedule("2026-11-23 07:00"), schedule("2026-11-23 08:00", version=2))
    heard(tidings, Schedules(), ALICE)
    assert len(tidings.all(ScheduleUpdated)) == 1


async def test_a_reassignment_is_told_to_both(notifier: LiveNotifier, tidings: Publications):
    bobs = schedule("2026-11-23 07:00", staff_id=2, version=2)
    await notifier.notify_schedule_changed(schedule("2026-11-23 07:00"), bobs)
    heard(tidings, Schedules(), ALICE, BOB)
    assert tidings.only(ScheduleUpdated, on=ALICE).schedule == bobs
    assert len(tidings.all()) == 1


async def test_taking_a_shift_from_somebody_is_told_to_them(notifier: LiveNotifier, tidings: Publications):
    await notifier.notify_schedule_changed(
        schedule("2026-11-23 07:00"), schedule("2026-11-23 07:00", staff_id=None, version=2)
    )
    heard(tidings, Schedules(), ALICE)


async def test_publishing_is_one_event_for_staff_managers_and_the_person(notifier: LiveNotifier, tidings: Publications):
    draft = schedule("2026-11-23 07:00", status="draft", staff_id=2)
    published = schedule("2026-11-23 07:00", version=2)
    await notifier.notify_schedule_changed(draft, published)
    # Bob, whose draft it was, never heard of it.
    heard(tidings, Schedules(), Drafts(), ALICE)
    assert tidings.only(SchedulePublished, on=Schedules()).schedule == published
    assert len(tidings.all()) == 1


async def test_withdrawing_shows_the_draft_to_managers_and_takes_it_from_staff(
    notifier: LiveNotifier, tidings: Publications
):
    draft = schedule("2026-11-23 07:00", status="draft", version=2, note="Not yet", staff_id=2)
    await notifier.notify_schedule_changed(schedule("2026-11-23 07:00"), draft)
    heard(tidings, Schedules(), Drafts(), ALICE)
    assert tidings.only(ScheduleWithdrawn, on=Drafts()).schedule == draft
    for channel in (Schedules(), ALICE):
        gone = tidings.only(ScheduleWithdrawn, on=channel)
        assert (gone.schedule_id, gone.version, gone.schedule) == (draft.id, 2, None)


async def test_a_deletion_outranks_every_update_before_it(notifier: LiveNotifier, tidings: Publications):
    await notifier.notify_schedule_deleted(schedule("2026-11-23 07:00", version=4))
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
    notifier: LiveNotifier, tidings: Publications, status: TimeOffStatus, event_type: str
):
    await notifier.notify_time_off(time_off("2026-11-23 00:00", status=status))
    heard(tidings, TimeOffRequests(), ALICE)
    assert [event.event_type for event in tidings.all()] == [event_type]


async def test_a_new_colleague_is_told_without_their_email(notifier: LiveNotifier, tidings: Publications):
    await notifier.notify_staff_created(staff("Carla"))
    heard(tidings, Team())
    told = tidings.only(StaffCreated, on=Team()).staff
    assert (told.name, told.email) == ("Carla", None)
