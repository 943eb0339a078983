"""Publishing from programs that hold no connections: their checks, threads, loops and processes."""

import asyncio
import json
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError
from sqlalchemy import create_engine

from tests.brokers.conftest import redis_broker
from tidings import Channel, ChannelError, Event, EventError, MemoryBroker, Publisher
from tidings.brokers.database import DatabaseBroker
from tidings.brokers.database.tables import tables
from tidings.protocol.log import Position
from torture.valkey import free_port


class Noted(Event, type="noted"):
    text: str


class Notes(Channel[Noted], name="notes:{page}"):
    page: int


class Other(Event, type="other"): ...


@pytest.fixture
def publisher(redis_url: str) -> Iterator[Publisher]:
    with Publisher(redis_url) as made:
        yield made


async def texts(url: str, channel: Notes) -> list[str]:
    """What the channel's log holds, as a server reads it."""
    broker = redis_broker(url)
    top = await broker.follow(channel.name)
    entries = await broker.since(channel.name, Position(top.epoch, 0, ""), 1_000) or []
    await broker.close()
    return [json.loads(entry.message)["payload"]["text"] for entry in entries]


def read(url: str, channel: Notes) -> list[str]:
    return asyncio.run(texts(url, channel))


def test_an_event_goes_to_the_log_of_each_channel_once(publisher: Publisher, redis_url: str) -> None:
    for _ in range(2):  # a task that is run again
        assert publisher.publish(Noted(text="a"), Notes(page=1), Notes(page=2), id="task-7") == "task-7"
    assert len(publisher.publish(Noted(text="b"), Notes(page=2))) == 32
    assert read(redis_url, Notes(page=1)) == ["a"]
    assert read(redis_url, Notes(page=2)) == ["a", "b"]


async def test_it_is_awaited_on_a_loop(redis_url: str) -> None:
    async with Publisher(redis_url, channels=[Notes]) as publisher:
        await asyncio.gather(*[publisher.apublish(Noted(text=str(number)), Notes(page=1)) for number in range(50)])
        with pytest.raises(RuntimeError, match=r"await publisher\.apublish"):
            publisher.publish(Noted(text="x"), Notes(page=1))
    assert sorted(await texts(redis_url, Notes(page=1)), key=int) == [str(number) for number in range(50)]


def test_what_a_manager_would_refuse_is_refused_before_anything_is_connected() -> None:
    publisher = Publisher(f"redis://127.0.0.1:{free_port()}", channels=[Notes])
    with pytest.raises(EventError, match="lone surrogate"):
        publisher.publish(Noted(text="a").model_copy(update={"text": "\ud800"}), Notes(page=1))
    with pytest.raises(EventError):
        publisher.publish(Other(), Notes(page=1))  # type: ignore[misc]
    with pytest.raises(ChannelError, match="names no channel"):
        publisher.publish(Noted(text="a"))
    with pytest.raises(TypeError, match="write an instance of an Event class"):
        publisher.publish({"type": "noted"}, Notes(page=1))  # type: ignore[misc]


def test_a_server_that_is_away_is_told_in_time() -> None:
    url = f"redis://127.0.0.1:{free_port()}"
    with Publisher(redis_broker(url, timeout=0.2)) as publisher, pytest.raises(RedisConnectionError):
        publisher.publish(Noted(text="a"), Notes(page=1))


@pytest.mark.parametrize(
    ("to", "reason"),
    [
        ("localhost", "no database or Redis is at the URL localhost"),
        ("redis://:secret@", "must be one of redis://"),
        ("nosuch://user:secret@host/db", "Can't load plugin"),
        (MemoryBroker(), "no other process reads what is published there"),
    ],
)
def test_what_nobody_reads_from_is_refused(to: str | MemoryBroker, reason: str) -> None:
    with pytest.raises(ValueError, match=reason) as caught:
        Publisher(to)
    assert "secret" not in str(caught.value)


def test_many_threads_publish_at_once(publisher: Publisher, redis_url: str) -> None:
    def work(worker: int) -> None:
        for number in range(10):
            publisher.publish(Noted(text=f"{worker}-{number}"), Notes(page=1))

    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = read(redis_url, Notes(page=1))
    assert sorted(found) == sorted(f"{worker}-{number}" for worker in range(5) for number in range(10))
    for worker in range(5):
        mine = [text for text in found if text.startswith(f"{worker}-")]
        assert mine == [f"{worker}-{number}" for number in range(10)]


def test_a_database_is_published_to_by_its_url(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'logs.db'}"
    engine = create_engine(url)
    tables().metadata.create_all(engine)
    with Publisher(url) as publisher:
        publisher.publish(Noted(text="a"), Notes(page=1))

    async def look() -> int:
        broker = DatabaseBroker(engine)
        try:
            return (await broker.follow("notes:1")).offset
        finally:
            await broker.close()

    assert asyncio.run(look()) == 1
    engine.dispose()


# A process of its own, as a forked copy of pytest would have pytest's own threads and files.
_PROGRAM = """
import multiprocessing, os, sys
from tidings import Channel, Event, Publisher

class Noted(Event, type="noted"):
    text: str

class Notes(Channel[Noted], name="notes:{page}"):
    page: int

publisher = Publisher(sys.argv[1])
publisher.publish(Noted(text="before"), Notes(page=1))

def child(text):
    publisher.publish(Noted(text=text), Notes(page=1))

pid = os.fork()
if not pid:
    child("forked")
    sys.exit()
publisher.publish(Noted(text="beside"), Notes(page=1))
assert os.waitpid(pid, 0)[1] == 0
for number in range(2):
    process = multiprocessing.get_context("fork").Process(target=child, args=(f"child {number}",))
    process.start()
    process.join()
    assert process.exitcode == 0
publisher.publish(Noted(text="after"), Notes(page=1))
"""


def test_it_outlives_forks(redis_url: str) -> None:
    program = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", textwrap.dedent(_PROGRAM), redis_url]
    at = Path(__file__).parents[2]
    done = subprocess.run(program, check=False, cwd=at, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(read(redis_url, Notes(page=1))) == ["after", "before", "beside", "child 0", "child 1", "forked"]
