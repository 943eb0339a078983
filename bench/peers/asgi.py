"""The peers on ASGI: one process of stock uvicorn with uvloop and httptools, compression only where it is asked for."""

import json
from collections.abc import Callable, Mapping, Sequence

from bench.peers import guide
from bench.peers.peer import Answer, Peer, Place, Step, WayIn, Workload
from bench.peers.runtimes import Wheels

SERVER = ("uvicorn", "uvloop", "websockets")
CANNOT: Mapping[Workload, str] = {"recovery": "has no history"}


def on_uvicorn(module: str) -> Callable[[Place], Sequence[str]]:
    """How uvicorn is started with the application of a module in bench/peers/servers."""

    def arguments(place: Place) -> Sequence[str]:
        options = {"--port": place.port, "--loop": "uvloop", "--http": "httptools", "--log-level": "warning"}
        options["--ws-per-message-deflate"] = "true" if place.compressed else "false"
        words = [str(word) for option in options.items() for word in option]
        return ["-m", "uvicorn", f"bench.peers.servers.{module}:app", *words]

    return arguments


def _chanx(token: str, channels: Sequence[str]) -> WayIn:
    subscribe = json.dumps({"action": "subscribe", "payload": {"channels": list(channels)}})
    return WayIn(f"/ws?token={token}", (Step('"subscribed"', subscribe),))


def _pubsub(token: str, channels: Sequence[str]) -> WayIn:
    call = {"method": "subscribe", "arguments": {"topics": list(channels)}, "call_id": "1"}
    return WayIn(f"/ws?token={token}", (Step('"call_id":"1"', json.dumps({"request": call})),))


FASTAPI_ONCE = Peer(
    name="FastAPI once",
    kind="Python",
    about="FastAPI by hand: sets of sockets, a message encoded once and sent to one after the other",
    runtime=Wheels(("fastapi", *SERVER)),
    arguments=on_uvicorn("fastapi_once"),
    way_in=guide.way_in,
    cannot=CANNOT,
)
CHANNELS = Peer(
    name="Django Channels",
    kind="Python",
    about="an AsyncWebsocketConsumer on the layer in memory, a text encoded once; for each message to a client the "
    "layer goes over all its channels, so it is asked for 1 event/s in workload 1",
    most=1,
    runtime=Wheels(("channels", "django", *SERVER)),
    arguments=on_uvicorn("channels"),
    way_in=guide.way_in,
    cannot=CANNOT,
)
PUBSUB = Peer(
    name="fastapi-websocket-pubsub",
    kind="Python",
    about="its PubSubEndpoint, which awaits each client's answer to each event, one client after the other, so it is "
    "asked for 1 event/s in workload 1",
    most=1,
    runtime=Wheels(("fastapi-websocket-pubsub", "fastapi", *SERVER)),
    arguments=on_uvicorn("pubsub"),
    way_in=_pubsub,
    answer=Answer('{"response":{"call_id":"', 32, len('"},"response":null}'), '","result":null,"result_type":null}}'),
    cannot={**CANNOT, "compression": "its clients must read every event to answer it: not measured"},
)
CHANX = Peer(
    name="chanx",
    kind="Python",
    about="a consumer on FastAPI and fast-channels' layer in memory, the event passed through; for each message to a "
    "client the layer goes over all its channels, so it is asked for 1 event/s in workload 1",
    most=1,
    runtime=Wheels(("chanx", "fast-channels", "fastapi", *SERVER)),
    arguments=on_uvicorn("chanx"),
    way_in=_chanx,
    cannot=CANNOT,
)
LITESTAR = Peer(
    name="Litestar",
    kind="Python",
    about="its channels plugin with the backend in memory",
    runtime=Wheels(("litestar", "msgspec", *SERVER)),
    arguments=on_uvicorn("litestar"),
    way_in=guide.way_in,
    cannot={**CANNOT, "recovery": "its history has no positions: a client is given the newest so many: not measured"},
)
