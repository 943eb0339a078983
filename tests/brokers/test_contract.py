"""What every broker does: the duties of tidings.broker.Broker.

An adapter of somebody else runs the suite with a subclass that has its own `broker` fixture; and where processes
share its logs, the last class with a fixture `make`, which returns another broker on the same logs at each call.
"""

import asyncio
import json
from collections.abc import Callable

import pytest
from msgspec.structs import replace

from tests.brokers.conftest import MakeRedis
from tests.brokers.follower import Follower, draft
from tidings import MemoryBroker
from tidings.broker import Broker
from tidings.protocol.log import Position

Make = Callable[..., Broker]

EVENTS = 10  # that a log of the brokers below holds


class TestBrokerContract:
    @pytest.fixture
    def broker(self) -> Broker:
        return MemoryBroker(events=EVENTS)

    async def test_offsets_are_dense_from_one_under_one_epoch(self, broker: Broker) -> None:
        positions = [(await broker.append("notes", draft(id))).position for id in "abc"]
        assert [position.offset for position in positions] == [1, 2, 3]
        assert len({position.epoch for position in positions}) == 1
        assert [position.id for position in positions] == ["a", "b", "c"]

    async def test_channels_are_numbered_apart(self, broker: Broker) -> None:
        await broker.append("notes", draft("a"))
        assert (await broker.append("other", draft("a"))).position.offset == 1

    async def test_appending_an_id_again_gives_the_entry_that_is_there(self, broker: Broker) -> None:
        follower = Follower(broker)
        await broker.follow("notes")
        first = await broker.append("notes", draft("a", b'{"x":1}'))
        again = await broker.append("notes", draft("a", b'{"x":2}'))
        assert (again.position, again.message) == (first.position, first.message)
        await broker.append("notes", draft("b"))
        assert [position.offset for position in await follower.has("notes", 2)] == [1, 2]

    async def test_what_a_trace_goes_on_from_is_kept(self, broker: Broker) -> None:
        top = await broker.follow("notes")
        trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        entry = await broker.append("notes", replace(draft("a"), traceparent=trace))
        assert json.loads(entry.message)["traceparent"] == trace
        assert await broker.since("notes", top, 10) == [entry]

    async def test_concurrent_appends_are_numbered_densely_and_delivered_in_that_order(self, broker: Broker) -> None:
        follower = Follower(broker)
        top = await broker.follow("notes")
        entries = await asyncio.gather(*[broker.append("notes", draft(f"id{number}")) for number in range(EVENTS)])
        assert sorted(entry.position.offset for entry in entries) == list(range(1, EVENTS + 1))
        delivered = await follower.has("notes", EVENTS)
        assert [position.offset for position in delivered] == list(range(1, EVENTS + 1))
        assert {position.epoch for position in delivered} == {top.epoch}
        assert {entry.position for entry in entries} == set(delivered)

    async def test_follow_returns_the_top_and_what_comes_later_is_delivered_each_once(self, broker: Broker) -> None:
        follower = Follower(broker)
        before = await broker.append("notes", draft("a"))
        assert await broker.follow("notes") == before.position
        later = [(await broker.append("notes", draft(id))).position for id in "bc"]
        delivered = await follower.has("notes", len(follower.of("notes")) or 1)
        assert [position for position in await follower.has("notes", len(delivered)) if position.offset > 1] == later

    async def test_an_empty_log_has_a_top_that_a_reader_can_go_on_from(self, broker: Broker) -> None:
        top = await broker.follow("notes")
        assert (top.offset, top.id) == (0, "")
        assert await broker.since("notes", top, 10) == []
        entry = await broker.append("notes", draft("a"))
        assert entry.position.epoch == top.epoch
        assert await broker.since("notes", top, 10) == [entry]

    async def test_everything_that_is_attached_hears(self, broker: Broker) -> None:
        followers = [Follower(broker), Follower(broker)]
        await broker.follow("notes")
        entry = await broker.append("notes", draft("a"))
        assert [await follower.has("notes", 1) for follower in followers] == [[entry.position]] * 2

    async def test_following_twice_takes_leaving_twice(self, broker: Broker) -> None:
        follower = Follower(broker)
        await broker.follow("notes")
        await broker.follow("notes")
        broker.unfollow("notes")
        entry = await broker.append("notes", draft("a"))
        assert await follower.has("notes", 1) == [entry.position]
        broker.unfollow("notes")

    async def test_refresh_leaves_nothing_undelivered_and_nothing_twice(self, broker: Broker) -> None:
        follower = Follower(broker)
        await broker.follow("notes")
        entries = [await broker.append("notes", draft(id)) for id in "abc"]
        await broker.refresh("notes")
        await broker.refresh("notes")
        assert follower.of("notes") == [entry.position for entry in entries]

    async def test_since_gives_what_is_after_the_position_oldest_first(self, broker: Broker) -> None:
        entries = [await broker.append("notes", draft(id)) for id in "abcd"]
        assert await broker.since("notes", entries[0].position, 10) == entries[1:]
        assert await broker.since("notes", entries[0].position, 2) == entries[1:3]
        assert await broker.since("notes", entries[3].position, 10) == []

    async def test_since_refuses_a_position_of_another_log(self, broker: Broker) -> None:
        epoch, offset, id = (await broker.append("notes", draft("a"))).position
        for position in (
            Position("another", offset, id),
            Position(epoch, offset, "another"),
            Position(epoch, offset + 1, "b"),
            Position(epoch, 0, "x"),
        ):
            assert await broker.since("notes", position, 10) is None
        assert await broker.since("other", Position(epoch, offset, id), 10) is None

    async def test_since_never_skips_what_was_dropped(self, broker: Broker) -> None:
        entries = [await broker.append("notes", draft(f"id{number}")) for number in range(EVENTS + 5)]
        start = Position(entries[0].position.epoch, 0, "")
        assert await broker.since("notes", start, 100) is None
        assert await broker.since("notes", entries[3].position, 100) is None
        assert await broker.since("notes", entries[4].position, 100) == entries[5:]

    async def test_beginning_is_before_the_oldest_entry_that_is_left(self, broker: Broker) -> None:
        assert await broker.beginning("notes") == await broker.follow("notes")
        entries = [await broker.append("notes", draft(f"id{number}")) for number in range(EVENTS)]
        assert await broker.since("notes", await broker.beginning("notes"), EVENTS) == entries

    async def test_an_entry_has_what_its_readers_are_sent(self, broker: Broker) -> None:
        entry = await broker.append("notes", draft("a", b'{"x":1}', key="note:1"))
        assert entry.key == "note:1"
        assert b'"payload":{"x":1}' in entry.message
        assert b'"channel":"notes"' in entry.message

    async def test_the_clock_of_its_server_is_told_where_there_is_one(self, broker: Broker) -> None:
        told = await broker.server_time()
        assert told is None or abs(told - broker.now()) < 3_600  # the tests' servers are on this machine

    async def test_it_says_what_the_choice_lacks(self, broker: Broker) -> None:
        assert isinstance(broker.multiprocess, bool)
        assert isinstance(broker.lacks, str)

    async def test_it_can_be_closed_and_used_again(self, broker: Broker) -> None:
        follower = Follower(broker)
        top = await broker.follow("notes")
        await broker.append("notes", draft("a"))
        await follower.has("notes", 1)
        await broker.close()
        await broker.close()
        assert (await broker.append("notes", draft("b"))).position.epoch == top.epoch
        await broker.follow("other")
        await broker.append("notes", draft("c"))
        assert [position.offset for position in await follower.has("notes", 3)] == [1, 2, 3]

    async def test_an_asker_that_is_cancelled_disturbs_nobody(self, broker: Broker) -> None:
        follower = Follower(broker)
        await broker.follow("notes")
        tasks = [asyncio.create_task(broker.append("notes", draft(id))) for id in "abcd"]
        await asyncio.sleep(0)
        tasks[0].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        offsets = [task.result().position.offset for task in tasks[1:]]
        assert offsets == list(range(offsets[0], offsets[0] + 3))
        assert [position.offset for position in await follower.has("notes", offsets[-1])] == list(
            range(1, offsets[-1] + 1)
        )


