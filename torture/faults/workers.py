"""Four workers on one Postgres, without a second server; one is killed every 5 seconds."""

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import cycle
from pathlib import Path
from typing import cast

from websockets.asyncio.client import ClientConnection

from tidings.client import connect
from tidings.client.connection import Socket
from torture import tables
from torture.crowd.kernel import sockets_of
from torture.ground import Ground
from torture.outcome import Outcome
from torture.scene import scene
from torture.server import Server
from torture.settings import Settings
from torture.writer import Habits

SCREENS, WRITERS = 16, 4

_LONG, _SHORT = (4, 24, 5.0), (2, 2, 0.0)  # workers, kills, and seconds between two
_CHANGES = 40  # between two kills, at least
_HASTE = 0.05  # of the client's backoff


async def run(ground: Ground) -> Outcome:
    """0 lost, 0 duplicates, 0 out of order, 0 resets."""
    workers, kills, seconds = _SHORT if ground.short else _LONG
    outcome = Outcome(
        f"{WRITERS} writers and {SCREENS} screens spread over {workers} workers (`tidings serve --workers {workers}`) "
        f"on one Postgres, of which one is killed (SIGKILL) {kills} times, each time the one that has served longest"
    )
    chance = ground.random()
    with ground.database("postgres") as url:
        await tables.create(url)
        async with Server(Settings(url), ground.directory, workers=workers) as server, scene(server, url) as made:
            spread = _Spread(server)
            await made.show(SCREENS, server.websocket, lambda: chance.random() * _HASTE, spread.connect)
            spread.judge(outcome)
            made.write(WRITERS, chance, Habits())
            for _ in range(kills):
                await asyncio.gather(made.progress(_CHANGES), asyncio.sleep(seconds))
                starts = server.starts
                os.kill(server.workers[0], signal.SIGKILL)
                await server.await_starts(starts + 1)
            await made.stop()
            outcome.figures["seconds until all was shown, at the end"] = await made.caught_up(outcome)
            await made.judge(outcome)
    outcome.require(outcome.figures["resets"] == 0, f"{outcome.figures['resets']} resets")
    return outcome


class _Spread:
    """Spreads the screens over the workers of a server, as a load balancer does. Left to the kernel, whichever worker
    is first takes a connection, and some may get none.
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        self._turns = cycle(server.workers)
        self._ports: set[int] = set()

    async def connect(self, url: str) -> Socket:
        """A connection to the next worker in turn: while it is made, the others are stopped. Later ones are left to
        the kernel.
        """
        if len(self._ports) == SCREENS:
            return await connect(url)
        with self._alone(next(self._turns)):
            socket = await connect(url)
        self._ports.add(cast(ClientConnection, socket).local_address[1])
        return socket

    @contextmanager
    def _alone(self, worker: int) -> Iterator[None]:
        others = [other for other in self._server.workers if other != worker]
        for other in others:
            os.kill(other, signal.SIGSTOP)
        try:
            yield
        finally:
            for other in others:
                os.kill(other, signal.SIGCONT)

    def judge(self, outcome: Outcome) -> None:
        """Every worker has some, by what the kernel says."""
        connections = {held.inode for held in sockets_of(self._server.port) if held.peer_port in self._ports}
        screens = [len(connections & _sockets(worker)) for worker in self._server.workers]
        outcome.figures["screens of each worker, at the beginning"] = said = ", ".join(map(str, screens))
        outcome.require(all(screens), f"the screens are not spread over all workers, which have {said}")


def _sockets(process: int) -> set[int]:
    """The inodes of a process's open sockets."""
    inodes = set()
    for descriptor in Path(f"/proc/{process}/fd").iterdir():
        with suppress(FileNotFoundError):
            name = str(descriptor.readlink())
            if name.startswith("socket:["):
                inodes.add(int(name[8:-1]))
    return inodes
