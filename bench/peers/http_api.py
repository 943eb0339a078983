"""Publishing by requests, for servers with an HTTP API."""

import json
import uuid

from bench.peers.peer import Place
from bench.servers.guide_types import WSEventType, create_ws_message
from bench.servers.workload import note, usual


def post(place: Place, path: str, body: bytes = b"", headers: str = "") -> bytes:
    """A whole request, for a connection that is kept. `headers` are whole lines."""
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{place.port}\r\n{headers}Content-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def event(place: Place) -> str:
    """An event in the guide's envelope."""
    schedule = note(0, place.payload) if place.payload else usual(0)
    message = create_ws_message(WSEventType.SCHEDULE_CREATED, {"schedule": schedule}, str(uuid.uuid4()))
    return json.dumps(message, separators=(",", ":"))
