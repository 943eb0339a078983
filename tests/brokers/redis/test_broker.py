"""The Redis broker: what it keeps there, for how long, and what it makes of what others put there."""

import asyncio
import logging
import pickle
from collections.abc import Iterator

import pytest
from redis import Redis
from redis.exceptions import OutOfMemoryError, RedisError
from redis.utils import str_if_bytes

from tests.brokers.conftest import MakeRedis, redis_broker
from tests.brokers.follower import Follower, draft
from tidings.brokers.redis import RedisBroker
from tidings.protocol.log import Entry, Position
from torture.valkey import NamedValkey, Valkey, running


@pytest.fixture
def server(valkey: Valkey | NamedValkey, redis_url: str) -> Iterator[Redis]:
    """Hands on the server, behind the broker's back."""
    with valkey.client() as client:
        yield client


def one(broker: RedisBroker) -> str:
    """Where the channel `notes` is announced."""
    return broker._keys.log("notes")


def keys(server: Redis) -> list[str]:
    return [str_if_bytes(key) for key in server.keys("*")]


def announced(server: Redis) -> set[str]:
    """The names that somebody listens to."""
    return {str_if_bytes(name) for name in server.pubsub_channels()}


class TestBounds:
    async def test_bytes_of_a_channel(self, make_redis: MakeRedis) -> None:
        broker = make_redis(size=2_000)
        entries = [await broker.append("notes", draft(id, b'"' + b"x" * 500 + b'"')) for id in "abcd"]
        assert await broker.since("notes", entries[1].position, 10) == entries[2:]
        assert await broker.since("notes", entries[0].position, 10) is None

    async def test_an_event_above_the_bound_is_delivered_but_not_kept(self, make_redis: MakeRedis) -> None:
        here, there = make_redis(size=1_000), make_redis(size=1_000)
        follower = Follower(there)
        top = await there.follow("notes")
        entry = await here.append("notes", draft("a", b'"' + b"x" * 5_000 + b'"'))
        assert await follower.has("notes", 1) == [entry.position]
        assert await here.since("notes", top, 10) is None
        assert await here.since("notes", entry.position, 10) == []

    async def test_an_event_too_large_to_be_announced_is_read(self, make_redis: MakeRedis) -> None:
        here, there = make_redis(), make_redis(announced=1_000, compare=600.0)
        follower = Follower(there)
        await there.follow("notes")
        small_first = [await there.append("notes", draft("a"))]
        large = [await here.append("notes", draft(id, b'"' + b"x" * 100_000 + b'"')) for id in "bc"]
        entries = [*small_first, *large]
        assert await follower.has("notes", 3) == [entry.position for entry in entries]

    async def test_what_is_too_old_goes_with_the_next_event(self, make_redis: MakeRedis, server: Redis) -> None:
        old = make_redis(age=1_000.0)
        entries = [await old.append("notes", draft(id)) for id in "ab"]
        young = make_redis(age=0.001)  # another program's setting: all that is there is older
        while server.time()[0] * 1_000 + server.time()[1] / 1_000 <= entries[-1].at * 1_000 + 1:
            pass
        last = await young.append("notes", draft("c"))
        assert last.position.offset == 3
        assert await old.since("notes", entries[0].position, 10) is None
        assert await old.since("notes", entries[1].position, 10) in ([last], None)  # None once it is too old itself

    async def test_everything_has_a_time_to_live(self, make_redis: MakeRedis, server: Redis) -> None:
        broker = make_redis(age=3_600.0, prefix="app")
        await broker.append("notes", draft("a"))
        lives = {key.split(":")[1]: server.ttl(key) for key in keys(server)}
        assert set(lives) == {"epoch", "top", "log", "ids"}
        assert all(key.startswith("app{") for key in keys(server))
        assert 0 < lives["log"] <= 3_600 >= lives["ids"] > 0
        # A log whose numbers were forgotten begins under another epoch than it had.
        assert 0 < lives["epoch"] < lives["top"] - 3_000

    async def test_channels_that_come_and_go_leave_nothing(self, make_redis: MakeRedis, server: Redis) -> None:
        broker = make_redis()
        await broker.follow("stays")
        held = server.dbsize()
        names = [f"screen:{number}" for number in range(2_000)]
        for name in names:
            await broker.follow(name)
        assert server.pubsub_numsub(broker._keys.log(names[-1]))[0][1] == 1
        for name in names:
            broker.unfollow(name)
        await broker.follow("last")  # behind them on the connection that listens
        assert server.dbsize() <= held + 64  # of each partition the epoch
        assert announced(server) == {broker._keys.log(it) for it in ("stays", "last")}
        assert len(broker._subscriptions) == len(broker._tails) == 2


