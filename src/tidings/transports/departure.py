"""The portable transport under uvicorn: a server that stops sends its clients away in turn.

By itself uvicorn closes all connections at once, and tells the application afterwards. That goes for `uvicorn main:app`
and gunicorn's uvicorn workers; the native transport has a way of its own.
"""

import asyncio
import signal
import socket
import sys
import threading
from typing import TYPE_CHECKING

from tidings.protocol.draining import TICK
from tidings.transport import GRACE

if TYPE_CHECKING:
    from uvicorn import Server

    from tidings.manager import ConnectionManager


def send_away_before_stop(manager: "ConnectionManager") -> None:
    """Have the uvicorn that starts this manager drain it before it closes connections.

    Called in the lifespan. Under another server, or a uvicorn that runs in a thread, it changes nothing.
    """
    server = _server()
    if server is None:
        return
    departure = getattr(server.shutdown, "__self__", None)
    if not isinstance(departure, _Departure):  # the first manager of this application
        departure = _Departure(server)
        server.shutdown = departure.shutdown  # type: ignore[method-assign]
    departure.managers.append(manager)


class _Departure:
    """The end of one server, of whose `shutdown` it takes the place."""

    def __init__(self, server: "Server") -> None:
        self.managers: list[ConnectionManager] = []
        self._server, self._shutdown = server, server.shutdown

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take nobody further, send everybody away, and go on as uvicorn does, all in the time it was given."""
        config, loop = self._server.config, asyncio.get_running_loop()
        given, began = config.timeout_graceful_shutdown, loop.time()
        for listening in self._server.servers:
            listening.close()
        draining = {manager.drain(GRACE if given is None else given) for manager in self.managers}
        while draining and not self._server.force_exit:  # which is the second Ctrl+C
            _, draining = await asyncio.wait(draining, timeout=TICK)
        if given is not None:
            config.timeout_graceful_shutdown = max(0, given - int(loop.time() - began))
        await self._shutdown(sockets)


def _server() -> "Server | None":
    """The uvicorn that runs this lifespan: it handles the process's signals."""
    if "uvicorn.server" not in sys.modules or threading.current_thread() is not threading.main_thread():
        return None
    from uvicorn import Server

    owner = getattr(signal.getsignal(signal.SIGTERM), "__self__", None)
    return owner if isinstance(owner, Server) else None
