"""Django Channels with the layer in memory, the text of a message made once for its group.

Started by `uvicorn bench.peers.servers.channels:app`.
"""

import json
from typing import Any
from urllib.parse import parse_qs

import django
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.layers import get_channel_layer
from channels.routing import ProtocolTypeRouter, URLRouter
from django.conf import settings
from django.urls import path

from bench.peers.servers import wire
from bench.servers.control import controlled

# Events that wait for one client; those beyond are dropped (100 by default), and none may be lost here.
CAPACITY = 100_000
EXPIRY = 3_600  # seconds; 60 by default

LAYER = {"BACKEND": "channels.layers.InMemoryChannelLayer", "CONFIG": {"capacity": CAPACITY, "expiry": EXPIRY}}
settings.configure(DEBUG=False, ALLOWED_HOSTS=["127.0.0.1"], CHANNEL_LAYERS={"default": LAYER})
django.setup()


async def publish(number: int, channel: str) -> None:
    """To the group."""
    await get_channel_layer().group_send(group(channel), {"type": "send.text", "text": wire.event(number)})


def group(channel: str) -> str:
    """The channel's name in the letters that names of groups may have."""
    return channel.replace(":", ".")


class Consumer(AsyncWebsocketConsumer):
    """One client."""

    async def connect(self) -> None:
        """Let in whom the token names."""
        self.groups: list[str] = []
        try:
            user = wire.verified(parse_qs(self.scope["query_string"].decode())["token"][0])
        except wire.InvalidToken:
            await self.close(4401)
            return
        await self.accept()
        await self.send(wire.established(user))

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Join groups, which the consumer leaves by itself."""
        channels = json.loads(text_data or "")["payload"]["channels"]
        for channel in channels:
            await self.channel_layer.group_add(group(channel), self.channel_name)
            self.groups.append(group(channel))
        await self.send(wire.subscribed(channels))

    async def send_text(self, message: dict[str, Any]) -> None:
        """What came to a group."""
        await self.send(message["text"])


async def lifespan(scope: Any, receive: Any, send: Any) -> None:
    """Take commands while the server runs. Channels itself has nothing to start."""
    async with controlled(publish):
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
    await send({"type": "lifespan.shutdown.complete"})


app = ProtocolTypeRouter({"lifespan": lifespan, "websocket": URLRouter([path("ws", Consumer.as_asgi())])})
