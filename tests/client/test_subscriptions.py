"""Subscriptions against a server by hand: entering, gaps, resets, refusals, positions. The clock is turned by hand."""

import asyncio
from typing import Any, assert_type

import pytest

from tests.client.scripted import HAND_TURNED, Server, Socket, at, passed, running, settled, soon
from tests.stage import Me, NotePosted, Notes, Room, Shouted
from tidings import Channel, ChannelError
from tidings.client import ChannelRefused, Client, Disconnected, Position, Received, Reset, Subscription


@pytest.fixture(scope="module")
def anyio_backend() -> Any:
    return HAND_TURNED


class Board(Channel[NotePosted | Shouted], name="board"): ...


async def numbers(events: Subscription[Any], count: int) -> list[int | str]:
    """The next so many items: the note's number, or the word `reset`."""
    items = [await soon(anext(events)) for _ in range(count)]
    return ["reset" if isinstance(item, Reset) else item.position.offset for item in items]


async def following(client: Client, server: Server) -> tuple[Subscription[NotePosted], Socket]:
    """A subscription to notes that stands, and its socket."""
    events = client.subscribe(Notes())
    socket = await server.accept()
    socket.enter()
    await settled()
    return events, socket


class TestEntering:
    async def test_the_block_begins_when_the_server_has_entered_it_and_leaves_at_its_end(self) -> None:
        server = Server()
        async with running(server) as client:
            entered = asyncio.Event()
            leave = asyncio.Event()

            async def follow() -> None:
                async with client.subscribe(Notes()) as events:
                    assert events.position == at(7)
                    assert events.live
                    entered.set()
                    await leave.wait()

            task = asyncio.create_task(follow())
            socket = await server.accept()
            assert not entered.is_set()
            socket.enter(at(7))
            await soon(entered.wait())
            leave.set()
            await soon(task)
            await settled()
            assert socket.last("unsubscribe")["payload"] == {"channels": ["notes"]}

    async def test_an_event_is_of_its_class_with_all_that_the_envelope_says(self) -> None:
        server = Server()
        async with running(server) as client:
            events, socket = await following(client, server)
            socket.note(
                1, payload={"note_id": 5, "text": "hi", "of a newer server": 1}, key="note:5", version=1, id="x"
            )
            item = await soon(anext(events))
            assert item == Received(
                event=NotePosted(note_id=5, text="hi"),
                type="note:posted",
                channel="notes",
                position=Position("e", 1, "x"),
                timestamp="2026-11-23T08:00:00.000Z",
                key="note:5",
                version=1,
            )
            assert isinstance(item, Received)
            assert (item.id, item.conflated) == ("x", False)

    async def test_a_channel_of_several_events_yields_their_union(self) -> None:
        server = Server()
        async with running(server) as client:
            events = client.subscribe(Board())
            (await server.accept()).enter()
            server.socket.note(1, channel="board")
            server.socket.note(2, channel="board", type="shouted", payload={"text": "hi"})
            item = await soon(anext(events))
            assert_type(item, Received[NotePosted | Shouted] | Reset)
            seen = [item, await soon(anext(events))]
            assert [it.event for it in seen if isinstance(it, Received)] == [NotePosted(note_id=1), Shouted(text="hi")]

    async def test_a_channel_given_by_name_yields_mappings(self) -> None:
        server = Server()
        async with running(server) as client:
            events = client.subscribe("board")
            (await server.accept()).enter()
            server.socket.note(1, channel="board", type="card", payload={"a": [1]})
            item = await soon(anext(events))
            assert isinstance(item, Received)
            assert (item.type, item.event) == ("card", {"a": [1]})

    async def test_what_is_wanted_together_is_asked_for_in_requests_of_at_most_128(self) -> None:
        server = Server()
        async with running(server) as client:
            for number in range(300):
                client.subscribe(Room(room_id=number))
            socket = await server.accept()
            asked = [message["payload"]["channels"] for message in socket.sent if message["type"] == "subscribe"]
            assert [len(names) for names in asked] == [128, 128, 44]
            assert [name for names in asked for name in names] == [f"room:{number}" for number in range(300)]

    async def test_after_a_cut_all_are_asked_for_again_from_their_positions(self) -> None:
        server = Server()
        async with running(server) as client:
            events, socket = await following(client, server)
            client.subscribe(Room(room_id=1))
            socket.note(1)
            await settled()
            socket.end(1006)
            await settled()
            assert not events.live
            await passed(0.5)
            payload = (await server.accept()).last("subscribe")["payload"]
            assert payload == {"channels": ["notes", "room:1"], "positions": {"notes": at(1).document()}}
            server.socket.enter(at(3), recovered=True)
            for offset in (2, 3):
                server.socket.note(offset)
            await settled()
            assert events.position == at(0)  # the consumer's, not what has arrived
            assert await numbers(events, 3) == [1, 2, 3]

    async def test_one_subscription_for_a_channel_until_it_is_closed(self) -> None:
        server = Server()
        async with running(server) as client:
            events, socket = await following(client, server)
            with pytest.raises(ChannelError, match="subscribed to 'notes' already"):
                client.subscribe(Notes())
            events.close()
            again = client.subscribe(Notes())
            await settled()
            assert socket.types()[-2:] == ["unsubscribe", "subscribe"]
            socket.note(1)  # was on its way to the first
            socket.enter(at(1))
            socket.note(2)
            assert await numbers(again, 1) == [2]
            assert [item async for item in events] == []

    async def test_a_wish_that_is_given_up_before_it_was_sent_is_not_sent(self) -> None:
        server = Server()
        async with running(server) as client:
            client.subscribe(Notes()).close()
            assert (await server.accept()).types() == ["auth"]

    async def test_a_name_that_is_none_is_refused_at_once(self) -> None:
        async with running(Server()) as client:
            with pytest.raises(ChannelError):
                client.subscribe("no such:  name")

    async def test_without_an_answer_it_is_asked_again(self) -> None:
        server = Server()
        async with running(server) as client:
            events = client.subscribe(Notes())
            socket = await server.accept(ping_interval=3_600)
            await passed(30)
            assert socket.types() == ["auth", "subscribe", "subscribe"]
            socket.enter()
            await settled()
            assert events.live
            await passed(60)
            assert socket.types().count("subscribe") == 2

    async def test_a_closed_client_ends_every_subscription(self) -> None:
        server = Server()
        async with running(server) as client:
            events, socket = await following(client, server)
            socket.note(1)
            await settled()
        assert await numbers(events, 1) == [1]
        with pytest.raises(Disconnected, match="the client was closed"):
            await soon(anext(events))


