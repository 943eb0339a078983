"""Sends clients away: each is told when to come back, and closed when its turn is."""

import asyncio
import logging
from collections.abc import Sequence
from typing import Protocol

from tidings.protocol.draining import TICK, plan

log = logging.getLogger("tidings")

_SLICE = 1_000  # clients that are told before the loop does other things


class Leaving(Protocol):
    """A client that is sent away."""

    def announce(self, seconds: float) -> None: ...
    def drain(self) -> None: ...


async def drain(clients: Sequence[Leaving], within: float) -> None:
    """Tell everybody at once, then close them at the pace of `protocol.draining`, in the order given.

    Until its turn a client is served as ever. One that has gone by then is passed over by its own methods.
    """
    planned = plan(len(clients), within)
    if clients:
        log.info("sending %d clients away, the last of them in %.1f s", len(clients), planned.wait(len(clients) - 1))
    for start in range(0, len(clients), _SLICE):
        for place in range(start, min(start + _SLICE, len(clients))):
            clients[place].announce(planned.wait(place))
        await asyncio.sleep(0)
    for start in range(0, len(clients), planned.batch):
        if start:
            await asyncio.sleep(TICK)
        for client in clients[start : start + planned.batch]:
            client.drain()
