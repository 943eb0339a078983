"""Who comes in, and where they listen."""

import asyncio
import json
import logging
from typing import Any

import pytest

from tests.stage import Gate, HeldBroker, NotePosted, Notes, Room, Stage, errors
from tidings import Channel, Limits, User
from tidings.protocol.codes import CloseCode


class TestSubscribe:
    async def test_the_answer_names_what_was_entered_where_it_stands_and_how_much_it_is(self) -> None:
        stage = Stage()
        await stage.post(1, 3)
        client = await stage.signed_in("ann")
        id = client.send("subscribe", {"channels": ["notes", "room:1"]})
        await stage.settled()
        message = client.one()
        assert (message["type"], message["reply_to"]) == ("subscribed", id)
        payload = message["payload"]
        assert (payload["channels"], payload["total"]) == (["notes", "room:1"], 2)
        assert payload["positions"]["notes"]["offset"] == 3
        assert payload["positions"]["room:1"]["offset"] == 0
        assert payload["recovered"] == {"notes": False, "room:1": False}

    async def test_total_counts_all_subscriptions_but_the_users_own_channel(self) -> None:
        stage = Stage()
        client = await stage.subscribed("ann", "notes")
        for channels, total in [(["notes"], 1), (["room:1"], 2), (["user:ann"], 2), (["notes", "room:2"], 3)]:
            client.send("subscribe", {"channels": channels})
            await stage.settled()
            assert client.one()["payload"]["total"] == total
        client.send("unsubscribe", {"channels": ["room:1"]})
        client.send("subscribe", {"channels": ["notes"]})
        await stage.settled()
        assert client.read()[-1]["payload"]["total"] == 2

    async def test_what_is_refused_is_told_by_name_and_the_rest_is_entered(self) -> None:
        stage = Stage(rule=lambda channel, user: channel != Room(room_id=1))
        client = await stage.signed_in("ann")
        channels = ["no*pe", "room:1", "weather", "room:07", "user:bob", "notes", "x" * 300]
        id = client.send("subscribe", {"channels": channels})
        await stage.settled()
        *refusals, answer = client.read()
        assert errors(refusals) == [
            ("invalid_channel", "no*pe"),
            ("forbidden", "room:1"),
            ("unknown_channel", "weather"),
            ("unknown_channel", "room:07"),
            ("forbidden", "user:bob"),
            ("invalid_channel", "x" * 255),
        ]
        assert {message["reply_to"] for message in refusals} == {id}
        assert answer["payload"]["channels"] == ["notes"]
        assert stage.broker.following == {"notes": 1, "user:ann": 1}

    async def test_when_all_is_refused_the_answer_is_empty(self) -> None:
        stage = Stage(rule=lambda channel, user: False)
        client = await stage.signed_in("ann")
        client.send("subscribe", {"channels": ["notes"]})
        await stage.settled()
        refusal, answer = client.read()
        assert errors([refusal]) == [("forbidden", "notes")]
        assert (answer["type"], answer["payload"]["channels"], answer["payload"]["total"]) == ("subscribed", [], 0)

    async def test_the_rule_that_fails_refuses_its_channel_only_and_the_log_says_why_under_the_messages_id(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        def rule(channel: Channel[Any], user: User) -> bool:
            if channel == Notes():
                return True
            raise LookupError("password=secret")

        stage = Stage(rule=rule)
        client = await stage.signed_in("ann")
        client.send("subscribe", {"channels": ["room:1", "notes"]})
        await stage.settled()
        refusal, answer = client.read()
        assert errors([refusal]) == [("internal_error", "room:1")]
        assert answer["payload"]["channels"] == ["notes"]
        assert "secret" not in json.dumps(refusal)
        [record] = [record for record in caplog.records if refusal["id"] in record.getMessage()]
        assert record.exc_info is not None
        assert isinstance(record.exc_info[1], LookupError)

    async def test_a_connection_follows_at_most_its_limit_of_channels(self) -> None:
        stage = Stage(limits=Limits(channels=3))
        client = await stage.subscribed("ann", "room:1", "room:2")
        client.send("subscribe", {"channels": ["room:1", "room:3", "room:4"]})
        await stage.settled()
        refusal, answer = client.read()
        assert errors([refusal]) == [("too_many_channels", "room:4")]
        assert (answer["payload"]["channels"], answer["payload"]["total"]) == (["room:1", "room:3"], 3)
        client.send("unsubscribe", {"channels": ["room:1"]})
        client.send("subscribe", {"channels": ["room:4"]})
        await stage.settled()
        assert errors(client.read()) == []

    async def test_names_need_no_declaration_where_there_is_none_and_are_warned_of_once(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        stage = Stage(channels=(), limits=Limits(warned_names=2))
        for user in ("ann", "bob"):
            client = await stage.subscribed(user, "schedules", "a:b", "c")
            client.send("subscribe", {"channels": ["user:zoe"]})
            await stage.settled()
            assert errors(client.read()) == [("forbidden", "user:zoe")]
        warned = [record.getMessage() for record in caplog.records if "is not declared" in record.getMessage()]
        assert [message.split("'")[1] for message in warned] == ["schedules", "a:b"]

    async def test_the_own_channel_is_followed_without_asking_and_cannot_be_left(self) -> None:
        stage = Stage()
        client = await stage.signed_in("ann")
        client.send("unsubscribe", {"channels": ["user:ann", "notes"]})
        assert client.one()["payload"] == {"channels": ["notes"]}
        await stage.manager.send_to_user("ann", {"type": "note:posted", "payload": {"note_id": 1}})
        assert client.numbers() == [1]

    async def test_the_own_channel_recovers_with_auth_and_with_subscribe(self) -> None:
        stage = Stage()
        client = stage.opened("ann")
        await stage.settled()
        top = client.one()["payload"]["positions"]["user:ann"]
        client.connection.lost()
        for number in (1, 2):
            await stage.manager.send_to_user("ann", {"type": "note:posted", "payload": {"note_id": number}})
        client = stage.opened()
        client.send("auth", {"token": "ann", "positions": {"user:ann": top}})
        await stage.settled()
        established, *events = client.read()
        assert established["payload"]["recovered"] == {"user:ann": True}
        assert [event["payload"]["note_id"] for event in events] == [1, 2]
        client.send("subscribe", {"channels": ["user:ann"], "positions": {"user:ann": top}})
        await stage.settled()
        assert [message.get("offset") for message in client.read()] == [None, 1, 2]

    async def test_a_position_that_is_not_covered_is_reset_once_and_nothing_is_replayed(self) -> None:
        stage = Stage(broker=HeldBroker(events=2))
        await stage.post(1, 5)
        client = await stage.signed_in("ann")
        client.send(
            "subscribe", {"channels": ["notes"], "positions": {"notes": {"epoch": "E", "offset": 1, "id": "x"}}}
        )
        await stage.settled()
        answer, reset = client.read()
        assert answer["payload"]["recovered"] == {"notes": False}
        assert reset["type"] == "channel:reset"
        assert reset["payload"]["position"] == answer["payload"]["positions"]["notes"]
        assert "reply_to" not in reset
        await stage.post(6)
        assert client.numbers() == [6]

    async def test_what_is_published_while_a_rule_is_asked_is_below_the_reported_top(self) -> None:
        gate = Gate()

        async def rule(channel: Channel[Any], user: User) -> bool:
            await gate.passed()
            return True

        stage = Stage(rule=rule)
        client = await stage.signed_in("ann")
        client.send("subscribe", {"channels": ["notes", "room:1"]})
        await gate.reached()
        await stage.post(1, 2)
        gate.open()
        await stage.settled()
        await stage.post(3)
        answer, event = client.read()
        assert answer["payload"]["positions"]["notes"]["offset"] == 2
        assert event["offset"] == 3


class TestLimits:
    async def test_a_user_has_at_most_so_many_connections(self) -> None:
        stage = Stage(limits=Limits(connections_per_user=2))
        for _ in range(2):
            await stage.signed_in("ann")
        third = stage.opened("ann")
        await stage.settled()
        assert third.closed_with() == CloseCode.RATE_LIMITED
        await stage.signed_in("bob")

    async def test_also_when_they_come_at_once(self) -> None:
        broker = HeldBroker()
        broker.follow_gate.close()
        stage = Stage(broker=broker, limits=Limits(connections_per_user=2))
        clients = [stage.opened("ann") for _ in range(5)]
        await broker.follow_gate.reached()
        broker.follow_gate.open()
        await stage.settled()
        assert sorted(client.closed_with() or 0 for client in clients) == [0, 0, 4029, 4029, 4029]
        assert stage.manager.connections("ann") == 2

    async def test_a_refresh_is_no_further_connection(self) -> None:
        stage = Stage(limits=Limits(connections_per_user=1))
        client = await stage.signed_in("ann")
        client.send("auth", {"token": "ann"})
        await stage.settled()
        assert client.one()["type"] == "connection:established"


class TestStop:
    async def test_everybody_is_told_to_come_back_and_what_is_being_done_ends(self) -> None:
        gate = Gate()

        async def rule(channel: Channel[Any], user: User) -> bool:
            await gate.passed()
            return True

        stage = Stage(rule=rule)
        clients = [await stage.signed_in(user) for user in ("ann", "bob")]
        clients[0].send("subscribe", {"channels": ["notes"]})
        await gate.reached()
        await stage.manager.stop()
        gate.open()
        await stage.settled()
        for client in clients:
            assert client.one()["type"] == "connection:closing"
            assert client.closed_with() == CloseCode.SERVICE_RESTART
        assert stage.broker.following == {}

    async def test_stopped_it_takes_nobody_and_started_again_it_does(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.INFO)
        stage = Stage()
        stage.manager.start("asgi")
        client = await stage.signed_in("ann")
        handshake = client.connection.handshake
        assert handshake is not None
        await stage.manager.stop()
        refusal = stage.manager.refusal(handshake)
        assert refusal is not None
        assert refusal.status == 503
        stage.manager.start("asgi")
        assert stage.manager.refusal(handshake) is None
        assert "tidings: asgi transport, HeldBroker (other processes do not see its events" in caplog.text


class TestHome:
    def test_what_was_on_a_loop_that_ended_is_forgotten(self) -> None:
        managers: list[Stage] = []

        async def first() -> None:
            stage = Stage()
            managers.append(stage)
            await stage.subscribed("ann", "notes")

        asyncio.run(first())
        [stage] = managers
        assert stage.manager.home is None
        assert stage.broker.following == {"notes": 1, "user:ann": 1}

        async def second() -> None:
            again = Stage(broker=stage.broker)
            again.manager = stage.manager
            client = await again.subscribed("bob", "notes")
            assert stage.manager.home is asyncio.get_running_loop()
            assert stage.manager.connections("ann") == 0
            assert stage.broker.following == {"notes": 1, "user:bob": 1}
            await stage.manager.publish(NotePosted(note_id=1), Notes())
            assert client.numbers() == [1]

        asyncio.run(second())

    def test_a_rule_that_was_being_asked_on_it_is_asked_anew(self) -> None:
        asked: list[str] = []

        async def rule(channel: Channel[Any], user: User) -> bool:
            asked.append(channel.name)
            if len(asked) == 1:
                await asyncio.get_running_loop().create_future()
            return True

        async def first() -> Stage:
            stage = Stage(rule=rule)
            client = await stage.signed_in("ann")
            client.send("subscribe", {"channels": ["notes"]})
            await stage.turns()
            return stage

        with asyncio.Runner() as ended:
            stage = ended.run(first())

            async def second() -> None:
                again = Stage(broker=stage.broker)
                again.manager = stage.manager
                await again.subscribed("ann", "notes")

            with asyncio.Runner() as runner:
                runner.run(second())
        assert asked == ["notes"] * 2
