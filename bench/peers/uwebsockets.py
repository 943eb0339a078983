"""uWebSockets: its C++ as PyPI has it, with an application in Python that it calls once for each event."""

from collections.abc import Sequence
from urllib.parse import quote

from bench.peers import guide, http_api
from bench.peers.peer import Peer, Place
from bench.peers.runtimes import Wheels


def arguments(place: Place) -> Sequence[str]:
    """A program of its own: it brings its own loop."""
    return ["-m", "bench.peers.servers.uwebsockets", str(place.port)]


def publish(place: Place, channel: str) -> bytes:
    """An event is made by the server, as by every other."""
    return http_api.post(place, f"/publish/{quote(channel, safe='')}")


PEER = Peer(
    name="uWebSockets",
    kind="C++",
    about="its C++ as socketify (PyPI) has it; Python is called for a token, a subscription, and once for each event",
    runtime=Wheels(("socketify",)),
    arguments=arguments,
    way_in=guide.way_in,
    publish=publish,
    cannot={"recovery": "has no history"},
)