class TestApplying:
    async def test_a_gap_is_asked_for_and_filled_and_nothing_comes_twice(self) -> None:
        server = Server()
        async with running(server) as client:
            events, socket = await following(client, server)
            for offset in (1, 1, 3, 4):
                socket.note(offset)
            await settled()
            assert socket.last("subscribe")["payload"]["positions"] == {"notes": at(1).document()}
            assert socket.types().count("subscribe") == 2
            socket.enter(at(4), recovered=True)
            for offset in (2, 3, 4, 5):
                socket.note(offset)
            assert await numbers(events, 5) == [1, 2, 3, 4, 5]

    async def test_gap_after_gap_without_progress_is_met_with_backoff(self) -> None:
        server = Server()
        async with running(server) as client:
            _, socket = await following(client, server)
            for _ in range(2):
                socket.note(2)
                await settled()
                socket.enter(at(0), recovered=True)
                await settled()
            assert socket.types().count("subscribe") == 2
            await passed(1.0)
            assert socket.types().count("subscribe") == 3

    async def test_a_gap_after_progress_is_asked_for_at_once(self) -> None:
        server = Server()
        async with running(server) as client:
            _, socket = await following(client, server)
            for offset in (1, 3, 5):
                socket.note(offset + 1)
                await settled()
                socket.enter(at(offset), recovered=True)
                socket.note(offset)
                socket.note(offset + 1)
                await settled()
            assert socket.types().count("subscribe") == 4

    async def test_an_answer_to_an_earlier_question_counts_for_nothing(self) -> None:
        server = Server()
        async with running(server) as client:
            events, socket = await following(client, server)
            first = socket.last("subscribe")["id"]
            socket.note(2)
            await settled()
            top = {"channels": ["notes"], "total": 1, "positions": {"notes": at(9).document()}, "recovered": {}}
            socket.say("subscribed", top, reply_to=first)
            await settled()
            assert not events.live

    async def test_a_reset_is_an_item_and_reading_goes_on_from_there(self) -> None:
        server = Server()
        async with running(server) as client:
            events, socket = await following(client, server)
            socket.note(1)
            socket.reset(at(7, "f"))
            socket.note(8, epoch="f")
            assert await numbers(events, 3) == [1, "reset", 8]
            assert events.position == at(8, "f")

    async def test_conflated_events_are_applied_and_say_so(self) -> None:
        server = Server()
        async with running(server) as client:
            events, socket = await following(client, server)
            socket.note(5, after=0)
            socket.note(6, after=5)
            items = [await soon(anext(events)), await soon(anext(events))]
            assert [isinstance(item, Received) and item.conflated for item in items] == [True, False]

    async def test_an_event_that_breaks_its_class_counts_as_missed(self, caplog: pytest.LogCaptureFixture) -> None:
        server = Server()
        async with running(server) as client:
            events, socket = await following(client, server)
            socket.note(1, payload={"note_id": "seven"})
            socket.note(2)
            assert await soon(anext(events)) == Reset("notes", at(1), "malformed")
            assert await numbers(events, 1) == [2]
        assert "note:posted is not as NotePosted declares: note_id" in caplog.text

    async def test_an_event_that_the_channel_does_not_declare_is_passed_over(self) -> None:
        server = Server()
        async with running(server) as client:
            events, socket = await following(client, server)
            socket.note(1, type="note:archived")
            socket.note(2)
            assert await numbers(events, 1) == [2]


