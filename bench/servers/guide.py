"""The guide's server: its manager, its endpoint and its notify code, with the application around them that it supposes.

Started by stock uvicorn: `uvicorn bench.servers.guide:app`.
"""
# The guide annotates nothing.
# mypy: allow-untyped-calls

import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, Any

import jwt
from fastapi import Depends, FastAPI, Query, WebSocket, WebSocketDisconnect, WebSocketException

from bench.servers.control import controlled
from bench.servers.guide_manager import manager
from bench.servers.guide_types import ScheduleCreatedPayload, WSEventType, create_ws_message
from bench.servers.workload import ALGORITHM, PERSONAL, SECRET, schedule


@dataclass
class CurrentUser:
    """Who the token names."""

    id: str


async def get_current_user_from_token(token: Annotated[str, Query()]) -> CurrentUser:
    """The dependency that the guide's endpoint names and does not show. `async`, to be spared FastAPI's threads."""
    try:
        claims = jwt.decode(token, SECRET, algorithms=[ALGORITHM], options={"require": ["exp", "sub"]})
    except jwt.InvalidTokenError as error:
        raise WebSocketException(4401) from error
    return CurrentUser(claims["sub"])


async def notify_schedule_created(number: int, channel: str) -> None:
    """The guide's function of this name, with one of its two messages: to the channel, or to the one user."""
    message = create_ws_message(
        WSEventType.SCHEDULE_CREATED, ScheduleCreatedPayload(schedule=schedule(number)), str(uuid.uuid4())
    )
    if channel.startswith(PERSONAL):
        await manager.send_to_user(channel.removeprefix(PERSONAL), message)
    else:
        await manager.broadcast_to_channel(channel, message)


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    """Take commands while the server runs."""
    async with controlled(notify_schedule_created):
        yield


app = FastAPI(lifespan=lifespan)


@app.websocket("/ws")
async def websocket_endpoint(
    websocket: WebSocket,
    token: Annotated[str, Query()],
    current_user: Annotated[CurrentUser, Depends(get_current_user_from_token)],
) -> None:
    """The guide's endpoint, word for word below this line."""
    connection_id = await manager.connect(websocket, current_user.id)

    try:
        while True:
            # Receive message from client
            data = await websocket.receive_text()
            message: dict[str, Any] = json.loads(data)

            # Handle different message types
            if message["type"] == WSEventType.SUBSCRIBE.value:
                channels = message["payload"]["channels"]
                await manager.subscribe(connection_id, channels)
                await manager.send_to_connection(
                    connection_id,
                    create_ws_message(
                        WSEventType.SUBSCRIBED, {"channels": channels, "total": len(channels)}, str(uuid.uuid4())
                    ),
                )

            elif message["type"] == WSEventType.UNSUBSCRIBE.value:
                channels = message["payload"]["channels"]
                await manager.unsubscribe(connection_id, channels)

            elif message["type"] == WSEventType.PING.value:
                await manager.send_to_connection(connection_id, {"type": WSEventType.PONG.value, "payload": {}})

    except WebSocketDisconnect:
        manager.disconnect(connection_id)
