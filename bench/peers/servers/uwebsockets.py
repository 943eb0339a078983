"""uWebSockets, as PyPI has it in `socketify`: the loop, the topics and the sending are its C++.

Python is called for a client's token, for its subscription, and once for each event. An event is published by
`POST /publish/CHANNEL`, because its loop has room for nothing but sockets of its own: where asyncio is wanted beside
it, socketify polls the two in turn, and that would be measured instead.

`python -m bench.peers.servers.uwebsockets PORT`
"""

import json
import os
import sys
from itertools import count
from urllib.parse import unquote

from socketify import App, CompressOptions, OpCode

from bench.peers.servers import wire
from bench.servers.workload import COMPRESSED

BACKPRESSURE = 64 * 1_024 * 1_024  # bytes that may wait for one client, before messages to it are dropped

_numbers = count()
_compressed = os.environ.get(COMPRESSED) == "1"


def upgrade(response, request, context) -> None:  # type: ignore[no-untyped-def]
    """Let in whom the token names."""
    try:
        user = wire.verified(request.get_query("token") or "")
    except wire.InvalidToken:
        response.write_status(401).end("")
        return
    headers = (request.get_header(f"sec-websocket-{name}") for name in ("key", "protocol", "extensions"))
    response.upgrade(*headers, context, user)


def greet(socket) -> None:  # type: ignore[no-untyped-def]
    """The first message."""
    socket.send(wire.established(socket.get_user_data()), OpCode.TEXT)


def receive(socket, message: str, _: OpCode) -> None:  # type: ignore[no-untyped-def]
    """Subscribe to topics."""
    channels = json.loads(message)["payload"]["channels"]
    for channel in channels:
        socket.subscribe(channel)
    socket.send(wire.subscribed(channels), OpCode.TEXT)


def publish(response, request) -> None:  # type: ignore[no-untyped-def]
    """To the topic."""
    channel = unquote(request.get_parameter(0))
    app.publish(channel, wire.event(next(_numbers)), OpCode.TEXT, _compressed)
    response.end("")


app = App()
app.ws(
    "/ws",
    {
        "upgrade": upgrade,
        "open": greet,
        "message": receive,
        "compression": CompressOptions.SHARED_COMPRESSOR if _compressed else CompressOptions.DISABLED,
        "max_backpressure": BACKPRESSURE,
        "idle_timeout": 0,
    },
)
app.post("/publish/:channel", publish)

if __name__ == "__main__":
    app.listen({"host": "127.0.0.1", "port": int(sys.argv[1])})
    app.loop.uv_loop.run()
