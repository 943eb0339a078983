"""How a server under measurement is told to publish: a Unix socket inside its process, the same for every server.

A command is a line:

- `publish COUNT [CHANNEL]`: that many events, one after the other, without a pause
- `rate PER_SECOND COUNT [CHANNEL]`: that many, at even intervals

Without a name, the channel is the one that everybody follows.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from itertools import count

PATH = "BENCH_CONTROL"  # the environment variable that names the socket
CHANNEL = "schedules"  # that everybody follows

Publish = Callable[[int, str], Awaitable[object]]


@asynccontextmanager
async def controlled(publish: Publish) -> AsyncIterator[None]:
    """Obey commands for as long as the server runs. `publish` is given each event's number, from 0, and its channel."""
    server = await asyncio.start_unix_server(partial(_obey, partial(_publish_next, publish, count())), os.environ[PATH])
    try:
        yield
    finally:
        server.close()


async def _publish_next(publish: Publish, numbers: "count[int]", channel: str) -> None:
    await publish(next(numbers), channel)


async def _obey(
    publish_next: Callable[[str], Awaitable[None]], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    async for line in reader:
        match line.decode().split():
            case ["publish", events, *channel]:
                for _ in range(int(events)):
                    await publish_next(_named(channel))
            case ["rate", per_second, events, *channel]:
                await _publish_evenly(partial(publish_next, _named(channel)), 1 / float(per_second), int(events))
    writer.close()


def _named(channel: list[str]) -> str:
    return channel[0] if channel else CHANNEL


async def _publish_evenly(publish_next: Callable[[], Awaitable[None]], interval: float, events: int) -> None:
    loop = asyncio.get_running_loop()
    begin = loop.time()
    for number in range(events):
        await asyncio.sleep(begin + number * interval - loop.time())
        await publish_next()
