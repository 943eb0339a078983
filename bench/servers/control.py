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

READ = 65_536  # bytes at once

Publish = Callable[[int, str], Awaitable[object]]


@asynccontextmanager
async def controlled(publish: Publish) -> AsyncIterator[None]:
    """Obey commands for as long as the server runs. `publish` is given each event's number, from 0, and its channel."""
    server = await asyncio.start_unix_server(partial(_obey, publish, count()), os.environ[PATH])
    try:
        yield
    finally:
        server.close()


async def _obey(
    publish: Publish, numbers: "count[int]", reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    async for command, values in _commands(reader):
        if command == "publish":
            channel = _channel(values[1:])
            for _ in range(int(values[0])):
                await publish(next(numbers), channel)
        elif command == "rate":
            async for _ in _evenly(1 / float(values[0]), int(values[1])):
                await publish(next(numbers), _channel(values[2:]))
    writer.close()


async def _commands(reader: asyncio.StreamReader) -> AsyncIterator[tuple[str, list[str]]]:
    """What has come is taken apart at once: a wait for each line would be measured with every server."""
    rest = b""
    while data := await reader.read(READ):
        *lines, rest = (rest + data).split(b"\n")
        for line in lines:
            command, *values = line.decode().split()
            yield command, values


def _channel(named: list[str]) -> str:
    return named[0] if named else CHANNEL


async def _evenly(interval: float, events: int) -> AsyncIterator[None]:
    loop = asyncio.get_running_loop()
    begin = loop.time()
    for number in range(events):
        await asyncio.sleep(begin + number * interval - loop.time())
        yield
