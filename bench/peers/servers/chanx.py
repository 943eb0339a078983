"""chanx on FastAPI, with the layer in memory. Started by `uvicorn bench.peers.servers.chanx:app`."""

from collections.abc import MutableMapping
from typing import Any, ClassVar, Literal
from urllib.parse import parse_qs

from chanx.core.authenticator import BaseAuthenticator
from chanx.core.decorators import channel as declared
from chanx.core.decorators import ws_handler
from chanx.fast_channels.websocket import AsyncJsonWebsocketConsumer
from chanx.messages.base import BaseMessage
from fast_channels.layers import InMemoryChannelLayer, register_channel_layer
from fastapi import FastAPI
from pydantic import BaseModel
from starlette.routing import WebSocketRoute

from bench.peers.servers import wire
from bench.servers.control import controlled
from bench.servers.workload import schedule

# Events that wait for one client; those beyond are dropped (100 by default), and none may be lost here.
CAPACITY = 100_000
EXPIRY = 3_600  # seconds; 60 by default


class Channels(BaseModel):
    """Names of channels."""

    channels: list[str]


class Subscribe(BaseMessage):
    """A client's wish."""

    action: Literal["subscribe"] = "subscribe"
    payload: Channels


class Subscribed(BaseMessage):
    """It was granted."""

    action: Literal["subscribed"] = "subscribed"
    payload: Channels


class ScheduleCreated(BaseMessage):
    """The event that is measured."""

    action: Literal["schedule:created"] = "schedule:created"
    payload: dict[str, Any]


class TokenAuthenticator(BaseAuthenticator):
    """Lets in whom the token names."""

    async def authenticate(self, scope: MutableMapping[str, Any]) -> bool:
        """Whether the token is good."""
        try:
            wire.verified(parse_qs(scope["query_string"].decode())["token"][0])
        except wire.InvalidToken:
            return False
        return True


@declared(name="schedules")
class Schedules(AsyncJsonWebsocketConsumer):
    """One client."""

    channel_layer_alias = "default"
    authenticator_class = TokenAuthenticator
    passthrough_events: ClassVar = [ScheduleCreated]

    @ws_handler
    async def subscribe(self, message: Subscribe) -> Subscribed:
        """Join groups."""
        for name in message.payload.channels:
            await self.join_group(group(name))
        return Subscribed(payload=message.payload)


async def publish(number: int, channel: str) -> None:
    """To the group."""
    await Schedules.broadcast_event(ScheduleCreated(payload={"schedule": schedule(number)}), group(channel))


def group(channel: str) -> str:
    """The channel's name in the letters that names of groups may have."""
    return channel.replace(":", ".")


register_channel_layer("default", InMemoryChannelLayer(capacity=CAPACITY, expiry=EXPIRY))
app = FastAPI(lifespan=lambda _: controlled(publish), routes=[WebSocketRoute("/ws", Schedules.as_asgi())])
