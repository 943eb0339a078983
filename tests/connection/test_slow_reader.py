"""One client that reads more slowly than events come, and what it subscribes to meanwhile."""

from typing import Any

import pytest

from tests.stage import HAND_TURNED, Client, Hearing, HeldBroker, NotePosted, Notes, Room, Shouted, Stage, position
from tidings import Channel
from tidings.broker import Listener
from tidings.protocol.codes import CloseCode
from tidings.protocol.events import Draft
from tidings.protocol.log import Entry

NOW = "2026-11-23T08:00:00.000Z"


@pytest.fixture(scope="module")
def anyio_backend() -> Any:
    return HAND_TURNED


class TestSlowReader:
    async def test_a_reader_that_pauses_during_a_delivery_is_a_cursor_exactly_behind_the_entry(self) -> None:
        stage = Stage()
        quick = await stage.subscribed("quick", "notes")
        slow = await stage.subscribed("slow", "notes", room=2)
        await stage.post(1, 5)
        audience = slow.connection.audiences["notes"]
        cursor = audience.cursor(slow.connection)
        assert (cursor and cursor.position.offset, audience.position.offset) == (3, 5)
        assert audience.cursor(quick.connection) is None
        assert len(slow.transport.waiting) == 3
        assert quick.numbers() == [1, 2, 3, 4, 5]

    async def test_it_reads_on_from_the_log_and_then_live_without_loss_or_duplicate(self) -> None:
        stage = Stage()
        slow = await stage.subscribed("slow", "notes", room=2)
        await stage.post(1, 8)
        assert slow.numbers() == [1, 2, 3]
        await stage.settled()
        assert slow.numbers() == [4, 5, 6]
        await stage.settled()
        assert slow.numbers() == [7, 8]
        await stage.settled()
        await stage.post(9)
        assert slow.numbers() == [9]
        assert slow.connection.audiences["notes"].cursor(slow.connection) is None

    async def test_what_is_published_while_it_reads_on_comes_once_and_in_order(self) -> None:
        broker = HeldBroker()
        stage = Stage(broker=broker)
        slow = await stage.subscribed("slow", "notes", room=2)
        await stage.post(1, 5)
        broker.since_gate.close()
        assert slow.numbers() == [1, 2, 3]
        await broker.since_gate.reached()  # it has read 4 and 5
        await stage.post(6, 7)
        broker.since_gate.open()
        await stage.settled()
        assert slow.numbers() == [4, 5, 6]
        await stage.settled()
        assert slow.numbers() == [7]

    async def test_a_reader_paused_again_while_the_log_is_read_is_written_nothing(self) -> None:
        broker = HeldBroker()
        stage = Stage(broker=broker)
        slow = await stage.subscribed("slow", "notes", room=2)
        await stage.post(1, 5)
        broker.since_gate.close()
        assert slow.numbers() == [1, 2, 3]
        await broker.since_gate.reached()
        slow.connection.pause()
        broker.since_gate.open()
        await stage.settled()
        assert list(slow.transport.waiting) == []
        slow.connection.resume()
        await stage.settled()
        assert slow.numbers() == [4, 5]

    async def test_a_pause_and_a_resume_while_the_log_is_read_lose_nothing(self) -> None:
        broker = HeldBroker()
        stage = Stage(broker=broker)
        slow = await stage.subscribed("slow", "notes", room=2)
        await stage.post(1, 5)
        broker.since_gate.close()
        assert slow.numbers() == [1, 2, 3]
        await broker.since_gate.reached()
        slow.connection.pause()
        slow.connection.resume()
        broker.since_gate.open()
        await stage.settled()
        assert slow.numbers() == [4, 5]

    async def test_what_the_log_has_before_it_is_delivered_here_is_not_written_twice(self) -> None:
        class LateBroker(HeldBroker):
            """The log of another process: it has events before their delivery comes here."""

            def __init__(self) -> None:
                super().__init__()
                self.late: list[Entry] = []
                self.listeners: list[Listener] = []
                super().attach(Hearing(lambda channel, entry: self.late.append(entry)))

            def attach(self, listener: Listener) -> None:
                self.listeners.append(listener)

            def deliver(self) -> None:
                for entry in self.late:
                    for listener in self.listeners:
                        listener.deliver("notes", entry)
                self.late.clear()

        broker = LateBroker()
        stage = Stage(broker=broker)
        slow = await stage.subscribed("slow", "notes")
        slow.connection.pause()
        await stage.post(1, 3)
        broker.deliver()
        await stage.post(4, 6)
        slow.connection.resume()
        await stage.settled()
        assert slow.numbers() == [1, 2, 3]
        broker.deliver()
        assert slow.numbers() == [4, 5, 6]

    async def test_who_subscribes_while_paused_is_sent_the_events_later(self) -> None:
        stage = Stage()
        client = await stage.signed_in("ann")
        client.connection.pause()
        client.send("subscribe", {"channels": ["notes"]})
        await stage.settled()
        await stage.post(1, 3)
        [answer] = list(client.transport.waiting)
        assert b'"subscribed"' in answer
        assert client.numbers() == []
        await stage.settled()
        assert client.numbers() == [1, 2, 3]

    async def test_every_channel_has_its_own_cursor(self) -> None:
        stage = Stage()
        slow = await stage.subscribed("slow", "notes", "room:1", room=2)
        for number in range(1, 7):
            await stage.post(number, number, Room(room_id=1) if number % 2 else Notes())
        found: dict[str, list[int]] = {"notes": [], "room:1": []}
        for _ in range(4):
            for message in slow.read():
                found[message["channel"]].append(message["payload"]["note_id"])
            await stage.settled()
        assert found == {"notes": [2, 4, 6], "room:1": [1, 3, 5]}

    async def test_when_the_log_has_moved_on_it_is_reset_and_goes_on_from_there(self) -> None:
        stage = Stage(broker=HeldBroker(events=3))
        slow = await stage.subscribed("slow", "notes", room=2)
        await stage.post(1, 10)
        assert slow.numbers() == [1, 2, 3]
        await stage.settled()
        reset = slow.one()
        assert reset["type"] == "channel:reset"
        assert reset["payload"]["channel"] == "notes"
        assert reset["payload"]["position"]["offset"] == 10
        assert reset["payload"]["reason"]
        await stage.post(11)
        assert slow.numbers() == [11]

    async def test_a_reader_that_still_fits_the_log_is_not_reset(self) -> None:
        stage = Stage(broker=HeldBroker(events=3))
        slow = await stage.subscribed("slow", "notes", room=2)
        await stage.post(1, 6)
        assert slow.numbers() == [1, 2, 3]
        await stage.settled()
        assert slow.numbers() == [4, 5, 6]

    async def test_a_log_that_moves_on_during_the_replay_ends_it_with_a_reset(self) -> None:
        broker = HeldBroker(events=5)
        stage = Stage(broker=broker)
        slow = await stage.subscribed("slow", "notes", room=1)
        await stage.post(1, 5)
        assert slow.numbers() == [1, 2]
        await stage.settled()
        assert slow.read(1)[0]["payload"]["note_id"] == 3  # 4 waits, 5 is still to come
        await stage.post(6, 11)
        types = [(message["type"], message.get("offset")) for message in slow.read()]
        assert types == [("note:posted", 4)]
        await stage.settled()
        assert slow.one()["type"] == "channel:reset"
        await stage.post(12)
        assert slow.numbers() == [12]

    async def test_a_long_replay_is_complete_and_in_order(self) -> None:
        stage = Stage()
        slow = await stage.subscribed("slow", "notes", room=40)
        await stage.post(1, 500)
        found: list[int] = []
        while numbers := slow.numbers():
            found += numbers
            await stage.settled()
        assert found == list(range(1, 501))

    async def test_a_log_that_cannot_be_read_closes_the_connection_to_come_back(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        broker = HeldBroker()
        stage = Stage(broker=broker)
        slow = await stage.subscribed("slow", "notes", room=2)
        await stage.post(1, 5)
        broker.failure = OSError("the log is away")
        assert slow.numbers() == [1, 2, 3]
        await stage.settled()
        assert slow.closed_with() == CloseCode.INTERNAL_ERROR
        assert "the log is away" in caplog.text

    async def test_who_subscribes_while_no_log_can_be_looked_at_is_closed_to_come_back(self) -> None:
        broker = HeldBroker()
        stage = Stage(broker=broker)
        client = await stage.signed_in("ann")
        broker.failure = OSError("the log is away")
        start = {"epoch": "E", "offset": 0, "id": ""}
        client.send("subscribe", {"channels": ["notes"], "positions": {"notes": start}})
        await stage.settled()
        assert client.error() == "internal_error"
        assert client.closed_with() == CloseCode.INTERNAL_ERROR

    async def test_pausing_twice_and_resuming_twice_is_once(self) -> None:
        stage = Stage()
        client = await stage.subscribed("ann", "notes")
        for _ in range(2):
            client.connection.pause()
        await stage.post(1)
        for _ in range(2):
            client.connection.resume()
        await stage.settled()
        assert client.numbers() == [1]


class TestSubscribeDuringReplay:
    @staticmethod
    async def replaying(broker: HeldBroker) -> tuple[Stage, Client, dict[str, Any]]:
        """A client whose replay of notes 2..5 was read from the log and is not written yet; where note 1 is."""
        stage = Stage(broker=broker)
        reader = await stage.subscribed("reader", "notes")
        await stage.post(1, 5)
        first = position(reader.read(1)[0])
        client = await stage.signed_in("ann")
        client.send("subscribe", {"channels": ["notes"], "positions": {"notes": first}})
        await stage.settled()
        assert client.numbers() == [2, 3, 4, 5]
        client.send("unsubscribe", {"channels": ["notes"]})
        client.read()
        broker.since_gate.close()
        client.send("subscribe", {"channels": ["notes"], "positions": {"notes": first}})
        await broker.since_gate.reached()  # the look whether the log covers it
        broker.since_gate.open()
        broker.since_gate.close()
        await broker.since_gate.reached()  # the replay
        answer = client.one()["payload"]
        assert answer["recovered"] == {"notes": True}
        assert answer["positions"]["notes"]["offset"] == 5
        return stage, client, first

    async def test_unsubscribed_means_that_nothing_comes_after_it(self) -> None:
        broker = HeldBroker()
        stage, client, _ = await self.replaying(broker)
        client.send("unsubscribe", {"channels": ["notes"]})
        broker.since_gate.open()
        await stage.settled()
        await stage.post(6)
        assert client.one()["type"] == "unsubscribed"

    async def test_subscribing_again_without_a_position_starts_at_the_top(self) -> None:
        broker = HeldBroker()
        stage, client, _ = await self.replaying(broker)
        client.send("unsubscribe", {"channels": ["notes"]})
        client.send("subscribe", {"channels": ["notes"]})
        broker.since_gate.open()
        await stage.settled()
        await stage.post(6)
        unsubscribed, subscribed, event = client.read()
        assert (unsubscribed["type"], subscribed["type"]) == ("unsubscribed", "subscribed")
        assert event["payload"]["note_id"] == 6

    async def test_subscribing_again_with_a_position_starts_again_from_it(self) -> None:
        broker = HeldBroker()
        stage, client, first = await self.replaying(broker)
        client.send("subscribe", {"channels": ["notes"], "positions": {"notes": first}})
        broker.since_gate.open()
        await stage.settled()
        messages = client.read()
        answered = [message["type"] for message in messages].index("subscribed")
        assert [message["payload"]["note_id"] for message in messages[answered + 1 :]] == [2, 3, 4, 5]
        await stage.post(6)
        assert client.numbers() == [6]

    async def test_what_was_read_for_an_earlier_position_is_not_written_for_the_later_one(self) -> None:
        broker = HeldBroker()
        broker.holds_looks = False
        stage = Stage(broker=broker)
        reader = await stage.subscribed("reader", "notes")
        await stage.post(1, 5)
        positions = [position(event) for event in reader.read()]
        client = await stage.signed_in("ann")
        broker.since_gate.close()
        client.send("subscribe", {"channels": ["notes"], "positions": {"notes": positions[2]}})
        await broker.since_gate.reached()  # 4 and 5 were read
        client.send("subscribe", {"channels": ["notes"], "positions": {"notes": positions[0]}})
        broker.since_gate.open()
        await stage.settled()
        assert client.numbers() == [2, 3, 4, 5]

    async def test_subscribing_again_without_a_position_while_subscribed_changes_nothing(self) -> None:
        broker = HeldBroker()
        stage, client, _ = await self.replaying(broker)
        client.send("subscribe", {"channels": ["notes"]})
        broker.since_gate.open()
        await stage.settled()
        assert client.numbers() == [2, 3, 4, 5]
        await stage.post(6)
        assert client.numbers() == [6]

    async def test_who_subscribes_again_while_behind_learns_how_far_it_was_sent(self) -> None:
        stage = Stage()
        slow = await stage.subscribed("slow", "notes", room=2)
        await stage.post(1, 5)
        slow.send("subscribe", {"channels": ["notes"]})
        await stage.settled()
        answer = slow.read()[-1]
        assert answer["payload"]["positions"]["notes"]["offset"] == 3
        await stage.settled()
        assert slow.numbers() == [4, 5]

    async def test_events_that_are_published_during_the_replay_follow_it(self) -> None:
        broker = HeldBroker()
        stage, client, _ = await self.replaying(broker)
        await stage.post(6, 8)
        assert client.numbers() == []
        broker.since_gate.open()
        await stage.settled()
        assert client.numbers() == [2, 3, 4, 5, 6, 7, 8]

    async def test_a_connection_that_is_lost_meanwhile_is_written_nothing(self) -> None:
        broker = HeldBroker()
        stage, client, _ = await self.replaying(broker)
        client.connection.lost()
        broker.since_gate.open()
        await stage.settled()
        assert client.read() == []


class TestConflation:
    """What a slow reader missed of entities that have changed since (spec/protocol.md, section 7)."""

    async def edits(self, stage: Stage, *ids: int, channel: Channel[NotePosted] | None = None) -> None:
        for version, id in enumerate(ids, 1):
            await stage.manager.publish(NotePosted(note_id=id, version=version), channel or Notes())

    def heard(self, client: Client) -> list[tuple[int, int | None]]:
        return [(message["offset"], message.get("after")) for message in client.read() if "offset" in message]

    async def test_a_slow_reader_is_sent_the_last_event_of_each_key_and_what_it_stands_for(self) -> None:
        stage = Stage()
        slow = await stage.subscribed("slow", "notes")
        await self.edits(stage, 1)
        slow.connection.pause()
        await self.edits(stage, 1, 2, 1, 3, 2)
        slow.connection.resume()
        await stage.settled()
        assert self.heard(slow) == [(1, None), (4, 1), (5, None), (6, None)]
        await self.edits(stage, 1)
        assert self.heard(slow) == [(7, None)]

    async def test_a_replay_that_was_asked_for_is_complete_also_where_the_reader_is_slow(self) -> None:
        stage = Stage()
        reader = await stage.subscribed("reader", "notes")
        await self.edits(stage, 1, 1, 1, 1, 1, 1)
        start = position(reader.read()[0])
        client = await stage.signed_in("ann", room=2)
        client.send("subscribe", {"channels": ["notes"], "positions": {"notes": start}})
        found: list[tuple[int, int | None]] = []
        for _ in range(6):
            await stage.settled()
            found += self.heard(client)
        assert found == [(offset, None) for offset in range(2, 7)]

    async def test_a_channel_that_declares_it_needs_all_its_events_gets_them(self) -> None:
        class Ledger(Channel[NotePosted], name="ledger", conflate=False): ...

        stage = Stage(channels=(Ledger,))
        slow = await stage.subscribed("slow", "ledger")
        slow.connection.pause()
        await self.edits(stage, 1, 1, 1, channel=Ledger())
        slow.connection.resume()
        await stage.settled()
        assert self.heard(slow) == [(1, None), (2, None), (3, None)]

    async def test_a_channel_with_one_event_without_a_key_is_sent_whole(self) -> None:
        class Mixed(Channel[NotePosted | Shouted], name="mixed"): ...

        assert (Mixed.conflates, Notes.conflates) == (False, True)

    async def test_events_from_before_the_channel_had_keys_are_all_sent(self) -> None:
        stage = Stage()
        slow = await stage.subscribed("slow", "notes")
        slow.connection.pause()
        for number in range(3):
            await stage.broker.append("notes", Draft("note:posted", b'{"note_id":1}', NOW, f"id{number}"))
        await self.edits(stage, 1, 1)
        slow.connection.resume()
        await stage.settled()
        assert self.heard(slow) == [(offset, None) for offset in range(1, 6)]

    async def test_fifty_stuck_readers_hold_nothing_and_end_with_the_newest_of_each(self) -> None:
        stage = Stage()
        stuck = [await stage.subscribed(f"stuck{number}", "notes") for number in range(50)]
        for client in stuck:
            client.connection.pause()
        await self.edits(stage, *[number % 5 for number in range(900)])
        assert [len(client.transport.waiting) for client in stuck] == [0] * 50
        for client in stuck:
            client.connection.resume()
        await stage.settled()
        assert [self.heard(client) for client in stuck] == [
            [(896, 0), (897, None), (898, None), (899, None), (900, None)]
        ] * 50
