"""FastAPI by hand, as well as one does it in an afternoon: sets of sockets, and a message that is encoded once.

Started by stock uvicorn: `uvicorn bench.peers.servers.fastapi_once:app`.
"""

from collections import defaultdict
from typing import Annotated

from fastapi import FastAPI, Query, WebSocket, WebSocketDisconnect, WebSocketException

from bench.peers.servers import wire
from bench.servers.control import controlled

_members: defaultdict[str, set[WebSocket]] = defaultdict(set)


async def publish(number: int, channel: str) -> None:
    """Encode once, send to each."""
    text = wire.event(number)
    for member in tuple(_members[channel]):
        await member.send_text(text)


app = FastAPI(lifespan=lambda _: controlled(publish))


@app.websocket("/ws")
async def websocket_endpoint(websocket: WebSocket, token: Annotated[str, Query()]) -> None:
    """One client."""
    try:
        user = wire.verified(token)
    except wire.InvalidToken as error:
        raise WebSocketException(4401) from error
    await websocket.accept()
    await websocket.send_text(wire.established(user))
    joined: set[str] = set()
    try:
        async for message in websocket.iter_json():
            channels = message["payload"]["channels"]
            joined.update(channels)
            for channel in channels:
                _members[channel].add(websocket)
            await websocket.send_text(wire.subscribed(channels))
    except WebSocketDisconnect:
        pass
    finally:
        for channel in joined:
            _members[channel].discard(websocket)