class TestDatabaseBrokerContract(TestBrokerContract):
    @pytest.fixture
    def broker(self, make: Make) -> Broker:
        return make(events=EVENTS)


class TestRedisBrokerContract(TestBrokerContract):
    @pytest.fixture
    def broker(self, make_redis: MakeRedis) -> Broker:
        return make_redis(events=EVENTS)


class TestBrokersOnOneLog:
    """Brokers of several processes that share their logs."""

    async def test_what_one_appends_the_other_delivers(self, make: Make) -> None:
        here, there = make(), make()
        follower = Follower(there)
        top = await there.follow("notes")
        entries = [await here.append("notes", draft(id)) for id in "abc"]
        assert {entry.position.epoch for entry in entries} == {top.epoch}
        assert await follower.has("notes", 3) == [entry.position for entry in entries]

    async def test_both_append_at_once_and_both_deliver_the_same_order(self, make: Make) -> None:
        brokers = make(), make()
        followers = [Follower(broker) for broker in brokers]
        for broker in brokers:
            await broker.follow("notes")
        await asyncio.gather(*[brokers[n % 2].append("notes", draft(f"id{n}")) for n in range(100)])
        one, other = [await follower.has("notes", 100) for follower in followers]
        assert one == other
        assert [position.offset for position in one] == list(range(1, 101))
        assert sorted(position.id for position in one) == sorted(f"id{n}" for n in range(100))

    async def test_an_id_is_appended_once_whoever_does_it(self, make: Make) -> None:
        brokers = make(), make()
        entries = await asyncio.gather(*[brokers[n % 2].append("notes", draft("same")) for n in range(10)])
        assert {entry.position.offset for entry in entries} == {1}
        assert len({entry.message for entry in entries}) == 1

    async def test_numbers_go_on_after_a_restart(self, make: Make) -> None:
        before = make()
        first = await before.append("notes", draft("a"))
        await before.close()
        after = make()
        assert await after.follow("notes") == first.position
        second = await after.append("notes", draft("b"))
        assert second.position[:2] == (first.position.epoch, 2)
        assert await after.since("notes", first.position, 10) == [second]
        assert await after.since("notes", Position(first.position.epoch, 0, ""), 10) == [first, second]

    async def test_a_reader_whose_position_another_process_gave_is_not_refused(self, make: Make) -> None:
        here, there = make(), make()
        await there.follow("notes")
        entries = [await here.append("notes", draft(f"id{n}")) for n in range(150)]
        assert await there.since("notes", entries[-1].position, 10) == []
        assert await there.since("notes", entries[-3].position, 10) == entries[-2:]

    async def test_refresh_has_delivered_what_no_wake_up_told_of(self, make: Make) -> None:
        here, there = make(), make(poll=600.0, compare=600.0)
        follower = Follower(there)
        await there.follow("notes")
        entries = [await here.append("notes", draft(id)) for id in "abc"]
        await there.refresh("notes")
        assert follower.of("notes") == [entry.position for entry in entries]


class TestRedisBrokersOnOneLog(TestBrokersOnOneLog):
    @pytest.fixture
    def make(self, make_redis: Make) -> Make:
        return make_redis
