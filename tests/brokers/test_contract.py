"""What every broker does: the duties of tidings.broker.Broker.

An adapter of somebody else runs the suite by adding itself to BROKERS, or with a subclass that has its own `broker`
fixture.
"""

import asyncio
from collections.abc import Callable

import pytest

from tidings import MemoryBroker
from tidings.broker import Broker
from tidings.protocol.events import Draft
from tidings.protocol.log import Entry, Position

NOW = "2026-11-23T08:00:00.000Z"
EVENTS = 10  # that a log of the brokers below holds

Brokers = Callable[[], Broker]

BROKERS = [pytest.param(lambda: MemoryBroker(events=EVENTS), id="memory")]


def draft(id: str, payload: bytes = b"{}", key: str | None = None) -> Draft:
    return Draft("note", payload, NOW, id, key)


class Follower:
    """A manager's place: it gathers what is delivered, and can wait for it."""

    def __init__(self, broker: Broker) -> None:
        self.delivered: list[tuple[str, Entry]] = []
        self._came = asyncio.Event()
        broker.attach(self)

    def deliver(self, channel: str, entry: Entry) -> None:
        self.delivered.append((channel, entry))
        self._came.set()

    def reset(self, channel: str, position: Position) -> None:
        raise AssertionError(f"{channel} was reset to {position}")

    def of(self, channel: str) -> list[Position]:
        return [entry.position for name, entry in self.delivered if name == channel]

    async def has(self, channel: str, count: int) -> list[Position]:
        """The positions delivered for a channel, once there are so many."""
        async with asyncio.timeout(20):
            while len(self.of(channel)) < count:
                self._came.clear()
                await self._came.wait()
        return self.of(channel)


class TestBrokerContract:
    @pytest.fixture(params=BROKERS)
    def broker(self, request: pytest.FixtureRequest) -> Broker:
        make: Brokers = request.param
        return make()

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

    async def test_an_entry_has_what_its_readers_are_sent(self, broker: Broker) -> None:
        entry = await broker.append("notes", draft("a", b'{"x":1}', key="note:1"))
        assert entry.key == "note:1"
        assert b'"payload":{"x":1}' in entry.message
        assert b'"channel":"notes"' in entry.message

    async def test_it_says_what_the_choice_lacks(self, broker: Broker) -> None:
        assert isinstance(broker.multiprocess, bool)
        assert isinstance(broker.lacks, str)
