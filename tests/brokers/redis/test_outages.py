"""Servers that go away and come back, with or without what they held; announcements that are lost."""

import asyncio
import contextlib
import gc
from collections.abc import AsyncIterator, Iterable, Iterator
from itertools import chain

import pytest
import uvloop
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from tests.brokers.conftest import redis_broker
from tests.brokers.follower import Follower, draft
from tidings.brokers.redis import RedisBroker
from tidings.brokers.redis.address import address
from tidings.brokers.redis.keys import Keys
from tidings.brokers.redis.logs import Logs, new_epoch
from tidings.brokers.redis.server import Server
from tidings.brokers.redis.settings import Bounds
from tidings.protocol.log import Entry, Position
from tidings.testing.proxy import FaultProxy
from torture.valkey import Valkey, running


@pytest.fixture
def server() -> Iterator[Valkey]:
    """A server that keeps what it holds in memory alone."""
    with running() as made:
        yield made


@pytest.fixture
async def proxy(server: Valkey) -> AsyncIterator[FaultProxy]:
    async with FaultProxy(("127.0.0.1", server.port)) as made:
        yield made


def through(proxy: FaultProxy, **options: object) -> RedisBroker:
    """A broker whose connections all go through the proxy."""
    return redis_broker(f"redis://127.0.0.1:{proxy.address[1]}", **options)


async def insist(broker: RedisBroker, id: str) -> Entry:
    """Append until it was in time: a broker that waits for less than a second fails where a machine is busy."""
    async with asyncio.timeout(20):
        while True:
            with contextlib.suppress(TimeoutError, RedisTimeoutError, RedisConnectionError):
                return await broker.append("notes", draft(id))


async def test_what_was_appended_while_nothing_was_heard_is_delivered(server: Valkey, proxy: FaultProxy) -> None:
    here, there = redis_broker(server.url), through(proxy, compare=600.0, patience=0.05)
    follower = Follower(there)
    await there.follow("notes")
    entries = [await here.append("notes", draft("a"))]
    await follower.has("notes", 1)
    proxy.refusing = True
    proxy.reset()
    entries += [await here.append("notes", draft(id)) for id in "bc"]
    proxy.heal()
    entries.append(await here.append("notes", draft("d")))
    assert await follower.has("notes", 4) == [entry.position for entry in entries]
    await asyncio.gather(here.close(), there.close())


async def test_the_last_announcement_is_lost_and_the_event_is_found_by_comparing(server: Valkey) -> None:
    broker = redis_broker(server.url, compare=0.2)
    follower = Follower(broker)
    await broker.follow("notes")
    await follower.reaches("notes", (await broker.append("notes", draft("a"))).position)
    at = Server(address(server.url), timeout=5.0, connected=lambda: None)
    async with Logs(at, Keys("tidings", 64), Bounds(events=10, size=10_000, age=60.0), 0, new_epoch) as logs:
        logs._publish = "TOUCH"  # nobody hears of it
        [appended] = await logs.append([("notes", draft("b"))])
    assert not isinstance(appended, Exception)
    await follower.reaches("notes", appended[0].position)
    assert not follower.resets
    await broker.close()


async def test_connections_that_listen_are_killed_again_and_again(server: Valkey) -> None:
    here, there = redis_broker(server.url), redis_broker(server.url, patience=0.02)
    follower = Follower(there)
    await there.follow("notes")
    entries = []
    with server.client() as client:
        for number in range(60):
            entries.append(await here.append("notes", draft(f"id{number}")))
            if number % 5 == 0:
                client.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
    assert await follower.has("notes", 60) == [entry.position for entry in entries]
    await asyncio.gather(here.close(), there.close())


async def test_a_server_that_kept_everything_goes_on() -> None:
    with running(appendonly="yes") as server:
        broker = redis_broker(server.url, patience=0.05)
        follower = Follower(broker)
        await broker.follow("notes")
        before = [await broker.append("notes", draft(id)) for id in "ab"]
        await asyncio.to_thread(server.restart)
        after = await broker.append("notes", draft("c"))
        assert after.position[:2] == (before[0].position.epoch, 3)
        assert await follower.has("notes", 3) == [entry.position for entry in (*before, after)]
        await broker.close()


async def test_a_server_that_forgot_everything_has_another_epoch_and_the_readers_are_told(server: Valkey) -> None:
    here, there = redis_broker(server.url), redis_broker(server.url, patience=0.05)
    follower = Follower(there)
    await there.follow("notes")
    entry = await here.append("notes", draft("a"))
    await follower.has("notes", 1)
    await asyncio.to_thread(server.restart)
    told = await follower.is_reset()
    assert told.epoch != entry.position.epoch
    assert await there.since("notes", entry.position, 10) is None
    later = await here.append("notes", draft("b"))
    await follower.reaches("notes", later.position)
    assert later.position.epoch != entry.position.epoch
    await asyncio.gather(here.close(), there.close())


