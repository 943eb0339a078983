"""The Notifier of `services.ports`: decides who may know, and publishes."""

from collections.abc import Callable
from typing import TypeVar

from scheduling.server.domain.calendar import CalendarLink
from scheduling.server.domain.needs import LocationNeeds
from scheduling.server.domain.offer import Offer, OfferStatus
from scheduling.server.domain.schedule import Schedule
from scheduling.server.domain.simulation import Simulation
from scheduling.server.domain.staff import Staff
from scheduling.server.domain.template import Template
from scheduling.server.domain.time_off import TimeOff, TimeOffStatus
from tidings import Channel, Event
from tidings.outbox import AnySession, Outbox

from .live import (
    CalendarLinkChanged,
    Drafts,
    Me,
    Needs,
    NeedsChanged,
    OfferAccepted,
    OfferDecided,
    OfferEvent,
    OfferMade,
    Offers,
    OfferWithdrawn,
    ScheduleCreated,
    ScheduleDeleted,
    SchedulePublished,
    Schedules,
    ScheduleUpdated,
    ScheduleWithdrawn,
    SimulationChanged,
    Simulations,
    StaffChanged,
    StaffCreated,
    Team,
    TemplateDeleted,
    Templates,
    TemplateSaved,
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

_OFFER_EVENTS: dict[OfferStatus, type[OfferEvent]] = {
    "offered": OfferMade,
    "accepted": OfferAccepted,
    "approved": OfferDecided,
    "declined": OfferDecided,
    "withdrawn": OfferWithdrawn,
    "lapsed": OfferWithdrawn,
}


class LiveNotifier:
    """Publishes a change, with the change's own commit, to the channels of those who may see it.

    A draft goes to managers only. What the person whose shift it is gets on their own channel, all staff get on
    `schedules` too: as one event with one id, so no screen shows it twice. A change of a named request has events whose
    ids begin with that name and a dot; what follows is new each time, so that nobody's event is taken for another's.
    """

    def __init__(
        self,
        outbox: Outbox,
        session: AnySession,
        request_id: str | None,
        fresh: Callable[[], str],
    ) -> None:
        """`session` is what the change is written with; `fresh` gives up to 15 printable characters, new each time."""
        self._outbox, self._session = outbox, session
        self._request_id, self._fresh = request_id, fresh

    def notify_schedule_created(self, schedule: Schedule) -> None:
        event = ScheduleCreated(schedule=schedule)
        if schedule.published:
            self._publish(event, Schedules(), *_people(schedule))
        else:
            self._publish(event, Drafts())

    def notify_schedule_changed(self, before: Schedule, after: Schedule) -> None:
        """Tell of the step from `before` to `after` as what it is to each audience."""
        steps = {
            ("draft", "draft"): self.notify_draft_updated,
            ("draft", "published"): self.notify_schedule_published,
            ("published", "published"): self.notify_schedule_updated,
            ("published", "draft"): self.notify_schedule_withdrawn,
        }
        steps[before.status, after.status](before, after)

    def notify_draft_updated(self, _: Schedule, after: Schedule) -> None:
        self._publish(ScheduleUpdated(schedule_id=after.id, schedule=after), Drafts())

    def notify_schedule_updated(self, before: Schedule, after: Schedule) -> None:
        """Both people of a reassignment hear of it."""
        event = ScheduleUpdated(schedule_id=after.id, schedule=after)
        self._publish(event, Schedules(), *_people(before, after))

    def notify_schedule_published(self, _: Schedule, after: Schedule) -> None:
        self._publish(SchedulePublished(schedule=after), Schedules(), Drafts(), *_people(after))

    def notify_schedule_withdrawn(self, before: Schedule, after: Schedule) -> None:
        """Managers get the draft that it is now; staff only learn that it is gone."""
        gone = ScheduleWithdrawn(schedule_id=after.id, version=after.version)
        draft = ScheduleWithdrawn(schedule_id=after.id, version=after.version, schedule=after)
        self._publish(draft, Drafts())
        self._publish(gone, Schedules(), *_people(before))

    def notify_schedule_deleted(self, schedule: Schedule) -> None:
        event = ScheduleDeleted(schedule_id=schedule.id, version=schedule.version + 1)
        if schedule.published:
            self._publish(event, Schedules(), *_people(schedule))
        else:
            self._publish(event, Drafts())

    def notify_time_off(self, time_off: TimeOff) -> None:
        event = _TIME_OFF_EVENTS[time_off.status](timeoff=time_off)
        self._publish(event, TimeOffRequests(), Me(user_id=str(time_off.staff_id)))

    def notify_offer(self, offer: Offer) -> None:
        self._publish(_OFFER_EVENTS[offer.status](offer=offer), Offers())

    def notify_calendar_link(self, link: CalendarLink) -> None:
        self._publish(CalendarLinkChanged(link=link), Me(user_id=str(link.staff_id)))

    def notify_staff_created(self, staff: Staff) -> None:
        self._publish(StaffCreated(staff=staff.without_email()), Team())

    def notify_staff_changed(self, staff: Staff) -> None:
        self._publish(StaffChanged(staff=staff.without_email()), Team())

    def end_connections(self, staff: Staff) -> None:
        self._outbox.disconnect_user(self._session, staff.id, "a manager changed what you may see")

    def notify_template(self, template: Template) -> None:
        self._publish(TemplateSaved(template=template), Templates())

    def notify_template_deleted(self, template: Template) -> None:
        self._publish(TemplateDeleted(template_id=template.id, version=template.version + 1), Templates())

    def notify_needs(self, needs: LocationNeeds) -> None:
        self._publish(NeedsChanged(needs=needs), Needs())

    def notify_simulation(self, simulation: Simulation) -> None:
        self._publish(SimulationChanged(simulation=simulation), Simulations())

    def _publish(self, event: E, *channels: Channel[E]) -> None:
        id = None if self._request_id is None else f"{self._request_id}.{self._fresh()}"
        self._outbox.publish(self._session, event, *channels, id=id)


def _people(*schedules: Schedule) -> list[Me]:
    """The own channels of whoever these shifts are given to, each once."""
    ids = dict.fromkeys(schedule.staff_id for schedule in schedules)
    return [Me(user_id=str(staff_id)) for staff_id in ids if staff_id is not None]
