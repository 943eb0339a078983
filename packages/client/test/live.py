"""What can happen, and where: the declarations that `live.gen.ts` is generated from."""

from typing import Literal

from pydantic import BaseModel

from tidings import Channel, Event, UserChannel


class Schedule(BaseModel):
    id: int
    staff_id: int | None
    title: str
    status: Literal["draft", "published"]
    tags: list[str]
    version: int


class ScheduleCreated(Event, type="schedule:created", key="schedule.id", version="schedule.version"):
    schedule: Schedule


class ScheduleUpdated(Event, type="schedule:updated", key="scheduleId", version="schedule.version"):
    scheduleId: int  # noqa: N815 the guide's name on the wire
    schedule: Schedule


class ScheduleDeleted(Event, type="schedule:deleted", key="scheduleId", version="version"):
    scheduleId: int  # noqa: N815 the guide's name on the wire
    version: int


class Note(Event, type="note"):
    text: str


class Schedules(Channel[ScheduleCreated | ScheduleUpdated | ScheduleDeleted], name="schedules"): ...


class TeamSchedules(Channel[ScheduleCreated | ScheduleUpdated | ScheduleDeleted], name="team:{team_id}:schedules"):
    team_id: int


class Me(UserChannel[Note | ScheduleCreated]): ...
