"""`ws` on Node, and how Node is started: one process, which runs the TypeScript as it stands."""

from collections.abc import Callable, Sequence
from pathlib import Path

from bench.peers import guide
from bench.peers.peer import Peer, Place
from bench.peers.runtimes import NodePackages

_SERVERS = Path(__file__).with_name("servers")


def on_node(module: str) -> Callable[[Place], Sequence[str]]:
    """How Node is started with a server in bench/peers/servers."""
    return lambda place: [str(_SERVERS / f"{module}.ts")]


PEER = Peer(
    name="ws",
    kind="Node",
    about="a set of sockets for each channel, a message encoded once, bufferutil",
    runtime=NodePackages(("ws", "jsonwebtoken", "bufferutil")),
    arguments=on_node("ws"),
    way_in=guide.way_in,
    cannot={"recovery": "has no history"},
    pairs=True,
)
