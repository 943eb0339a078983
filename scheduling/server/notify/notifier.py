"""The Notifier of `services.ports`: decides who may know, and publishes."""

from scheduling.server.domain.schedule import Schedule
from scheduling.server.domain.staff import Staff
from scheduling.server.domain.time_off import TimeOff, TimeOffStatus
from tidings import ConnectionManager

from .live import (
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
    TimeOffApproved,
    TimeOffCancelled,
    TimeOffDenied,
    TimeOffEvent,
    TimeOffRequested,
    TimeOffRequests,
)

_TIME_OFF_EVENTS: dict[TimeOffStatus, type[TimeOffEvent]] = {
    "pending": TimeOffRequested,
    "approved": TimeOffApproved,
    "denied": TimeOffDenied,
    "cancelled": TimeOffCancelled,
}


class LiveNotifier:
    """Publishes each change to the channels of those who may see it.

    A draft goes to managers only. What the person whose shift it is gets on their own channel, all staff get on
    `schedules` too: as one event with one id, so no screen shows it twice.
    """

    def __init__(self, manager: ConnectionManager) -> None:
        self._manager = manager

    async def notify_schedule_created(self, schedule: Schedule) -> None:
        event = ScheduleCreated(schedule=schedule)
        if schedule.published:
            await self._manager.publish(event, Schedules(), *_people(schedule))
        else:
            await self._manager.publish(event, Drafts())

    async def notify_schedule_changed(self, before: Schedule, after: Schedule) -> None:
        """Tell of the step from `before` to `after` as what it is to each audience."""
        steps = {
            ("draft", "draft"): self.notify_draft_updated,
            ("draft", "published"): self.notify_schedule_published,
            ("published", "published"): self.notify_schedule_updated,
            ("published", "draft"): self.notify_schedule_withdrawn,
        }
        await steps[before.status, after.status](before, after)

    async def notify_draft_updated(self, _: Schedule, after: Schedule) -> None:
        await self._manager.publish(ScheduleUpdated(schedule_id=after.id, schedule=after), Drafts())

    async def notify_schedule_updated(self, before: Schedule, after: Schedule) -> None:
        """Both people of a reassignment hear of it."""
        event = ScheduleUpdated(schedule_id=after.id, schedule=after)
        await self._manager.publish(event, Schedules(), *_people(before, after))

    async def notify_schedule_published(self, _: Schedule, after: Schedule) -> None:
        event = SchedulePublished(schedule=after)
        await self._manager.publish(event, Schedules(), Drafts(), *_people(after))

    async def notify_schedule_withdrawn(self, before: Schedule, after: Schedule) -> None:
        """Managers get the draft that it is now; staff only learn that it is gone."""
        gone = ScheduleWithdrawn(schedule_id=after.id, version=after.version)
        draft = ScheduleWithdrawn(schedule_id=after.id, version=after.version, schedule=after)
        await self._manager.publish(draft, Drafts())
        await self._manager.publish(gone, Schedules(), *_people(before))

    async def notify_schedule_deleted(self, schedule: Schedule) -> None:
        event = ScheduleDeleted(schedule_id=schedule.id, version=schedule.version + 1)
        if schedule.published:
            await self._manager.publish(event, Schedules(), *_people(schedule))
        else:
            await self._manager.publish(event, Drafts())

    async def notify_time_off(self, time_off: TimeOff) -> None:
        event = _TIME_OFF_EVENTS[time_off.status](timeoff=time_off)
        await self._manager.publish(event, TimeOffRequests(), Me(user_id=str(time_off.staff_id)))

    async def notify_staff_created(self, staff: Staff) -> None:
        await self._manager.publish(StaffCreated(staff=staff.without_email()), Team())


def _people(*schedules: Schedule) -> list[Me]:
    """The own channels of whoever these shifts are given to, each once."""
    ids = dict.fromkeys(schedule.staff_id for schedule in schedules)
    return [Me(user_id=str(staff_id)) for staff_id in ids if staff_id is not None]