class TestTogether:
    """What many append at once is one call of the script."""

    async def test_the_bounds_of_every_channel_hold(self, make_redis: MakeRedis, server: Redis) -> None:
        broker, names = make_redis(events=10), ("notes", "tasks", "dates")
        await asyncio.gather(*(broker.append(name, draft(f"before {name}")) for name in names[:2]))
        appending = (broker.append(names[number % 3], draft(f"id{number}")) for number in range(150))
        entries = await asyncio.gather(*appending)
        for index, name in enumerate(names):
            mine = entries[index::3]
            before = 0 if name == "dates" else 1
            assert [entry.position.offset for entry in mine] == list(range(before + 1, before + 51))
            assert await broker.since(name, mine[39].position, 100) == mine[40:]
            assert await broker.since(name, mine[38].position, 100) is None
            assert server.xlen(broker._keys.log(name)) == server.hlen(broker._keys.ids(name)) == 10

    async def test_an_id_that_comes_twice_is_appended_once(self, make_redis: MakeRedis) -> None:
        here, there = make_redis(), make_redis()
        follower = Follower(there)
        await there.follow("notes")
        entries = await asyncio.gather(*(here.append("notes", draft(id)) for id in "abacb"))
        assert [entry.position.offset for entry in entries] == [1, 2, 1, 3, 2]
        assert await follower.has("notes", 3) == [entries[index].position for index in (0, 1, 3)]

    async def test_a_channel_that_cannot_be_written_fails_alone(self, make_redis: MakeRedis, server: Redis) -> None:
        broker = make_redis()
        await broker.append("spoilt", draft("first"))
        server.set(broker._keys.log("spoilt"), "no stream")
        good, bad, more = await asyncio.gather(
            *(broker.append(name, draft(name)) for name in ("notes", "spoilt", "tasks")), return_exceptions=True
        )
        assert isinstance(bad, RedisError)
        assert "spoilt" in str(bad)
        assert [entry.position.offset for entry in (good, more) if isinstance(entry, Entry)] == [1, 1]


class TestWhatOthersWrote:
    async def test_a_log_that_does_not_say_how_old_it_is(self, make_redis: MakeRedis, server: Redis) -> None:
        broker, top = make_redis(events=3), make_redis()._keys.top("notes")
        entries = [await broker.append("notes", draft(id)) for id in "ab"]
        server.hdel(top, "oldest")  # as programs before this one left it
        entries += [await broker.append("notes", draft(id)) for id in "cd"]
        assert await broker.since("notes", entries[0].position, 10) == entries[1:]
        assert float(server.hget(top, "oldest") or 0) / 1_000 == pytest.approx(entries[1].at)

    async def test_an_id_that_is_said_to_be_where_another_is(self, make_redis: MakeRedis, server: Redis) -> None:
        broker = make_redis()
        first = await broker.append("notes", draft("a"))
        server.hset(broker._keys.ids("notes"), "b", "1")
        second = await broker.append("notes", draft("b"))
        assert (first.position.offset, second.position.offset) == (1, 2)
        assert (await broker.append("notes", draft("b"))).position == second.position


class TestNames:
    @pytest.mark.parametrize("name", ["!control", "a{b}c", "{0}:top:x", "a\nb", "é:ü", "*", "notes:epoch"])
    async def test_any_name_is_a_channel_of_its_own(self, make_redis: MakeRedis, name: str) -> None:
        here, there = make_redis(), make_redis()
        follower = Follower(there)
        await there.follow(name)
        await here.append("other", draft("a"))
        entry = await here.append(name, draft("b"))
        assert entry.position.offset == 1
        assert await follower.has(name, 1) == [entry.position]

    async def test_two_prefixes_are_two_sets_of_logs(self, make_redis: MakeRedis) -> None:
        here, there = make_redis(prefix="one"), make_redis(prefix="other")
        entry = await here.append("notes", draft("a"))
        assert await there.follow("notes") != entry.position
        assert await there.since("notes", entry.position, 10) is None

    @pytest.mark.parametrize("prefix", ["", "a{b", "a}b", "a\n"])
    def test_a_prefix_that_is_none_is_refused(self, prefix: str) -> None:
        with pytest.raises(ValueError, match="at least one printable character, and no braces"):
            RedisBroker("redis://localhost", prefix=prefix)


