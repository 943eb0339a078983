"""Centrifugo, with its engine in memory."""

import json
from collections.abc import Sequence

from bench.peers import http_api
from bench.peers.peer import Peer, Place, Step, WayIn
from bench.peers.runtimes import GoModule
from bench.servers.workload import PERSONAL, SECRET, TEAM

KEY = "bench"


def arguments(place: Place) -> Sequence[str]:
    """Its configuration, as `centrifugo genconfig` lays it out, with what is asked of every server here."""
    followed = {"allow_subscribe_for_client": True}
    namespaces = [{"name": name.removesuffix(":"), **followed} for name in (TEAM, PERSONAL)]
    configuration = {
        "http_server": {"address": "127.0.0.1", "port": str(place.port)},
        "client": {"token": {"hmac_secret_key": SECRET}, "allowed_origins": ["*"]},
        "http_api": {"key": KEY},
        "channel": {"without_namespace": followed, "namespaces": namespaces},
        "websocket": {"compression": place.compressed},
        "log": {"level": "error"},
        "usage_stats": {"disabled": True},
    }
    path = place.folder / "config.json"
    path.write_text(json.dumps(configuration))
    return ["--config", str(path)]


def way_in(token: str, channels: Sequence[str]) -> WayIn:
    """Its `connect` with the token, then all its `subscribe`s in one frame."""
    subscribes = [{"id": 2 + number, "subscribe": {"channel": name}} for number, name in enumerate(channels)]
    asked = "\n".join(json.dumps(subscribe) for subscribe in subscribes)
    connect = json.dumps({"id": 1, "connect": {"token": token}})
    return WayIn("/connection/websocket", (Step('"id":1', connect), Step(f'"id":{1 + len(subscribes)}', asked)))


def publish(place: Place, channel: str) -> bytes:
    """Its server API over HTTP."""
    body = json.dumps({"channel": channel, "data": json.loads(http_api.event(place))}).encode()
    return http_api.post(place, "/api/publish", body, f"X-API-Key: {KEY}\r\nContent-Type: application/json\r\n")


PEER = Peer(
    name="Centrifugo",
    kind="Go",
    about="one process with its engine in memory, events by its HTTP API",
    runtime=GoModule("github.com/centrifugal/centrifugo/v6@v6.3.0", "centrifugo"),
    arguments=arguments,
    way_in=way_in,
    publish=publish,
    ping="{}",
    pong="{}",
    joins=True,
    cannot={
        "recovery": "answers a return with all that was missed in one message: not measured",
    },
)
