"""Several servers of several workers each on one database and, with Redis, one log: the whole set on one machine."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from torture.server import Server
from torture.settings import Settings

SERVERS, WORKERS = 2, 2


@asynccontextmanager
async def servers(settings: Settings, directory: Path) -> AsyncIterator[list[Server]]:
    """2 × 2 workers, each server with a log of its own under this directory."""
    async with AsyncExitStack() as stack:
        started = []
        for number in range(1, SERVERS + 1):
            own = directory / f"server-{number}"
            own.mkdir()
            started.append(await stack.enter_async_context(Server(settings, own, workers=WORKERS)))
        yield started
