"""The servers that are measured side by side: what each needs, how it is started, how its clients get in."""

from bench.peers import guide, tidings
from bench.peers.peer import Peer

PEERS: tuple[Peer, ...] = (
    tidings.PEER,
    guide.PEER,
)
