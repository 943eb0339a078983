"""A peer that runs: installed, started and ready, with a load before it."""

import socket
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.load.generator import PATIENCE, Load, LoadError
from bench.machine import Cores
from bench.peers.peer import Installed, Peer, Place, Step, WayIn
from bench.peers.runtimes import ROOT
from bench.process import Process, ServerError, takes_connections
from bench.servers import control, workload

_DEATH = 0.5  # seconds that a process may take to end after its connections have


class Running(Process):
    """A started peer."""

    def __init__(self, peer: Peer, place: Place, core: int | None, environment: Mapping[str, str]) -> None:
        """Raises ServerError where it does not start."""
        self.peer, self.place, self.port = peer, place, place.port
        if takes_connections(place.port):
            raise ServerError(f"port {place.port} is in use by another program")
        self.control = place.folder / "control"
        command = [place.installed.program, *peer.arguments(place)]
        told = {
            control.PATH: str(self.control),
            "BENCH_PORT": str(place.port),
            workload.PAYLOAD: str(place.payload),
            workload.COMPRESSED: str(int(place.compressed)),
            "PYTHONPATH": str(ROOT),
        }
        super().__init__(peer.name, command, core, {**told, **place.installed.environment, **environment}, place.folder)
        try:
            self._await(self._ready)
        except BaseException:
            self._end()
            raise

    def way_in(self, token: str, channels: Sequence[str] = (workload.CHANNEL,)) -> WayIn:
        """Of one client, compressing where that is measured."""
        way = self.peer.way_in(token, channels)
        return with_compression(way) if self.place.compressed else way

    def trigger(self, channel: str = workload.CHANNEL) -> bytes:
        """What publishes one event."""
        if self.peer.publish is None:
            return f"publish 1 {channel}\n".encode()
        return self.peer.publish(self.place, channel)

    def _ready(self) -> bool:
        if not takes_connections(self.port):
            return False
        if self.peer.publish is not None:
            return True
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(str(self.control)) == 0


def with_compression(way: WayIn) -> WayIn:
    """The same, with a browser's offer (RFC 7692), without a context of the client's. What is compressed is
    not looked into: to each step, the next message is the answer.
    """
    offer = {"Sec-WebSocket-Extensions": "permessage-deflate; client_no_context_takeover; client_max_window_bits"}
    return WayIn(way.path, tuple(Step("", step.send) for step in way.steps), {**way.headers, **offer})


@contextmanager
def running(
    peer: Peer,
    installed: Installed,
    cores: Cores,
    *,
    payload: int = 0,
    compressed: bool = False,
    environment: Mapping[str, str] | None = None,
    writers: int = 1,
    patience: float = PATIENCE,
) -> Iterator[tuple[Running, Load]]:
    """A peer that has just started, and the load for it; gone afterwards. `writers` publish at the same time,
    `patience` seconds are given to all that is done with it.

    Raises ServerError, LoadError.
    """
    with tempfile.TemporaryDirectory(prefix="tidings-bench-") as folder:
        place = Place(Path(folder), _free_port(), installed, payload, compressed)
        with (
            Running(peer, place, cores.server, environment or {}) as server,
            Load(server.port, server.pid, cores.load, patience) as load,
        ):
            load.dialect(peer.ping, peer.pong, joins=peer.joins)
            if peer.answer is not None:
                load.answer_events(peer.answer)
            if peer.publish is None:
                load.publish_by_socket(server.control, writers)
            else:
                load.publish_by_port(writers)
            try:
                yield server, load
            except LoadError as error:
                if (words := server.ended(within=_DEATH)) is not None:
                    error.args = (f"{error}: it has ended: {words}",)
                raise


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