class TestPositions:
    async def test_a_position_that_is_given_back_is_gone_on_from(self) -> None:
        server = Server()
        async with running(server) as client:
            events = client.subscribe(Notes(), position=at(3))
            assert events.position == at(3)
            socket = await server.accept()
            assert socket.last("subscribe")["payload"]["positions"] == {"notes": at(3).document()}
            socket.enter(at(5), recovered=True)
            await settled()
            assert not events.live
            socket.note(4)
            socket.note(5)
            assert await numbers(events, 1) == [4]
            assert (events.position, events.live) == (at(4), True)

    async def test_where_the_log_does_not_reach_back_so_far_a_reset_comes_first(self) -> None:
        server = Server()
        async with running(server) as client:
            events = client.subscribe(Notes(), position=at(3))
            socket = await server.accept()
            socket.enter(at(8, "f"))
            socket.note(9, epoch="f")  # before the reset it means nothing
            socket.reset(at(9, "f"))
            socket.note(10, epoch="f")
            assert await numbers(events, 2) == ["reset", 10]

    async def test_the_users_own_channel_resumes_with_the_token_and_needs_no_subscribe(self) -> None:
        server = Server()
        async with running(server) as client:
            events = client.subscribe(Me(user_id="ann"), position=at(2))
            socket = await server.accept(own=at(3), recovered=True)
            assert socket.last("auth")["payload"]["positions"] == {"user:ann": at(2).document()}
            assert socket.types() == ["auth"]
            socket.note(3, channel="user:ann")
            assert await numbers(events, 1) == [3]

    async def test_an_own_position_that_the_token_could_not_tell_is_told_afterwards(self) -> None:
        server = Server()
        async with running(server) as client:
            await settled()
            events = client.subscribe(Me(user_id="ann"), position=at(2))
            socket = await server.accept(own=at(4))
            assert socket.last("subscribe")["payload"]["positions"] == {"user:ann": at(2).document()}
            socket.enter(at(4), recovered=True)
            for offset in (3, 4):
                socket.note(offset, channel="user:ann")
            assert await numbers(events, 2) == [3, 4]

    async def test_the_own_channel_from_now_on(self) -> None:
        server = Server()
        async with running(server) as client:
            events = client.subscribe(Me(user_id="ann"))
            socket = await server.accept(own=at(4))
            socket.note(5, channel="user:ann")
            assert await numbers(events, 1) == [5]
            assert socket.types() == ["auth"]

    async def test_an_own_channel_that_is_wanted_later_is_asked_for(self) -> None:
        server = Server()
        async with running(server) as client:
            socket = await server.accept(own=at(4))
            events = client.subscribe(Me(user_id="ann"), position=at(1))
            await settled()
            socket.enter(at(2), recovered=True)
            socket.note(2, channel="user:ann")
            assert await numbers(events, 1) == [2]

    async def test_another_users_channel_is_asked_for_and_refused(self) -> None:
        server = Server()
        async with running(server) as client:
            events = client.subscribe(Me(user_id="bob"), position=at(1))
            socket = await server.accept()
            asked = socket.last("subscribe")
            refusal = {"code": "forbidden", "message": "not yours", "channel": "user:bob"}
            socket.say("connection:error", refusal, reply_to=asked["id"])
            with pytest.raises(ChannelRefused, match="forbidden: not yours"):
                await soon(anext(events))


