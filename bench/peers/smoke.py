"""`python -m bench peers`: installs and starts each peer, lets ten clients in, publishes ten events, and says what came
of it.
"""

import sys
from collections.abc import Sequence

from bench.load.build import BuildError
from bench.load.generator import LoadError
from bench.machine import Cores
from bench.peers import PEERS
from bench.peers.peer import Peer, Unavailable
from bench.peers.running import running
from bench.process import ServerError
from bench.servers import workload

CLIENTS = EVENTS = 10


def main(names: Sequence[str]) -> int:
    """All peers, or those that are named; the exit status is 1 where one that was named does not work."""
    unknown = set(names) - {peer.folder for peer in PEERS}
    if unknown:
        known = ", ".join(peer.folder for peer in PEERS)
        print(f"bench: there is no peer {', '.join(sorted(unknown))}: write one of {known}", file=sys.stderr)
        return 2
    failed = False
    for peer in PEERS:
        if not names or peer.folder in names:
            try:
                print(f"{peer.name}: {tried(peer)}", flush=True)
            except (Unavailable, ServerError, LoadError, BuildError) as error:
                failed = True
                print(f"{peer.name}: not measured here: {error}", flush=True)
    return int(failed and bool(names))


def tried(peer: Peer) -> str:
    """What it sends, once it has. Raises what is wrong with it."""
    installed = peer.runtime.install(peer.folder)
    with running(peer, installed, Cores()) as (server, load):
        load.stream(server.trigger())
        load.clients(server.way_in(token) for token in workload.tokens(CLIENTS))
        load.open()
        load.fire(EVENTS)
        return f"ok ({installed.versions}); an event: {load.sample().decode(errors='replace')}"
