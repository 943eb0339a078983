"""The application that the conformance suite drives: small limits, plain tokens, HTTP endpoints that publish.

A token is `<user id>`, or `<user id>@<seconds until it expires>`; `nobody` is refused, `old` has expired.
What follows a `!` makes it a secret.
"""

import time

from fastapi import FastAPI
from pydantic import BaseModel

from tidings import (
    Channel,
    ConnectionManager,
    Event,
    Handshake,
    Limits,
    MemoryBroker,
    Refused,
    TokenExpired,
    User,
    UserChannel,
)
from tidings.protocol.codes import ErrorCode

LOG_EVENTS = 200


class NotePosted(Event, type="note:posted", key="note_id", version="version"):
    note_id: int
    text: str = ""
    version: int = 1


class Announce(Event, type="announce"):
    text: str


class Notes(Channel[NotePosted], name="notes"): ...


class Room(Channel[NotePosted], name="room:{room_id}"):
    room_id: int


class Me(UserChannel[NotePosted]): ...


def authenticate(handshake: Handshake, token: str | None) -> User | None:
    told, _, _ = (token or "nobody").partition("!")
    user_id, _, life = told.partition("@")
    if user_id == "old":
        raise TokenExpired
    if user_id == "nobody":
        return None
    return User(user_id, expires_at=time.time() + float(life) if life else None)


manager = ConnectionManager(
    channels=[Notes, Room, Me],
    authenticate=authenticate,
    origins=["https://app.example"],
    broker=MemoryBroker(events=LOG_EVENTS, size=64_000_000),
    limits=Limits(auth_timeout=2.0, refused_messages=300, waiting_messages=8),
)


@manager.authorize(Notes)
async def may_read_notes(channel: Notes, user: User) -> bool:
    return user.id != "stranger"


@manager.authorize(Room)
async def may_enter(channel: Room, user: User) -> bool:
    if channel.room_id == 500:
        raise RuntimeError("the rule's database is away")
    return channel.room_id < 10


@manager.on(Announce)
async def echo(announcement: Announce, user: User) -> dict[str, str]:
    if not announcement.text:
        raise Refused(ErrorCode.FORBIDDEN, "nothing to announce")
    return {"text": f"{user.id}: {announcement.text.upper()}"}


class Post(BaseModel):
    first: int
    last: int
    size: int = 0
    user_id: str | None = None


app = FastAPI()
app.include_router(manager.router("/ws"))


@app.post("/notes")
async def post_notes(post: Post) -> list[str]:
    """Publish notes first..last on `notes`, or on a user's own channel."""
    channel: Notes | Me = Me(user_id=post.user_id) if post.user_id else Notes()
    return [
        await manager.publish(NotePosted(note_id=number, text="x" * post.size), channel)
        for number in range(post.first, post.last + 1)
    ]


@app.post("/revoke/{user_id}")
async def revoke(user_id: str) -> None:
    await manager.revoke(user_id, Notes())


@app.post("/disconnect/{user_id}")
async def disconnect(user_id: str) -> None:
    await manager.disconnect_user(user_id)


@app.get("/connections/{user_id}")
async def connections(user_id: str) -> int:
    return manager.connections(user_id)
