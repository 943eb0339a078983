"""An application that publishes ticks on one channel, when it is told to. Started as
`tidings serve torture.crowd.ticker:app`.
"""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from bench.servers import logs
from bench.servers.control import controlled
from bench.servers.workload import ALGORITHM, SECRET
from tidings import Channel, ConnectionManager, Event, User
from tidings.auth import JWTAuth

TEXT = "x" * 830  # makes a message of 1 KB


class Tick(Event, type="tick"):
    """Nothing but the moment: `at` in nanoseconds of the machine's monotonic clock."""

    at: int
    text: str


class Ticks(Channel[Tick], name="ticks"):
    """The channel that everybody follows."""


manager = ConnectionManager(
    channels=[Ticks], authenticate=JWTAuth(SECRET, algorithms=[ALGORITHM]), broker=logs.broker()
)


@manager.authorize(Ticks)
def may_see(channel: Ticks, user: User) -> bool:
    """Everybody who has signed in may."""
    return True


async def tick(number: int, channel: str) -> None:
    """Publish the next one."""
    await manager.publish(Tick(at=time.monotonic_ns(), text=TEXT), Ticks())


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    """Take commands while the server runs."""
    async with controlled(tick):
        yield


app = FastAPI(lifespan=lifespan)
app.include_router(manager.router("/ws"))
