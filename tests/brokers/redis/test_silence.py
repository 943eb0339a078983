"""A connection that listens and hears nothing, by a clock that the test turns."""

import asyncio
from collections.abc import AsyncIterator
from typing import NamedTuple

import pytest
from redis.asyncio.connection import Connection

from tests.stage import HAND_TURNED, hand
from tidings.brokers.redis.subscriptions import _Stream

pytestmark = pytest.mark.anyio

PING = 2.4  # seconds; added to the time, and the time taken off again, it is a hair less
COMMAND = b"*1\r\n$4\r\nPING\r\n"
MESSAGE = b"*3\r\n$7\r\nmessage\r\n$4\r\nname\r\n$5\r\nevent\r\n"


@pytest.fixture
def anyio_backend() -> object:
    return HAND_TURNED


class Mute(NamedTuple):
    """A server's side of a connection, which says what the test has it say, and the driver's."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    client: Connection


@pytest.fixture
async def mute() -> AsyncIterator[Mute]:
    accepted: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        accepted.put_nowait((reader, writer))

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    client = Connection(host="127.0.0.1", port=server.sockets[0].getsockname()[1])
    await client._connect()
    reader, writer = await accepted.get()
    yield Mute(reader, writer, client)
    await client.disconnect(nowait=True)
    writer.close()
    server.close()


async def test_it_is_tried_after_one_period_and_given_up_after_the_next(mute: Mute) -> None:
    heard: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue()

    def hear(channel: str, event: bytes) -> None:
        heard.put_nowait((channel, event))

    stream = _Stream(mute.client, {b"name": "notes"}, hear, sharded=False, ping=PING)
    writing = asyncio.create_task(stream.write())
    await asyncio.sleep(0)
    assert hand().time() + PING - hand().time() < PING
    await hand().advance(PING)
    assert await mute.reader.readexactly(len(COMMAND)) == COMMAND
    mute.writer.write(MESSAGE)
    assert await heard.get() == ("notes", b"event")
    await hand().advance(PING)  # it was heard
    await hand().advance(PING)
    assert await mute.reader.readexactly(len(COMMAND)) == COMMAND
    assert not writing.done()
    await hand().advance(PING)
    with pytest.raises(TimeoutError, match="was not answered for"):
        await writing
    stream.end()