async def test_flushing_all_is_noticed_by_those_who_follow(server: Valkey) -> None:
    broker = redis_broker(server.url, compare=0.2)
    follower = Follower(broker)
    await broker.follow("notes")
    entry = await broker.append("notes", draft("a"))
    with server.client() as client:
        client.flushall()
    assert (await follower.is_reset()).epoch != entry.position.epoch
    assert (await broker.append("notes", draft("b"))).position.offset == 1
    await broker.close()


async def test_what_was_acknowledged_and_lost_gives_its_log_another_epoch_though_nobody_saw_it(server: Valkey) -> None:
    publisher, reader = redis_broker(server.url), redis_broker(server.url)
    first = await publisher.append("notes", draft("a"))
    with server.client() as client:  # a stand-in that lacks the newest entries
        dump = {key: client.dump(key) for key in client.keys("*")}
        await publisher.append("notes", draft("b"))
        client.flushall()
        for key, value in dump.items():
            client.restore(key, 0, value or b"")
        client.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
    await publisher.append("other", draft("x"))
    assert await reader.since("notes", first.position, 10) is None
    assert (await publisher.append("notes", draft("c"))).position.epoch != first.position.epoch
    await asyncio.gather(publisher.close(), reader.close())


async def test_one_who_looks_into_a_log_that_was_rolled_back_gives_it_another_epoch(server: Valkey) -> None:
    there = redis_broker(server.url, compare=0.1)
    follower = Follower(there)
    await there.follow("notes")
    first = await there.append("notes", draft("a"))
    with server.client() as client:
        dump = {key: client.dump(key) for key in client.keys("*")}
        await there.append("notes", draft("b"))
        pipe = client.pipeline()
        for key, value in dump.items():
            pipe.restore(key, 0, value or b"", replace=True)
        pipe.execute()
    assert (await follower.is_reset()).epoch != first.position.epoch
    assert await there.since("notes", first.position, 10) is None
    await there.close()


async def test_a_server_that_hangs_fails_a_publish_in_time_and_what_comes_after_is_right(server: Valkey) -> None:
    broker = redis_broker(server.url, timeout=0.3, patience=0.05)
    await broker.append("notes", draft("a"))
    server.pause()
    try:
        with pytest.raises(Exception, match=r"did not answer within 0.3 s|Timeout"):
            await broker.append("notes", draft("b"))
    finally:
        server.resume()
    assert [(await insist(broker, id)).position.offset for id in "bcd"] == [2, 3, 4]
    await broker.close()


async def test_a_server_that_is_away_fails_a_publish_with_what_the_driver_says(server: Valkey) -> None:
    broker = redis_broker(server.url, timeout=1.0)
    server.kill()
    with pytest.raises(RedisConnectionError) as caught:
        await broker.append("notes", draft("a"))
    assert str(server.port) in str(caught.value)
    with pytest.raises(RedisConnectionError):
        await broker.refresh("notes") if broker.in_use else await broker.follow("notes")
    server.start()
    assert (await insist(broker, "a")).position.offset == 1
    await broker.close()


async def test_calls_that_are_cancelled_never_get_anothers_answer(server: Valkey, proxy: FaultProxy) -> None:
    proxy.to_client.delay = 0.02
    broker = through(proxy)
    for round in range(20):
        names = [f"c{round}-{number}" for number in range(50)]
        tasks = [asyncio.create_task(broker.append(name, draft(name))) for name in names]
        await asyncio.sleep(0)
        for task in tasks[::2]:
            task.cancel()
        for name, found in zip(names, await asyncio.gather(*tasks, return_exceptions=True), strict=True):
            if not isinstance(found, BaseException):
                assert found.position.id == name
                assert f'"channel":"{name}"'.encode() in found.message
    await broker.follow("notes")
    for number in range(20):
        asked = [asyncio.create_task(broker.since(f"c{number}-{it}", Position("E", 0, ""), 10)) for it in range(10)]
        await asyncio.sleep(0)
        asked[0].cancel()
        assert (await asyncio.gather(*asked, return_exceptions=True))[1:] == [None] * 9
    await broker.close()


