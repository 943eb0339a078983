"""Each way in which Redis is deployed: one server, by TCP or a socket, Sentinel, Cluster."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import uvloop

from tests.brokers.conftest import redis_broker
from tests.brokers.follower import Follower, draft
from tests.certificate import write_certificate
from tidings.brokers.redis import RedisBroker, RedisUnfit
from tidings.brokers.redis.server import PASSING
from torture.valkey import SERVICE, Valkey, cluster, running, watched


async def delivers(here: RedisBroker, there: RedisBroker, *names: str) -> None:
    """What one appends, the other delivers, on each of these channels."""
    follower = Follower(there)
    for name in names:
        await there.follow(name)
    entries = await asyncio.gather(*[here.append(name, draft(id)) for name in names for id in "ab"])
    for number, name in enumerate(names):
        pair = entries[2 * number : 2 * number + 2]
        assert await follower.has(name, 2) == [entry.position for entry in pair]
        assert await here.since(name, pair[0].position, 10) == [pair[1]]
    await asyncio.gather(here.close(), there.close())


@contextlib.asynccontextmanager
async def through_tls(server: Valkey, certificate: Path) -> AsyncIterator[str]:
    """The URL of a server behind what ends TLS for it."""
    write_certificate(certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer):
            while data := await reader.read(65_536):
                writer.write(data)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_server, to_server = await asyncio.open_connection("127.0.0.1", server.port)
        await asyncio.gather(carry(reader, to_server), carry(from_server, writer), return_exceptions=True)

    async with await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context) as terminator:
        port = terminator.sockets[0].getsockname()[1]
        yield f"rediss://127.0.0.1:{port}?ssl_ca_certs={certificate}"


async def outlives(node: Valkey, url: str) -> None:
    """A program goes on when a node of the cluster has gone and come back, without what it held."""
    here, there = (redis_broker(url, timeout=20.0, patience=0.1) for _ in range(2))
    follower = Follower(there)
    names = [f"shifts:{number}" for number in range(8)]
    for name in names:
        await there.follow(name)
        await here.append(name, draft("a"))
    await asyncio.to_thread(node.restart)
    after = await asyncio.gather(*[here.append(name, draft("b")) for name in names])
    later = await asyncio.gather(*[here.append(name, draft("c")) for name in names])
    assert [entry.position.id for entry in after + later] == ["b"] * 8 + ["c"] * 8
    async with asyncio.timeout(20):
        for name, entry in zip(names, later, strict=True):
            while there._tails.top(name) != entry.position:
                with contextlib.suppress(*PASSING):  # where its connections are those of before
                    await there.refresh(name)
    assert {channel for channel, _ in follower.resets} < set(names)  # those on the other node went on
    await asyncio.gather(here.close(), there.close())


async def test_a_unix_socket_and_a_database_of_its_own() -> None:
    with running() as server:
        url = f"unix://{server.socket}?db=3"
        await delivers(redis_broker(url), redis_broker(url), "notes")
        with server.client() as client:
            assert client.dbsize() == 0


@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_tls(loop: Callable[[], asyncio.AbstractEventLoop], tmp_path: Path) -> None:
    async def use(server: Valkey) -> None:
        async with through_tls(server, tmp_path / "certificate.pem") as url:
            await delivers(redis_broker(url), redis_broker(url), "notes")

    with running() as server, asyncio.Runner(loop_factory=loop) as runner:
        runner.run(use(server))


async def test_a_password_with_any_character() -> None:
    password = "p@ss:/w?rd#1"
    with running(requirepass=password) as server:
        broker = redis_broker(server.url)
        await broker.check()
        await delivers(broker, redis_broker(server.url), "notes")
        for wrong, advice in (("", "wants a password"), (":wrong-secret@", "refuses these credentials")):
            stranger = redis_broker(f"redis://{wrong}127.0.0.1:{server.port}")
            with pytest.raises(RedisUnfit, match=advice) as caught:
                await stranger.check()
            assert "secret" not in str(caught.value)
            await stranger.close()


async def test_a_cluster_with_its_channels_on_all_nodes() -> None:
    with cluster(2) as nodes:
        url = "redis+cluster://" + ",".join(f"127.0.0.1:{node.port}" for node in nodes)
        broker = redis_broker(url)
        await broker.check()
        await delivers(broker, redis_broker(url), *[f"notes:{number}" for number in range(20)])
        await outlives(nodes[1], url)
        held = []
        for node in nodes:
            with node.client() as client:
                held.append(client.dbsize())
        assert all(held)
        alone = redis_broker(nodes[0].url)
        with pytest.raises(RedisUnfit, match=r"is a node of a cluster: write redis\+cluster://"):
            await alone.check()
        await alone.close()


async def test_one_server_given_as_a_cluster_is_refused_with_the_fix() -> None:
    with running() as server:
        broker = redis_broker(f"redis+cluster://127.0.0.1:{server.port}")
        with pytest.raises(RedisUnfit, match=r"is no cluster: write redis:// in place of redis\+cluster://"):
            await broker.check()
        await broker.close()


async def test_a_sentinel_names_the_server_and_its_stand_in_goes_on() -> None:
    with watched() as (server, _, sentinel):
        url = f"redis+sentinel://127.0.0.1:{sentinel.port}/{SERVICE}"
        here, there = (redis_broker(url, timeout=15.0, patience=0.1) for _ in range(2))
        await here.check()
        follower = Follower(there)
        await there.follow("notes")
        before = [await here.append("notes", draft(id)) for id in "ab"]
        await follower.has("notes", 2)
        with server.client() as client:
            client.set("last", 1)
            assert client.wait(1, 10_000) == 1  # the replica has them
        await asyncio.to_thread(server.kill)
        after = await here.append("notes", draft("c"))
        assert after.position[:2] == (before[0].position.epoch, 3)
        assert await follower.has("notes", 3) == [entry.position for entry in (*before, after)]
        await asyncio.gather(here.close(), there.close())


async def test_a_server_that_is_no_sentinel_and_a_database_that_is_none_are_refused_with_the_fix() -> None:
    with running() as server:
        for url, advice in (
            (f"redis+sentinel://127.0.0.1:{server.port}/{SERVICE}", "is no sentinel: write the sentinels' hosts, or"),
            (f"redis://127.0.0.1:{server.port}/99", "has no database 99: leave it out"),
        ):
            broker = redis_broker(url)
            with pytest.raises(RedisUnfit, match=advice):
                await broker.check()
            await broker.close()


async def test_a_user_who_may_not_use_the_keys_is_refused_with_the_fix() -> None:
    with running(user=["app on >hush ~desk{* &desk{* +@all -@dangerous +info"]) as server:
        url = f"redis://app:hush@127.0.0.1:{server.port}"
        theirs = redis_broker(url, prefix="desk")
        await theirs.check()
        assert (await theirs.append("notes", draft("a"))).position.offset == 1
        others = redis_broker(url)
        with pytest.raises(
            RedisUnfit, match=r"refuses these credentials .*: write redis://user:password@host, of a user"
        ):
            await others.check()
        await theirs.close()
        await others.close()


async def test_a_server_that_may_evict_is_refused_with_the_fix() -> None:
    with running(maxmemory_policy="allkeys-lru") as server:
        broker = redis_broker(server.url)
        with pytest.raises(RedisUnfit, match=r"maxmemory-policy allkeys-lru.*: set maxmemory-policy noeviction"):
            await broker.check()
        await broker.close()


async def test_a_server_that_is_away_does_not_keep_a_program_from_starting(caplog: pytest.LogCaptureFixture) -> None:
    with running() as server:
        server.kill()
        broker = redis_broker(server.url)
        await broker.check()
        assert f"redis://127.0.0.1:{server.port} does not answer (ConnectionError: Error 111" in caplog.text
        assert "start it, or correct the URL; clients are served once it does" in caplog.text
        server.start()
        await broker.check()
        await broker.close()
