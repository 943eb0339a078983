"""An application to measure: a POST publishes one event, or as many as its body says."""

import asyncio

from fastapi import FastAPI

from tidings import Channel, ConnectionManager, Event, Handshake, User


class Noted(Event, type="noted"):
    """Something was."""

    text: str


class Notes(Channel[Noted], name="notes"):
    """Where."""


async def sign_in(handshake: Handshake, token: str | None) -> User | None:
    """Everybody but one."""
    return None if token in {None, "nobody"} else User(str(token))


manager = ConnectionManager(channels=[Notes], authenticate=sign_in)


@manager.authorize(Notes)
def may_see(channel: Notes, user: User) -> bool:
    """Everybody but one."""
    return user.id != "stranger"


app = FastAPI()
app.include_router(manager.router("/ws"))


TOGETHER = 12
_together = asyncio.Barrier(TOGETHER)


@app.post("/together")
async def together() -> None:
    """Is answered when so many requests are there."""
    await _together.wait()


@app.post("/note")
async def note(times: int = 1) -> None:
    """Publish."""
    for _ in range(times):
        await manager.publish(Noted(text="x" * 100), Notes())
