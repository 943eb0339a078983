"""tidings, as an application uses it. Started as `tidings serve bench.servers.ours:app` does."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from bench.servers import logs
from bench.servers.control import controlled
from bench.servers.workload import (
    ALGORITHM,
    CHANNEL,
    COMPRESSED,
    EVENT_TYPE,
    PERSONAL,
    SECRET,
    TEAM,
    schedule,
    sized,
)
from tidings import Channel, ConnectionManager, Event, User, UserChannel
from tidings.auth import JWTAuth


class Usual(BaseModel):
    """What the guide's events carry."""

    model_config = ConfigDict(alias_generator=to_camel)

    id: int
    staff_id: int
    starts_at: datetime
    ends_at: datetime
    role: str
    location: str
    status: str
    version: int


class Note(BaseModel):
    """A schedule whose payload has the size that was asked for."""

    id: int
    version: int
    note: str


if TYPE_CHECKING:
    Schedule = Usual
else:
    Schedule = Note if sized() else Usual


class ScheduleCreated(Event, type=EVENT_TYPE, key="schedule.id", version="schedule.version"):
    """The event that is measured."""

    schedule: Schedule


class Schedules(Channel[ScheduleCreated], name=CHANNEL):
    """The channel that everybody follows."""


class Team(Channel[ScheduleCreated], name=TEAM + "{number}"):
    """One of many."""

    number: int


class Me(UserChannel[ScheduleCreated]):
    """A user's own."""


manager = ConnectionManager(
    channels=[Schedules, Team, Me],
    authenticate=JWTAuth(SECRET, algorithms=[ALGORITHM]),
    broker=logs.broker(),
    compression=os.environ.get(COMPRESSED) == "1",
)


@manager.authorize(Schedules)
def may_see(channel: Schedules, user: User) -> bool:
    """Everybody who has signed in may."""
    return True


@manager.authorize(Team)
def may_see_team(channel: Team, user: User) -> bool:
    """Everybody who has signed in may."""
    return True


async def notify_schedule_created(number: int, channel: str) -> None:
    """Validate, serialise, number, log and send an event."""
    await manager.publish(ScheduleCreated(schedule=Schedule.model_validate(schedule(number))), place(channel))


def place(name: str) -> Schedules | Team | Me:
    """The channel of this name."""
    if name.startswith(TEAM):
        return Team(number=int(name.removeprefix(TEAM)))
    return Me(user_id=name.removeprefix(PERSONAL)) if name.startswith(PERSONAL) else Schedules()


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    """Take commands while the server runs."""
    async with controlled(notify_schedule_created):
        yield


app = FastAPI(lifespan=lifespan)
app.include_router(manager.router("/ws"))
