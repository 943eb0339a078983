"""What the client's own tests were generated from: see test_types.py."""

from typing import Literal

from pydantic import BaseModel, Field

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


class ScheduleUpdated(Event, type="schedule:updated", key="schedule.id", version="schedule.version"):
    schedule_id: int = Field(alias="scheduleId")
    schedule: Schedule


class ScheduleDeleted(Event, type="schedule:deleted", key="schedule_id", version="version"):
    schedule_id: int = Field(alias="scheduleId")
    version: int


class Note(Event, type="note"):
    text: str


class Schedules(Channel[ScheduleCreated | ScheduleUpdated | ScheduleDeleted], name="schedules"): ...


class TeamSchedules(Channel[ScheduleCreated | ScheduleUpdated | ScheduleDeleted], name="team:{team_id}:schedules"):
    team_id: int


class Me(UserChannel[ScheduleCreated | Note]): ...
