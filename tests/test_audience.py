"""Who listens to a channel here: live readers, cursors, and channels that are held open."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.stage import HeldBroker
from tidings.audience import Audience, Audiences, Entrance
from tidings.protocol.events import Draft
from tidings.protocol.log import Entry, Position

TOP = Position("E", 0, "")


def entry(offset: int, epoch: str = "E") -> Entry:
    return Entry(Position(epoch, offset, f"id{offset}"), f"event {offset}".encode(), None, 0.0)


def draft(id: str) -> Draft:
    return Draft("note", b"{}", "2026-11-23T08:00:00.000Z", id)


class Kind:
    """One kind of transport: all its readers share the function `encode`, which notes what it was called with."""

    def __init__(self, name: str) -> None:
        self.encoded: list[bytes] = []

        def encode(message: bytes) -> str:
            self.encoded.append(message)
            return f"{name}:{message.decode()}"

        self.encode = encode


class Reader:
    """What an audience needs of a connection; `on_write` is what its transport does after a write."""

    def __init__(self, kind: Kind, on_write: Callable[[], None] = lambda: None) -> None:
        self.encode, self.paused = kind.encode, False
        self.frames: list[Any] = []
        self.on_write = on_write

        self.caught_up, self.resets = 0, list[Position]()

    def write(self, frame: Any) -> None:
        self.frames.append(frame)
        self.on_write()

    def catch_up(self) -> None:
        self.caught_up += 1

    def reset(self, audience: Audience) -> None:
        self.resets.append(audience.position)
        audience.go_live(self)


@asynccontextmanager
async def held(audiences: Audiences, name: str, position: Position | None) -> AsyncIterator[Entrance]:
    """A channel held open, as for somebody who is about to enter it."""
    entrance = await audiences.take(name, position)
    try:
        yield entrance
    finally:
        audiences.release([entrance])


class TestDeliver:
    def test_every_live_reader_is_written_the_same_frame_made_once(self) -> None:
        kind, audience = Kind("k"), Audience("notes", TOP)
        readers = [Reader(kind) for _ in range(100)]
        for reader in readers:
            audience.go_live(reader)
        audience.deliver(entry(1))
        assert kind.encoded == [b"event 1"]
        assert all(reader.frames == ["k:event 1"] for reader in readers)
        assert len({id(reader.frames[0]) for reader in readers}) == 1
        assert audience.position == entry(1).position

    def test_each_kind_of_transport_gets_its_own_frame(self) -> None:
        kinds = Kind("text"), Kind("frame")
        audience = Audience("notes", TOP)
        readers = [Reader(kinds[number % 2]) for number in range(10)]
        for reader in readers:
            audience.go_live(reader)
        audience.deliver(entry(1))
        assert [kind.encoded for kind in kinds] == [[b"event 1"]] * 2
        assert {reader.frames[0] for reader in readers} == {"text:event 1", "frame:event 1"}

    def test_for_nobody_no_frame_is_made_but_the_position_moves(self) -> None:
        kind, audience = Kind("k"), Audience("notes", TOP)
        reader = Reader(kind)
        audience.go_live(reader)
        audience.leave(reader)
        audience.deliver(entry(1))
        assert (kind.encoded, audience.position.offset) == ([], 1)

    def test_a_reader_that_lags_from_within_its_own_write_stands_behind_the_entry(self) -> None:
        kind, audience = Kind("k"), Audience("notes", TOP)
        slow, quick = Reader(kind), Reader(kind)
        slow.on_write = lambda: audience.lag(slow)
        for reader in (slow, quick):
            audience.go_live(reader)
        audience.deliver(entry(1))
        audience.deliver(entry(2))
        assert slow.frames == ["k:event 1"]
        assert audience.cursor(slow) == (entry(1).position, True)
        assert quick.frames == ["k:event 1", "k:event 2"]

    def test_a_reader_that_leaves_from_within_its_own_write_hears_no_more(self) -> None:
        kind, audience = Kind("k"), Audience("notes", TOP)
        going, staying = Reader(kind), Reader(kind)
        going.on_write = lambda: audience.leave(going)
        for reader in (going, staying):
            audience.go_live(reader)
        audience.deliver(entry(1))
        audience.deliver(entry(2))
        assert (len(going.frames), len(staying.frames), len(audience)) == (1, 2, 1)


class TestReaders:
    def test_a_live_reader_has_no_cursor_and_a_lagging_one_is_not_written_to(self) -> None:
        audience, reader = Audience("notes", TOP), Reader(Kind("k"))
        audience.go_live(reader)
        assert audience.cursor(reader) is None
        audience.lag(reader)
        assert audience.cursor(reader) == (TOP, True)
        audience.deliver(entry(1))
        assert reader.frames == []
        audience.go_live(reader)
        assert audience.cursor(reader) is None
        audience.deliver(entry(2))
        assert reader.frames == ["k:event 2"]

    def test_lagging_again_keeps_the_cursor_unless_another_is_given(self) -> None:
        audience, reader = Audience("notes", TOP), Reader(Kind("k"))
        audience.lag(reader, entry(3).position, slow=False)
        audience.lag(reader)
        assert audience.cursor(reader) == (entry(3).position, False)
        audience.lag(reader, entry(4).position)
        assert audience.cursor(reader) == (entry(4).position, True)

    def test_who_is_no_reader_does_not_become_one_by_lagging(self) -> None:
        audience, reader = Audience("notes", TOP), Reader(Kind("k"))
        audience.lag(reader)
        assert (len(audience), audience.cursor(reader)) == (0, None)

    def test_all_readers_are_counted_and_listed(self) -> None:
        audience, kinds = Audience("notes", TOP), (Kind("a"), Kind("b"))
        readers = [Reader(kinds[number % 2]) for number in range(5)]
        for reader in readers:
            audience.go_live(reader)
        audience.lag(readers[0])
        assert len(audience) == 5
        assert set(audience) == set(readers)
        for reader in readers:
            audience.leave(reader)
            audience.leave(reader)
        assert (len(audience), list(audience)) == (0, [])


class TestWaiting:
    """Readers who were sent, from the log of another process, what is not delivered here yet."""

    def test_who_read_just_as_far_as_is_delivered_goes_live(self) -> None:
        audience, reader = Audience("notes", TOP), Reader(Kind("k"))
        audience.lag(reader, entry(2).position, slow=False)
        audience.arrive(reader)
        assert (audience.cursor(reader), audience.place(reader), len(audience)) == (None, entry(2).position, 1)
        for offset in (1, 2, 3):
            audience.deliver(entry(offset))
        assert (reader.frames, reader.caught_up) == (["k:event 3"], 0)

    def test_who_read_less_than_is_delivered_reads_on(self) -> None:
        audience, reader = Audience("notes", entry(1).position), Reader(Kind("k"))
        audience.lag(reader, TOP)
        audience.arrive(reader)
        audience.deliver(entry(2))
        assert (audience.cursor(reader), reader.caught_up, reader.frames) == ((TOP, True), 1, [])

    def test_who_read_another_event_at_the_same_offset_reads_on_and_is_refused_there(self) -> None:
        audience, reader = Audience("notes", TOP), Reader(Kind("k"))
        forked = Position("E", 1, "other")
        audience.lag(reader, forked, slow=False)
        audience.arrive(reader)
        audience.deliver(entry(1))
        assert (audience.cursor(reader), reader.caught_up) == ((forked, False), 1)

    def test_a_full_buffer_makes_a_waiting_reader_a_cursor_at_its_place(self) -> None:
        audience, reader = Audience("notes", TOP), Reader(Kind("k"))
        audience.lag(reader, entry(2).position, slow=False)
        audience.arrive(reader)
        audience.lag(reader)
        assert audience.cursor(reader) == (entry(2).position, False)

    def test_it_can_leave(self) -> None:
        audience, reader = Audience("notes", TOP), Reader(Kind("k"))
        audience.lag(reader, entry(2).position, slow=False)
        audience.arrive(reader)
        audience.leave(reader)
        audience.deliver(entry(1))
        assert (len(audience), list(audience), reader.frames) == (0, [], [])


class TestReset:
    def test_every_reader_starts_anew_live_lagging_or_waiting(self) -> None:
        audience = Audience("notes", entry(5).position)
        live, lagging, waiting = (Reader(Kind("k")) for _ in range(3))
        audience.go_live(live)
        audience.lag(lagging, entry(3).position)
        audience.lag(waiting, entry(7).position)
        audience.arrive(waiting)
        anew = Position("F", 2, "id2")
        audience.reset(anew)
        assert [reader.resets for reader in (live, lagging, waiting)] == [[anew]] * 3
        audience.deliver(entry(3, "F"))
        assert [reader.frames for reader in (live, lagging, waiting)] == [["k:event 3"]] * 3

    async def test_a_reset_between_the_brokers_answer_and_the_entry_is_not_missed(self) -> None:
        anew = Position("F", 0, "")

        class ForgettingBroker(HeldBroker):
            async def follow(self, channel: str) -> Position:
                top = await super().follow(channel)
                audiences.reset(channel, anew)
                return top

        audiences = Audiences(ForgettingBroker())
        assert (await audiences.take("notes", None)).audience.position == anew

    def test_a_reset_of_a_channel_without_readers_is_nothing(self) -> None:
        audiences = Audiences(HeldBroker())
        audiences.reset("notes", TOP)
        assert audiences.get("notes") is None


class TestAudiences:
    async def test_a_channel_is_followed_once_for_all_who_hold_it(self) -> None:
        broker = HeldBroker()
        audiences = Audiences(broker)
        entrances = [await audiences.take("notes", None) for _ in range(3)]
        assert len({id(entrance.audience) for entrance in entrances}) == 1
        assert broker.following == {"notes": 1}
        audiences.release(entrances[:2])
        assert broker.following == {"notes": 1}
        audiences.release(entrances[2:])
        assert broker.following == {}
        assert audiences.get("notes") is None

    async def test_it_stays_open_while_somebody_reads(self) -> None:
        broker = HeldBroker()
        audiences, reader = Audiences(broker), Reader(Kind("k"))
        async with held(audiences, "notes", None) as entrance:
            entrance.audience.go_live(reader)
        assert broker.following == {"notes": 1}
        entrance.audience.leave(reader)
        audiences.close_if_unused("notes")
        assert broker.following == {}

    async def test_it_stays_open_for_who_is_about_to_enter_when_the_last_reader_leaves(self) -> None:
        broker = HeldBroker()
        audiences, reader = Audiences(broker), Reader(Kind("k"))
        async with held(audiences, "notes", None) as first:
            first.audience.go_live(reader)
        async with held(audiences, "notes", None) as second:
            first.audience.leave(reader)
            audiences.close_if_unused("notes")
            assert broker.following == {"notes": 1}
            assert audiences.get("notes") is second.audience
        assert broker.following == {}

    async def test_closing_an_unknown_channel_is_nothing(self) -> None:
        Audiences(HeldBroker()).close_if_unused("nowhere")

    async def test_many_who_open_it_at_once_follow_it_once(self) -> None:
        broker = HeldBroker()
        broker.follow_gate.close()
        audiences = Audiences(broker)
        takes = [asyncio.create_task(audiences.take("notes", None)) for _ in range(5)]
        await broker.follow_gate.reached()
        broker.follow_gate.open()
        entrances = await asyncio.gather(*takes)
        assert broker.following == {"notes": 1}
        audiences.release(entrances)
        assert broker.following == {}

    async def test_the_next_opens_it_where_the_first_was_cancelled(self) -> None:
        broker = HeldBroker()
        broker.follow_gate.close()
        audiences = Audiences(broker)
        first = asyncio.create_task(audiences.take("notes", None))
        await broker.follow_gate.reached()
        second = asyncio.create_task(audiences.take("notes", None))
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        await broker.follow_gate.reached()
        broker.follow_gate.open()
        entrance = await second
        assert broker.following == {"notes": 1}
        audiences.release([entrance])
        assert broker.following == {}

    async def test_what_is_delivered_before_the_answer_of_follow_is_not_missed(self) -> None:
        class EagerBroker(HeldBroker):
            """One that delivers the first events before its follower knows the top: its answer was on the way."""

            async def follow(self, channel: str) -> Position:
                top = await super().follow(channel)
                for number in range(2):
                    await self.append(channel, draft(f"{top.offset}-{number}"))
                return top

        broker = EagerBroker()
        audiences = Audiences(broker)
        async with held(audiences, "notes", None) as entrance:
            assert entrance.audience.position.offset == 2
        async with held(audiences, "notes", None) as entrance:
            assert entrance.audience.position.offset == 4

    async def test_what_was_delivered_to_an_opening_that_failed_is_forgotten(self) -> None:
        class FailingBroker(HeldBroker):
            failing = True

            async def follow(self, channel: str) -> Position:
                if self.failing:
                    for id in "xyz":
                        await self.append(channel, draft(id))
                    raise OSError("the broker is away")
                return Position("another", 0, "")

        broker = FailingBroker()
        audiences = Audiences(broker)
        with pytest.raises(OSError, match="away"):
            await audiences.take("notes", None)
        broker.failing = False
        entrance = await audiences.take("notes", None)
        assert entrance.audience.position == ("another", 0, "")

    async def test_a_look_at_the_log_that_fails_holds_nothing(self) -> None:
        broker = HeldBroker()
        audiences = Audiences(broker)
        broker.failure = OSError("the log is away")
        with pytest.raises(OSError, match="away"):
            await audiences.take("notes", TOP)
        assert broker.following == {}

    async def test_the_entrance_says_whether_the_log_covers_the_position(self) -> None:
        broker = HeldBroker(events=2)
        audiences = Audiences(broker)
        positions = [(await broker.append("notes", draft(id))).position for id in "abcd"]
        for position, covered in [(positions[0], False), (positions[1], True), (positions[3], True), (None, False)]:
            async with held(audiences, "notes", position) as entrance:
                assert (entrance.covered, entrance.position) == (covered, position)
                assert entrance.audience.position == positions[3]

    async def test_clear_follows_nothing_any_more(self) -> None:
        broker = HeldBroker()
        audiences = Audiences(broker)
        for name in ("a", "b"):
            await audiences.take(name, None)
        audiences.clear()
        assert broker.following == {}
        assert audiences.get("a") is None
