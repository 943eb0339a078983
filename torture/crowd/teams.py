"""An application whose users are in teams and rooms, each with a channel, and whose rules take their time and are
counted. Started as `tidings serve torture.crowd.teams:app`. Its logs are in memory, or where the URL TORTURE_DATABASE
leads.
"""

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from sqlalchemy import make_url

from bench.servers.control import controlled
from bench.servers.workload import ALGORITHM, SECRET
from tidings import Channel, ConnectionManager, Event, MemoryBroker, User
from tidings.auth import JWTAuth
from tidings.broker import Broker
from tidings.brokers.database import DatabaseBroker
from torture import tables

DATABASE = "TORTURE_DATABASE"
TEAMS, ROOMS = 50, 500
RULE_TAKES = 0.005  # seconds, as a query does


class Happened(Event, type="happened"):
    """Something, the `number`th of all."""

    number: int


class All(Channel[Happened], name="all"):
    """Everybody's."""


class Team(Channel[Happened], name="team:{number}"):
    """One team's."""

    number: int


class Room(Channel[Happened], name="room:{number}"):
    """One room's."""

    number: int


def channels(user: int) -> list[Channel[Happened]]:
    """What a user follows."""
    return [All(), Team(number=user % TEAMS), Room(number=user % ROOMS)]


def broker() -> Broker:
    """Where the logs are."""
    url = os.environ.get(DATABASE)
    return DatabaseBroker(tables.engine(make_url(url))) if url else MemoryBroker()


manager = ConnectionManager(
    channels=[All, Team, Room], authenticate=JWTAuth(SECRET, algorithms=[ALGORITHM]), broker=broker()
)
asked: Counter[tuple[str, str]] = Counter()
published: Counter[str] = Counter()


@manager.authorize(All, Team, Room)
async def may_see(channel: All | Team | Room, user: User) -> bool:
    """Everybody may. How often this was asked about each user and channel is counted."""
    asked[user.id, channel.name] += 1
    await asyncio.sleep(RULE_TAKES)
    return True


def place(number: int) -> Channel[Happened]:
    """Where something happens: half of it in rooms, half in teams, and one in a hundred is everybody's."""
    if number % 100 == 0:
        return All()
    return Room(number=number // 2 % ROOMS) if number % 2 else Team(number=number // 2 % TEAMS)


async def happen(number: int, _: str) -> None:
    """Publish something."""
    channel = place(number)
    published[channel.name] += 1
    await manager.publish(Happened(number=number), channel)


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    """Take commands while the server runs."""
    async with controlled(happen):
        yield


app = FastAPI(lifespan=lifespan)
app.include_router(manager.router("/ws"))


@app.get("/counts")
def counts() -> dict[str, dict[str, int]]:
    """How often each rule was asked (by user and channel), and how many events each channel has."""
    return {"asked": {f"{user} {channel}": times for (user, channel), times in asked.items()}, "published": published}
