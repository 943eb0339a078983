"""The Notifier of `services.ports`: decides who may know, and publishes."""

from collections.abc import Callable
from typing import TypeVar

from scheduling.server.domain.schedule import Schedule
from scheduling.server.domain.staff import Staff
from scheduling.server.domain.time_off import TimeOff, TimeOffStatus
from scheduling.server.services.ports import Occasion
from tidings import Channel, Event
from tidings.outbox import Outbox

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

E = TypeVar("E", bound=Event)

_TIME_OFF_EVENTS: dict[TimeOffStatus, type[TimeOffEvent]] = {
    "pending": TimeOffRequested,
    "approved": TimeOffApproved,
    "denied": TimeOffDenied,
    "cancelled": TimeOffCancelled,
}


class LiveNotifier:
    """Publishes each change, with the change's own commit, to the channels of those who may see it.

    A draft goes to managers only. What the person whose shift it is gets on their own channel, all staff get on
    `schedules` too: as one event with one id, so no screen shows it twice. A change of a named request has events whose
    ids begin with that name and a dot; what follows is new each time, so that nobody's event is taken for another's.
    """

    def __init__(self, outbox: Outbox, fresh: Callable[[], str]) -> None:
        """`fresh` gives up to 15 printable characters that are new each time."""
        self._outbox, self._fresh = outbox, fresh

    def notify_schedule_created(self, change: Occasion, schedule: Schedule) -> None:
        event = ScheduleCreated(schedule=schedule)
        if schedule.published:
            self._publish(change, event, Schedules(), *_people(schedule))
        else:
            self._publish(change, event, Drafts())

    def notify_schedule_changed(self, change: Occasion, before: Schedule, after: Schedule) -> None:
        """Tell of the step from `before` to `after` as what it is to each audience."""
        steps = {
            ("draft", "draft"): self.notify_draft_updated,
            ("draft", "published"): self.notify_schedule_published,
            ("published", "published"): self.notify_schedule_updated,
            ("published", "draft"): self.notify_schedule_withdrawn,
        }
        steps[before.status, after.status](change, before, after)

    def notify_draft_updated(self, change: Occasion, _: Schedule, after: Schedule) -> None:
        self._publish(change, ScheduleUpdated(schedule_id=after.id, schedule=after), Drafts())

    def notify_schedule_updated(self, change: Occasion, before: Schedule, after: Schedule) -> None:
        """Both people of a reassignment hear of it."""
        event = ScheduleUpdated(schedule_id=after.id, schedule=after)
        self._publish(change, event, Schedules(), *_people(before, after))

    def notify_schedule_published(self, change: Occasion, _: Schedule, after: Schedule) -> None:
        self._publish(change, SchedulePublished(schedule=after), Schedules(), Drafts(), *_people(after))

    def notify_schedule_withdrawn(self, change: Occasion, before: Schedule, after: Schedule) -> None:
        """Managers get the draft that it is now; staff only learn that it is gone."""
        gone = ScheduleWithdrawn(schedule_id=after.id, version=after.version)
        draft = ScheduleWithdrawn(schedule_id=after.id, version=after.version, schedule=after)
        self._publish(change, draft, Drafts())
        self._publish(change, gone, Schedules(), *_people(before))

    def notify_schedule_deleted(self, change: Occasion, schedule: Schedule) -> None:
        event = ScheduleDeleted(schedule_id=schedule.id, version=schedule.version + 1)
        if schedule.published:
            self._publish(change, event, Schedules(), *_people(schedule))
        else:
            self._publish(change, event, Drafts())

    def notify_time_off(self, change: Occasion, time_off: TimeOff) -> None:
        event = _TIME_OFF_EVENTS[time_off.status](timeoff=time_off)
        self._publish(change, event, TimeOffRequests(), Me(user_id=str(time_off.staff_id)))

    def notify_staff_created(self, change: Occasion, staff: Staff) -> None:
        self._publish(change, StaffCreated(staff=staff.without_email()), Team())

    def _publish(self, change: Occasion, event: E, *channels: Channel[E]) -> None:
        id = None if change.request_id is None else f"{change.request_id}.{self._fresh()}"
        self._outbox.publish(change.tx.session, event, *channels, id=id)


def _people(*schedules: Schedule) -> list[Me]:
    """The own channels of whoever these shifts are given to, each once."""
    ids = dict.fromkeys(schedule.staff_id for schedule in schedules)
    return [Me(user_id=str(staff_id)) for staff_id in ids if staff_id is not None]
