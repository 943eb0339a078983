"""What can happen, and where it is heard.

Imports neither the application nor its settings: `tidings types` reads it too. Every subscriber of a channel may see
every event in it; so a draft has a channel of its own, and leaving a channel's scope is an event on that channel.
"""

from datetime import date

from pydantic import BaseModel, Field

from scheduling.server.domain.calendar import CalendarLink
from scheduling.server.domain.needs import LocationNeeds
from scheduling.server.domain.offer import Offer
from scheduling.server.domain.schedule import Schedule
from scheduling.server.domain.simulation import Simulation
from scheduling.server.domain.staff import Staff
from scheduling.server.domain.template import Template
from scheduling.server.domain.time_off import TimeOff
from tidings import Channel, Event, UserChannel


class ScheduleCreated(Event, type="schedule:created", key="schedule.id", version="schedule.version"):
    schedule: Schedule


class ScheduleUpdated(Event, type="schedule:updated", key="schedule_id", version="schedule.version"):
    schedule_id: int = Field(alias="scheduleId")
    schedule: Schedule


class ScheduleDeleted(Event, type="schedule:deleted", key="schedule_id", version="version"):
    """`version` is one above the last that stood, so that a late update loses against it."""

    schedule_id: int = Field(alias="scheduleId")
    version: int


class SchedulePublished(Event, type="schedule:published", key="schedule.id", version="schedule.version"):
    schedule: Schedule


class ScheduleWithdrawn(Event, type="schedule:withdrawn", key="schedule_id", version="version"):
    """A published shift is a draft again. `schedule` is there for managers only."""

    schedule_id: int = Field(alias="scheduleId")
    version: int
    schedule: Schedule | None = None


class TimeOffRequested(Event, type="timeoff:requested", key="timeoff.id", version="timeoff.version"):
    timeoff: TimeOff


class TimeOffApproved(Event, type="timeoff:approved", key="timeoff.id", version="timeoff.version"):
    timeoff: TimeOff


class TimeOffDenied(Event, type="timeoff:denied", key="timeoff.id", version="timeoff.version"):
    timeoff: TimeOff


class TimeOffCancelled(Event, type="timeoff:cancelled", key="timeoff.id", version="timeoff.version"):
    timeoff: TimeOff


class OfferMade(Event, type="offer:made", key="offer.id", version="offer.version"):
    offer: Offer


class OfferAccepted(Event, type="offer:accepted", key="offer.id", version="offer.version"):
    offer: Offer


class OfferDecided(Event, type="offer:decided", key="offer.id", version="offer.version"):
    """Approved or declined, as its status says."""

    offer: Offer


class OfferWithdrawn(Event, type="offer:withdrawn", key="offer.id", version="offer.version"):
    """Taken back, or lapsed because one of its shifts has moved or is gone."""

    offer: Offer


class NeedsChanged(Event, type="needs:changed", key="needs.location", version="needs.version"):
    """In place of all that the location needed before."""

    needs: LocationNeeds


class CalendarLinkChanged(Event, type="calendar:link", key="link.id", version="link.version"):
    """Made, read by a calendar program, or revoked, as its instants say. The address itself is in no event."""

    link: CalendarLink


class TemplateSaved(Event, type="template:saved", key="template.id", version="template.version"):
    """Added, renamed or with other shifts; they are read from the API."""

    template: Template


class TemplateDeleted(Event, type="template:deleted", key="template_id", version="version"):
    """`version` is one above the last that stood, so that a late update loses against it."""

    template_id: int = Field(alias="templateId")
    version: int


class StaffCreated(Event, type="staff:created", key="staff.id", version="staff.version"):
    """`staff` is without its e-mail."""

    staff: Staff


class StaffChanged(Event, type="staff:changed", key="staff.id", version="staff.version"):
    """Changed, gone or back, as `staff` says itself; it is without its e-mail."""

    staff: Staff


class SimulationChanged(Event, type="simulation:changed", key="simulation.name", version="simulation.version"):
    """Colleagues are played in the demo, or are not any more."""

    simulation: Simulation


ScheduleEvent = ScheduleCreated | ScheduleUpdated | ScheduleDeleted | SchedulePublished | ScheduleWithdrawn
TimeOffEvent = TimeOffRequested | TimeOffApproved | TimeOffDenied | TimeOffCancelled
StaffEvent = StaffCreated | StaffChanged
OfferEvent = OfferMade | OfferAccepted | OfferDecided | OfferWithdrawn


class Schedules(Channel[ScheduleEvent], name="schedules"):
    """Published shifts. For all staff."""


class Looking(BaseModel):
    """What a manager's page shows: a week by its Monday, and the shift that is being edited on it."""

    week: date | None = None
    editing: int | None = None


class Drafts(Channel[ScheduleEvent], name="schedules:drafts", presence=Looking):
    """Drafts, and who is looking at the plan. For managers: who looks at it is nothing that staff are told."""


class TimeOffRequests(Channel[TimeOffEvent], name="timeoff"):
    """Everybody's time off. For managers."""


class Offers(Channel[OfferEvent], name="offers"):
    """What the staff offer one another, the shifts of it being published, and what they say about it. For all staff."""


class Needs(Channel[NeedsChanged], name="needs"):
    """How many people each location needs when. For all staff."""


class Templates(Channel[TemplateSaved | TemplateDeleted], name="templates"):
    """The shifts of weeks under names. For managers."""


class Team(Channel[StaffEvent], name="staff"):
    """Who works here, and who did. For all staff."""


class Simulations(Channel[SimulationChanged], name="simulation"):
    """Whether colleagues are played: in the demo only. For all staff."""


class Me(UserChannel[ScheduleEvent | TimeOffEvent | CalendarLinkChanged]):
    """One's own published shifts, time off and calendar links; every connection of the person follows it."""


CHANNELS = (Schedules, Drafts, TimeOffRequests, Offers, Needs, Templates, Team, Simulations, Me)
MANAGERS_ONLY = (Drafts, TimeOffRequests, Templates)
FOR_ALL_STAFF = (Schedules, Offers, Needs, Team, Simulations)
