"""A tidings server for the client's tests, with HTTP endpoints by which a test makes things happen.

tidings serve server:app --port 0
"""

import time
from typing import Any

import live
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel

from tidings import Channel, ConnectionManager, Event, Handshake, TokenExpired, User

EVENTS: dict[str, type[Event]] = {
    event.event_type: event for event in (live.Note, live.ScheduleCreated, live.ScheduleDeleted, live.ScheduleUpdated)
}


class Add(Event, type="add"):
    a: int
    b: int


def authenticate(handshake: Handshake, token: str | None) -> User | None:
    """`user` or `user/seconds to live`; `user/0` has expired."""
    name, _, seconds = (token or "").partition("/")
    if not name or name == "forged":
        return None
    if seconds == "0":
        raise TokenExpired("over")
    return User(name, expires_at=time.time() + float(seconds) if seconds else None)


manager = ConnectionManager(
    channels=[live.Schedules, live.TeamSchedules, live.Me],
    authenticate=authenticate,
    origins=["http://localhost:3000"],  # the page that happy-dom shows
)
manager.authorize(live.Schedules)(lambda channel, user: True)
manager.authorize(live.TeamSchedules)(lambda channel, user: channel.team_id == 7)


@manager.on(Add)
async def add(message: Add, user: User) -> dict[str, int]:
    """Answers with the sum."""
    return {"sum": message.a + message.b}


app = FastAPI()
app.include_router(manager.router("/ws"))


class Publication(BaseModel):
    channels: list[str]
    type: str
    payload: dict[str, Any]


@app.post("/publish")
async def publish(publication: Publication) -> str:
    """Publishes one event; gives its id."""
    event = EVENTS[publication.type].model_validate(publication.payload)
    return await manager.publish(event, *(named(name) for name in publication.channels))


@app.post("/revoke/{user_id}/{team_id}")
async def revoke(user_id: str, team_id: int) -> None:
    """Ends a subscription from the server's side."""
    await manager.revoke(user_id, live.TeamSchedules(team_id=team_id))


@app.post("/disconnect/{user_id}")
async def disconnect(user_id: str) -> None:
    """Removes a user."""
    await manager.disconnect_user(user_id)


def named(name: str) -> Channel[Any]:
    """The declared channel of a name."""
    for declared in (live.Schedules, live.TeamSchedules, live.Me):
        if (channel := declared.parse(name)) is not None:
            return channel
    raise HTTPException(404, f"no channel {name}")
