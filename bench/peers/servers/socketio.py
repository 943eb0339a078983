"""python-socketio on ASGI: a room for each channel. Started by `uvicorn bench.peers.servers.socketio:app`."""

import os
from contextlib import AsyncExitStack
from typing import Any

import socketio

from bench.peers.servers import wire
from bench.servers.control import controlled
from bench.servers.workload import COMPRESSED, EVENT_TYPE, schedule

# Clients cannot tell a ping that is compressed from an event: none comes while they are measured.
PING = 3_600 if os.environ.get(COMPRESSED) == "1" else 25  # seconds; 25 by default

server = socketio.AsyncServer(async_mode="asgi", ping_interval=PING)
_running = AsyncExitStack()


async def publish(number: int, channel: str) -> None:
    """To the room."""
    await server.emit(EVENT_TYPE, {"schedule": schedule(number)}, room=channel)


@server.event
async def connect(sid: str, environ: dict[str, Any], auth: dict[str, str]) -> None:
    """Let in whom the token names."""
    try:
        user = wire.verified(auth["token"])
    except wire.InvalidToken as error:
        raise socketio.exceptions.ConnectionRefusedError("unauthorized") from error
    await server.save_session(sid, {"user": user})


@server.event
async def subscribe(sid: str, channels: list[str]) -> int:
    """Join rooms; what is returned acknowledges it."""
    for channel in channels:
        await server.enter_room(sid, channel)
    return len(channels)


async def _start() -> None:
    await _running.enter_async_context(controlled(publish))


app = socketio.ASGIApp(server, on_startup=_start, on_shutdown=_running.aclose)
