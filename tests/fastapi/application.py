"""An application with a router, and what its clients send."""

from typing import TYPE_CHECKING, Any

from fastapi import (
    FastAPI,
)

from tidings import (
    Channel,
    ConnectionManager,
    Event,
    User,
    UserChannel,
)
from tidings.handshake import Handshake

if TYPE_CHECKING:
    pass


class Happened(Event, type="happened"):
    what: str


class News(Channel[Happened], name="news"): ...


class Room(Channel[Happened], name="room:{room_id}"):
    room_id: int


class Me(UserChannel[Happened]): ...


def authenticate(handshake: Handshake, token: str | None) -> User | None:
    return User(token) if token and token.isalnum() else None


def make_manager(**options: Any) -> ConnectionManager:
    return ConnectionManager(channels=[News, Room, Me], authenticate=authenticate, **options)


def application(manager: ConnectionManager, **options: Any) -> FastAPI:
    app = FastAPI(**options)
    app.include_router(manager.router("/ws"))
    return app


def subscribed(socket, *channels, **more):
    """Subscribe, and return the answers: the errors, and the `subscribed` after them."""
    socket.send_json({"type": "subscribe", "payload": {"channels": list(channels)}, "id": "s", **more})
    answers = [socket.receive_json()]
    while answers[-1]["type"] != "subscribed":
        answers.append(socket.receive_json())
    return answers


def codes(answers):
    return [answer["payload"]["code"] for answer in answers[:-1]]