async def test_what_was_sent_is_done_where_its_caller_is_cancelled_and_others_get_their_own_answers(
    server: Valkey, proxy: FaultProxy
) -> None:
    proxy.to_client.delay = 0.02
    at = Server(address(f"redis://127.0.0.1:{proxy.address[1]}"), timeout=20.0, connected=lambda: None)
    await asyncio.gather(*[at.call([("PING",)]) for _ in range(20)])  # so many connections
    names = [[f"{round}-{number}" for number in range(20)] for round in range(10)]
    for some in names:
        calls = [asyncio.create_task(at.call([("SET", name, name), ("GET", name)])) for name in some]
        await asyncio.sleep(0)  # they are under way
        for call in calls[::2]:
            call.cancel()
        await asyncio.sleep(0)  # they have heard of that
        later = [asyncio.create_task(at.call([("ECHO", name)])) for name in some]
        assert [each[0].decode() for each in await asyncio.gather(*later)] == some
        found = await asyncio.gather(*calls, return_exceptions=True)
        assert all(isinstance(each, asyncio.CancelledError) for each in found[::2])
        assert [each[1].decode() for each in found[1::2] if isinstance(each, list)] == some[1::2]
    await at.close()
    with server.client() as client:
        assert client.exists(*chain(*names)) == 200


async def test_a_channel_is_listened_to_before_its_top_is_read(server: Valkey, monkeypatch: pytest.MonkeyPatch) -> None:
    here, there = redis_broker(server.url), redis_broker(server.url, compare=600.0)
    follower = Follower(there)
    await there.follow("other")  # it listens
    await here.append("other", draft("a"))
    await follower.has("other", 1)
    join = there._subscriptions.join

    async def late(channels: Iterable[str]) -> None:
        await here.append("notes", draft("b"))
        await join(channels)

    monkeypatch.setattr(there._subscriptions, "join", late)
    assert (await there.follow("notes")).id == "b"  # nobody announces it again
    await asyncio.gather(here.close(), there.close())


async def test_channels_joined_and_left_while_connections_break_are_never_waited_for_in_vain(server: Valkey) -> None:
    broker = redis_broker(server.url, patience=0.02)
    await broker.follow("stays")
    with server.client() as client:
        for round in range(20):
            names = [f"c{round}-{number}" for number in range(10)]
            joining = [asyncio.create_task(broker.follow(name)) for name in names for _ in range(2)]
            await asyncio.sleep(0)
            client.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
            joining[0].cancel()
            async with asyncio.timeout(20):
                done = await asyncio.gather(*joining, return_exceptions=True)
            assert not [it for it in done[2:] if isinstance(it, Exception)]
            for name in names[1:]:
                broker.unfollow(name)
                broker.unfollow(name)
    await broker.close()


async def test_a_call_that_fails_after_it_was_cancelled_is_no_error_of_the_loops(server: Valkey) -> None:
    told: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
    at = Server(address(server.url), timeout=0.2, connected=lambda: None)
    server.pause()
    call = asyncio.create_task(at.call([("PING",)]))
    await asyncio.sleep(0)  # it is under way
    call.cancel()
    await asyncio.wait([call])
    await at.close()  # after the call
    server.resume()
    del call
    gc.collect()
    assert told == []


async def test_a_listener_that_is_cancelled_as_it_has_connected_leaves_no_connection(server: Valkey) -> None:
    at = Server(address(server.url), timeout=5.0, connected=lambda: None)
    listening = asyncio.create_task(at.listeners())
    await asyncio.sleep(0)  # it is under way
    [connecting] = at._calls
    connecting.add_done_callback(lambda _: listening.cancel())
    await asyncio.wait([listening])
    assert listening.cancelled()
    await at.close()
    with server.client() as client:
        async with asyncio.timeout(20):
            while client.info("clients")["connected_clients"] > 1:  # noqa: ASYNC110  # ours
                await asyncio.sleep(0.01)


class Cut(Server):
    """Each of whose connections goes before anything is said on it, until `healed`."""

    healed = False

    async def _greet(self, connection: AbstractConnection) -> None:
        if not self.healed:
            connection._writer.transport.abort()  # type: ignore[union-attr]
            await asyncio.sleep(0)  # uvloop closes it
        await super()._greet(connection)


def test_a_connection_that_goes_while_it_is_greeted_is_an_outage_on_uvloop_too(server: Valkey) -> None:
    async def ask() -> None:
        async with Cut(address(server.url), timeout=5.0, connected=lambda: None) as cut:
            with pytest.raises(RedisConnectionError, match="closed the connection"):
                await cut.call([("PING",)])
            cut.healed = True
            assert await cut.call([("PING",)]) == [b"PONG"]

    uvloop.run(ask())