class TestOthers:
    async def test_garbage_is_dropped_and_counted_and_nobody_notices(
        self, make_redis: MakeRedis, server: Redis, caplog: pytest.LogCaptureFixture
    ) -> None:
        here, there = make_redis(), make_redis()
        follower = Follower(there)
        top = await there.follow("notes")
        entries = [await here.append("notes", draft("a"))]
        await follower.has("notes", 1)
        forged = f"{top.epoch}\n2\nb\na\n0\n".encode() + b"\xc1no event"
        garbage = [b"", b"\x00\xff", pickle.dumps({"a": 1}), b"x" * 1_000_000, b"a\nb\nc\nd\ne\nf", b"\n" * 9, forged]
        with caplog.at_level(logging.WARNING, "tidings"):
            for message in garbage:
                server.publish(one(there), message)
            entries.append(await here.append("notes", draft("b")))
            assert await follower.has("notes", 2) == [entry.position for entry in entries]
        assert there.dropped == len(garbage)
        assert len([record for record in caplog.records if "were dropped" in record.message]) == 1

    async def test_a_log_that_somebody_wrote_into_goes_on_after_it(
        self, make_redis: MakeRedis, server: Redis, caplog: pytest.LogCaptureFixture
    ) -> None:
        here, there = make_redis(), make_redis(compare=600.0)
        follower = Follower(there)
        entry = await here.append("notes", draft("a"))
        server.xdel(one(here), "1-0")
        await here.append("notes", draft("b"))
        server.hset(here._keys.top("notes"), "offset", 3)
        server.xadd(one(here), {"i": "c", "t": "x", "d": "\x00"}, id="3-0")
        with caplog.at_level(logging.ERROR, "tidings"):
            assert await there.since("notes", Position(entry.position.epoch, 1, "a"), 10) is None
        assert "no event of ours" in caplog.text
        top = await there.follow("notes")
        assert top.offset == 3
        later = await here.append("notes", draft("d"))
        assert await follower.has("notes", 1) == [later.position]

    async def test_scripts_that_were_flushed_are_loaded_again(self, make_redis: MakeRedis, server: Redis) -> None:
        broker = make_redis()
        await broker.append("notes", draft("a"))
        server.script_flush()
        assert (await broker.append("notes", draft("b"))).position.offset == 2

    async def test_a_key_of_another_kind_fails_its_channel_alone(self, make_redis: MakeRedis, server: Redis) -> None:
        broker = make_redis()
        server.set(broker._keys.top("bad"), "text")
        good = [broker.append("notes", draft("a")), broker.append("notes", draft("b"))]
        with pytest.raises(Exception, match="bad: WRONGTYPE"):
            await broker.append("bad", draft("x"))
        assert [(await it).position.offset for it in good] == [1, 2]


async def test_a_full_server_refuses_publishers_and_serves_readers() -> None:
    with running() as full:
        broker = redis_broker(full.url)
        entry = await broker.append("notes", draft("a"))
        with full.client() as client:
            client.config_set("maxmemory", "1mb")
        for channel in ("notes", "new"):
            with pytest.raises(OutOfMemoryError):
                await broker.append(channel, draft("b"))
        start = Position(entry.position.epoch, 0, "")
        assert await broker.since("notes", start, 10) == [entry]
        assert await broker.follow("notes") == entry.position
        await broker.close()


async def test_processes_that_begin_at_once_agree_on_the_epochs(make_redis: MakeRedis) -> None:
    names = [f"c{number}" for number in range(50)]
    brokers = [make_redis() for _ in range(4)]
    tops = await asyncio.gather(*[asyncio.gather(*[it.follow(name) for name in names]) for it in brokers])
    assert all(found == tops[0] for found in tops)
