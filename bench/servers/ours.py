"""tidings, as an application uses it. Started as `tidings serve bench.servers.ours:app` does."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from bench.servers import logs
from bench.servers.control import controlled
from bench.servers.workload import ALGORITHM, CHANNEL, EVENT_TYPE, SECRET, schedule
from tidings import Channel, ConnectionManager, Event, User
from tidings.auth import JWTAuth


class Schedule(BaseModel):
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


class ScheduleCreated(Event, type=EVENT_TYPE, key="schedule.id", version="schedule.version"):
    """The event that is measured."""

    schedule: Schedule


class Schedules(Channel[ScheduleCreated], name=CHANNEL):
    """The channel that everybody follows."""


manager = ConnectionManager(
    channels=[Schedules], authenticate=JWTAuth(SECRET, algorithms=[ALGORITHM]), broker=logs.broker()
)


@manager.authorize(Schedules)
def may_see(channel: Schedules, user: User) -> bool:
    """Everybody who has signed in may."""
    return True


async def notify_schedule_created(number: int) -> None:
    """Validate, serialise, number, log and send an event."""
    await manager.publish(ScheduleCreated(schedule=Schedule.model_validate(schedule(number))), Schedules())


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    """Take commands while the server runs."""
    async with controlled(notify_schedule_created):
        yield


app = FastAPI(lifespan=lifespan)
app.include_router(manager.router("/ws"))
