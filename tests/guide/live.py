"""What can happen, and where: the declarations of docs/migrating.md, and the names that the guide's code imports."""

from pydantic import BaseModel

import tidings
from tidings import Channel, Event, UserChannel, create_ws_message

__all__ = [
    "Me",
    "Schedule",
    "ScheduleCreated",
    "ScheduleCreatedPayload",
    "Schedules",
    "TeamSchedules",
    "WSEventType",
    "create_ws_message",
]


class Schedule(BaseModel):
    """What the application's API returns for a schedule."""

    id: int
    staff_id: int
    version: int = 1


class ScheduleCreated(Event, type="schedule:created", key="schedule.id", version="schedule.version"):
    schedule: Schedule


class Schedules(Channel[ScheduleCreated], name="schedules"): ...


class TeamSchedules(Channel[ScheduleCreated], name="team:{team_id}:schedules"):
    team_id: int


class Me(UserChannel[ScheduleCreated]): ...


class ScheduleCreatedPayload(BaseModel):
    """The guide's name for what `schedule:created` carries."""

    schedule: Schedule


WSEventType = tidings.WSEventType.including(ScheduleCreated)
