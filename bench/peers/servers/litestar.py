"""Litestar's channels plugin, with its backend in memory. Started by `uvicorn bench.peers.servers.litestar:app`."""

from litestar import Litestar, WebSocket, websocket
from litestar.channels import ChannelsPlugin
from litestar.channels.backends.memory import MemoryChannelsBackend
from litestar.exceptions import WebSocketException

from bench.peers.servers import wire
from bench.servers.control import controlled

plugin = ChannelsPlugin(MemoryChannelsBackend(), arbitrary_channels_allowed=True)


async def publish(number: int, channel: str) -> None:
    """To the channel; the plugin encodes it once."""
    plugin.publish(wire.message(number), channel)


@websocket("/ws")
async def client(socket: WebSocket, token: str, channels: ChannelsPlugin) -> None:
    """One client, which subscribes once."""
    try:
        user = wire.verified(token)
    except wire.InvalidToken as error:
        raise WebSocketException(code=4401) from error
    await socket.accept()
    await socket.send_text(wire.established(user))
    names = (await socket.receive_json())["payload"]["channels"]
    async with channels.start_subscription(names) as subscriber, subscriber.run_in_background(socket.send_text):
        await socket.send_text(wire.subscribed(names))
        while (await socket.receive())["type"] != "websocket.disconnect":
            continue


app = Litestar([client], plugins=[plugin], lifespan=[lambda _: controlled(publish)])
