"""tidings itself, on its native transport."""

import json
from collections.abc import Sequence

from bench.peers.peer import Peer, Place, Step, WayIn
from bench.peers.runtimes import Project
from bench.servers.workload import PERSONAL

PACKAGES = ("tidings", "uvicorn", "uvloop", "httptools", "websockets", "fastapi", "pydantic", "msgspec", "pyjwt")


def arguments(place: Place) -> Sequence[str]:
    """As its documentation says to serve."""
    return ["-m", "tidings.cli", "serve", "bench.servers.ours:app", "--port", str(place.port)]


def way_in(token: str, channels: Sequence[str]) -> WayIn:
    """The greeting, then `subscribe`; a user's own channel is followed without asking."""
    named = [channel for channel in channels if not channel.startswith(PERSONAL)]
    return WayIn(f"/ws?token={token}", (Step('"connection:established"'), *([subscribe(named)] if named else [])))


def returning(token: str, channels: Sequence[str], seen: str) -> WayIn:
    """The same, from the positions that the first `subscribed` told."""
    positions = json.loads(seen)["payload"]["positions"]
    return WayIn(f"/ws?token={token}", (Step('"connection:established"'), subscribe(channels, positions=positions)))


def subscribe(channels: Sequence[str], **more: object) -> Step:
    """A step that asks for channels."""
    message = {"type": "subscribe", "payload": {"channels": list(channels), **more}, "id": "1"}
    return Step('"subscribed"', json.dumps(message))


PEER = Peer(
    name="tidings",
    kind="Python",
    about="`tidings serve`, native transport; authentication, rules, logs, positions, limits and metrics are on, "
    "presence is not",
    runtime=Project(PACKAGES),
    arguments=arguments,
    way_in=way_in,
    returning=returning,
)
