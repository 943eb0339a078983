"""fastapi-websocket-pubsub: its endpoint behind FastAPI's check of the token. Its clients answer every event.

Started by `uvicorn bench.peers.servers.pubsub:app`.
"""

from typing import Annotated

from fastapi import FastAPI, Query, WebSocket, WebSocketException
from fastapi_websocket_pubsub import PubSubEndpoint

from bench.peers.servers import wire
from bench.servers.control import controlled
from bench.servers.workload import schedule

endpoint = PubSubEndpoint()


async def publish(number: int, channel: str) -> None:
    """To the topic."""
    await endpoint.publish(channel, {"schedule": schedule(number)})


app = FastAPI(lifespan=lambda _: controlled(publish))


@app.websocket("/ws")
async def websocket_endpoint(websocket: WebSocket, token: Annotated[str, Query()]) -> None:
    """One client: its subscriptions are calls, and events are calls back."""
    try:
        wire.verified(token)
    except wire.InvalidToken as error:
        raise WebSocketException(4401) from error
    await endpoint.main_loop(websocket)
