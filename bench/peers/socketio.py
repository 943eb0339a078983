"""Socket.IO, on Node and in Python: a room for each channel, over WebSocket from the first request on."""

import json
from collections.abc import Sequence

from bench.peers.asgi import CANNOT, SERVER, on_uvicorn
from bench.peers.peer import Peer, Step, WayIn
from bench.peers.runtimes import NodePackages, Wheels
from bench.peers.ws import on_node


def way_in(token: str, channels: Sequence[str]) -> WayIn:
    """Its own hello with the token in it, then an event that is acknowledged when the rooms are joined."""
    subscribe = json.dumps(["subscribe", list(channels)])
    path = "/socket.io/?EIO=4&transport=websocket"
    return WayIn(path, (Step("0{"), Step("40{", "40" + json.dumps({"token": token})), Step("431[", "421" + subscribe)))


NODE = Peer(
    name="Socket.IO",
    kind="Node",
    about="a room for each channel, bufferutil, the first request not kept",
    runtime=NodePackages(("socket.io", "engine.io", "ws")),
    arguments=on_node("socketio"),
    way_in=way_in,
    ping="2",
    pong="3",
    cannot={"recovery": "restores the state of a connection by the last event that its client had: not measured"},
    pairs=True,
)
PYTHON = Peer(
    name="python-socketio",
    kind="Python",
    about="its AsyncServer on uvicorn, a room for each channel, a task for each message to a client; it is asked for "
    "10 events/s in workload 1",
    most=10,
    runtime=Wheels(("python-socketio", "python-engineio", *SERVER)),
    arguments=on_uvicorn("socketio"),
    way_in=way_in,
    ping="2",
    pong="3",
    cannot=CANNOT,
)
