"""The guide's ConnectionManager, endpoint and notify code, as they are."""

from collections.abc import Sequence

from bench.peers import tidings
from bench.peers.peer import Peer, Place, Step, WayIn
from bench.peers.runtimes import Project


def arguments(place: Place) -> Sequence[str]:
    """As its readers run it: uvicorn compresses for the clients that ask for it."""
    return ["-m", "uvicorn", "bench.servers.guide:app", "--port", str(place.port), "--log-level", "warning"]


def way_in(token: str, channels: Sequence[str]) -> WayIn:
    """The greeting, then `subscribe`: the messages that tidings took over."""
    return WayIn(f"/ws?token={token}", (Step('"connection:established"'), tidings.subscribe(channels)))


PEER = Peer(
    name="the guide",
    kind="Python",
    about="FastAPI, the guide's ConnectionManager, stock uvicorn with uvloop and httptools",
    runtime=Project(("fastapi", "uvicorn", "uvloop", "websockets", "pyjwt")),
    arguments=arguments,
    way_in=way_in,
    cannot={"recovery": "has no history"},
    pairs=True,
)
