"""The application that the Python client is tested against: it publishes what a client asks for.

A token is `<user id>`, or `<user id>@<seconds until it expires>`; `nobody` is refused.
"""

import time

from fastapi import FastAPI

from tidings import Channel, ConnectionManager, Event, Handshake, Limits, MemoryBroker, Refused, User, UserChannel
from tidings.protocol.codes import ErrorCode

LOG_EVENTS = 500


class NotePosted(Event, type="note:posted", key="note_id"):
    note_id: int
    text: str = ""


class Post(Event, type="post"):
    """Publish notes first..last on `notes`, or on a user's own channel."""

    first: int
    last: int
    size: int = 0
    user_id: str | None = None


class Act(Event, type="act"):
    """`revoke` takes `notes` from a user, `disconnect` ends the user's connections."""

    what: str
    user_id: str


class Notes(Channel[NotePosted], name="notes"): ...


class Secret(Channel[NotePosted], name="secret"): ...


class Me(UserChannel[NotePosted]): ...


def authenticate(handshake: Handshake, token: str | None) -> User | None:
    user_id, _, life = (token or "nobody").partition("@")
    return None if user_id == "nobody" else User(user_id, expires_at=time.time() + float(life) if life else None)


manager = ConnectionManager(
    channels=[Notes, Secret, Me],
    authenticate=authenticate,
    broker=MemoryBroker(events=LOG_EVENTS, size=64_000_000),
    limits=Limits(messages_per_second=10_000, message_burst=10_000),
)


@manager.authorize(Notes)
async def may_read_notes(channel: Notes, user: User) -> bool:
    return True


@manager.authorize(Secret)
async def may_read_secrets(channel: Secret, user: User) -> bool:
    return False


@manager.on(Post)
async def post(message: Post, user: User) -> dict[str, int]:
    if message.last < message.first:
        raise Refused(ErrorCode.INVALID_MESSAGE, f"{message.last} comes before {message.first}")
    channel: Notes | Me = Me(user_id=message.user_id) if message.user_id else Notes()
    for number in range(message.first, message.last + 1):
        await manager.publish(NotePosted(note_id=number, text="x" * message.size), channel)
    return {"published": message.last + 1 - message.first}


@manager.on(Act)
async def act(message: Act, user: User) -> None:
    match message.what:
        case "revoke":
            await manager.revoke(message.user_id, Notes())
        case "disconnect":
            await manager.disconnect_user(message.user_id)


app = FastAPI()
app.include_router(manager.router("/ws"))