class TestRefusals:
    @pytest.mark.parametrize("code", ["forbidden", "unknown_channel", "too_many_channels", "a_later_one"])
    async def test_a_refused_channel_raises_and_the_others_go_on(self, code: str) -> None:
        server = Server()
        async with running(server) as client:
            room, events = client.subscribe(Room(room_id=1)), client.subscribe(Notes())
            socket = await server.accept()
            asked = socket.last("subscribe")
            socket.say("connection:error", {"code": code, "message": "no", "channel": "room:1"}, reply_to=asked["id"])
            answer = {"channels": ["notes"], "total": 1, "positions": {"notes": at(0).document()}, "recovered": {}}
            socket.say("subscribed", answer, reply_to=asked["id"])
            with pytest.raises(ChannelRefused) as refused:
                async with room:
                    pass
            assert (refused.value.channel, refused.value.code, refused.value.reason) == ("room:1", code, "no")
            socket.note(1)
            assert await numbers(events, 1) == [1]

    @pytest.mark.parametrize("code", ["rate_limited", "internal_error"])
    async def test_a_refusal_that_passes_is_asked_again_after_a_wait(self, code: str) -> None:
        server = Server()
        async with running(server) as client:
            events = client.subscribe(Notes())
            socket = await server.accept()
            for wait in (0.5, 1.0, 2.0):
                socket.say(
                    "connection:error", {"code": code, "message": "wait"}, reply_to=socket.last("subscribe")["id"]
                )
                await settled()
                asked = len(socket.sent)
                await passed(wait - 0.1)
                assert len(socket.sent) == asked
                await passed(0.2)
                assert len(socket.sent) == asked + 1
            socket.enter()
            await settled()
            assert events.live

    async def test_a_subscription_that_the_server_ends_raises_its_reason(self) -> None:
        server = Server()
        async with running(server) as client:
            events, socket = await following(client, server)
            socket.note(1)
            socket.say("unsubscribed", {"channels": ["notes"], "reason": "forbidden"})
            assert await numbers(events, 1) == [1]
            with pytest.raises(ChannelRefused, match="unsubscribed: forbidden"):
                await soon(anext(events))


class TestSlowConsumers:
    async def test_while_nobody_waits_a_full_inbox_stops_reading_and_nothing_is_lost(self) -> None:
        server = Server()
        async with running(server, inbox=4) as client:
            events, socket = await following(client, server)
            for offset in range(1, 21):
                socket.note(offset)
            await settled()
            assert socket.unread == 20 - 4 - 1  # one is in the hand of who reads
            assert await numbers(events, 20) == list(range(1, 21))
            assert socket.types() == ["auth", "subscribe"]

    async def test_while_somebody_waits_the_channel_is_left_and_resumed_where_it_stopped(self) -> None:
        server = Server()
        async with running(server, inbox=4) as client:
            events, room = client.subscribe(Notes()), client.subscribe(Room(room_id=1))
            socket = await server.accept()
            socket.enter()
            waiting = asyncio.create_task(anext(room))
            for offset in range(1, 21):
                socket.note(offset)
            socket.note(1, channel="room:1")
            assert (await soon(waiting)).position == at(1)
            await settled()
            assert socket.last("unsubscribe")["payload"] == {"channels": ["notes"]}
            assert await numbers(events, 1) == [1]
            await settled()
            assert socket.types().count("subscribe") == 1  # not before half of the inbox is free
            assert await numbers(events, 1) == [2]
            await settled()
            assert socket.last("subscribe")["payload"]["positions"] == {"notes": at(4).document()}
            socket.enter(at(20), recovered=True)
            for offset in range(5, 21):
                socket.note(offset)
            assert await numbers(events, 18) == list(range(3, 21))

    async def test_a_replay_that_waits_for_its_consumer_is_not_asked_for_again(self) -> None:
        server = Server()
        async with running(server, inbox=2) as client:
            events = client.subscribe(Notes(), position=at(0))
            socket = await server.accept(ping_interval=3_600)
            socket.enter(at(9), recovered=True)
            for offset in range(1, 10):
                socket.note(offset)
            await passed(300)
            assert await numbers(events, 9) == list(range(1, 10))
            assert socket.types().count("subscribe") == 1

    async def test_a_consumer_with_a_full_inbox_may_ask_the_server_something(self) -> None:
        server = Server()
        async with running(server, inbox=2) as client:
            _, socket = await following(client, server)
            for offset in range(1, 9):
                socket.note(offset)
            await settled()
            asked = asyncio.create_task(client.request(Shouted(text="hi")))
            await settled()
            socket.say("reply", {"ok": 1}, reply_to=socket.last("shouted")["id"])
            assert await soon(asked) == {"ok": 1}

    async def test_a_reset_voids_what_there_is_no_room_for(self) -> None:
        server = Server()
        async with running(server, inbox=2) as client:
            events, socket = await following(client, server)
            for offset in (1, 2):
                socket.note(offset)
            socket.reset(at(9))
            await settled()
            assert await numbers(events, 1) == ["reset"]

    async def test_a_channel_that_rests_while_the_connection_goes_resumes_on_the_next(self) -> None:
        server = Server()
        async with running(server, inbox=2) as client:
            events, room = client.subscribe(Notes()), client.subscribe(Room(room_id=1))
            socket = await server.accept()
            socket.enter()
            waiting = asyncio.create_task(anext(room))
            for offset in range(1, 9):
                socket.note(offset)
            await settled()
            socket.end(1006)
            await passed(0.5)
            socket = await server.accept()
            assert socket.last("subscribe")["payload"]["channels"] == ["room:1"]
            assert await numbers(events, 2) == [1, 2]
            await settled()
            assert socket.last("subscribe")["payload"]["positions"] == {"notes": at(2).document()}
            waiting.cancel()
