"""Who comes in, where they listen, and what they send to the application."""

import asyncio
import json
import logging
from typing import Any

import pytest
from pydantic import BaseModel

from tests.stage import Gate, HeldBroker, Message, NotePosted, Notes, Room, Shouted, Stage
from tidings import Channel, Event, EventError, Limits, Refused, User
from tidings.protocol.codes import CloseCode, ErrorCode


def errors(messages: list[Message]) -> list[tuple[str, str | None]]:
    """Code and channel of each refusal."""
    return [
        (message["payload"]["code"], message["payload"].get("channel"))
        for message in messages
        if message["type"] == "connection:error"
    ]


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


class TestWithdrawal:
    @staticmethod
    def rule_of(gate: Gate, allowed: dict[str, bool]) -> Any:
        async def rule(channel: Channel[Any], user: User) -> bool:
            answer = allowed[channel.name]
            await gate.passed()
            return answer

        return rule

    async def test_revoked_while_its_rule_is_asked_the_rule_is_asked_again(self) -> None:
        gate, allowed = Gate(), {"room:1": True}
        stage = Stage(rule=self.rule_of(gate, allowed))
        client = await stage.signed_in("ann")
        client.send("subscribe", {"channels": ["room:1"]})
        await gate.reached()
        allowed["room:1"] = False
        await stage.manager.revoke("ann", Room(room_id=1))
        gate.open()
        await stage.settled()
        assert errors(client.read()) == [("forbidden", "room:1")]
        await stage.post(1, 1, Room(room_id=1))
        assert client.read() == []
        assert gate.asked == 2

    async def test_revoked_while_another_channels_rule_is_asked_it_is_asked_again_too(self) -> None:
        gate, allowed = Gate(), {"room:1": True, "room:2": True}
        gate.open()
        stage = Stage(rule=self.rule_of(gate, allowed))
        first = await stage.subscribed("ann", "room:1")  # answered, and remembered
        client = await stage.signed_in("ann")
        gate.close()
        client.send("subscribe", {"channels": ["room:1", "room:2"]})
        await gate.reached()  # room:1 was allowed, room:2 is being asked about
        allowed["room:1"] = False
        await stage.manager.revoke("ann", Room(room_id=1))
        gate.open()
        await stage.settled()
        refusal, answer = client.read()
        assert errors([refusal]) == [("forbidden", "room:1")]
        assert answer["payload"]["channels"] == ["room:2"]
        assert first.one()["payload"] == {"channels": ["room:1"], "reason": "forbidden"}

    async def test_asking_again_does_not_count_a_channel_twice(self) -> None:
        gate, allowed = Gate(), {"room:1": True, "room:2": True}
        stage = Stage(rule=self.rule_of(gate, allowed), limits=Limits(channels=2))
        client = await stage.signed_in("ann")
        client.send("subscribe", {"channels": ["room:1", "room:2"]})
        await gate.reached()
        await stage.manager.revoke("ann", Room(room_id=1))
        gate.open()
        await stage.settled()
        assert client.one()["payload"]["channels"] == ["room:1", "room:2"]

    async def test_revoke_ends_the_subscription_at_once_on_every_connection_of_the_user(self) -> None:
        stage = Stage()
        tabs = [await stage.subscribed("ann", "notes", "room:1") for _ in range(2)]
        other = await stage.subscribed("bob", "notes")
        await stage.manager.revoke("ann", Notes())
        await stage.post(1)
        for tab in tabs:
            message = tab.one()
            assert (message["type"], message["payload"]) == (
                "unsubscribed",
                {"channels": ["notes"], "reason": "forbidden"},
            )
            assert "reply_to" not in message
        assert other.numbers() == [1]

    async def test_reauthorize_asks_anew_and_ends_only_what_is_refused_now(self) -> None:
        allowed = {"notes", "room:1"}
        stage = Stage(rule=lambda channel, user: channel.name in allowed)
        client = await stage.subscribed("ann", "notes", "room:1")
        await stage.manager.reauthorize("ann")
        assert client.read() == []
        allowed.remove("notes")
        await stage.manager.reauthorize("ann")
        assert client.one()["payload"] == {"channels": ["notes"], "reason": "forbidden"}
        await stage.manager.send_to_user("ann", {"type": "note:posted", "payload": {"note_id": 7}})
        assert client.numbers() == [7]

    async def test_reauthorize_ends_what_cannot_be_decided(self, caplog: pytest.LogCaptureFixture) -> None:
        failing = False

        def rule(channel: Channel[Any], user: User) -> bool:
            if failing:
                raise LookupError("the database is away")
            return True

        stage = Stage(rule=rule)
        client = await stage.subscribed("ann", "notes")
        failing = True
        await stage.manager.reauthorize("ann")
        assert client.one()["type"] == "unsubscribed"
        assert "the database is away" in caplog.text

    async def test_disconnecting_a_user_closes_all_their_connections_for_good(self) -> None:
        stage = Stage()
        tabs = [await stage.signed_in("ann") for _ in range(3)]
        other = await stage.signed_in("bob")
        await stage.manager.disconnect_user("ann", "your account was closed")
        assert {tab.transport.closed for tab in tabs} == {(CloseCode.FORBIDDEN, "your account was closed")}
        assert other.closed_with() is None
        assert (stage.manager.connections("ann"), stage.manager.connections("bob")) == (0, 1)


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


class Asked(Event, type="asked"):
    question: str
    size: int = 0


class Answer(BaseModel):
    said: str


class TestApplicationMessages:
    @staticmethod
    async def asked(handler: Any, payload: Any = None) -> Message:
        stage = Stage()
        stage.manager.on(Asked)(handler)
        client = await stage.signed_in("ann")
        id = client.send("asked", payload if payload is not None else {"question": "why?"})
        await stage.settled()
        message = client.one()
        assert message["reply_to"] == id
        return message

    @pytest.mark.parametrize(
        ("answer", "payload"), [({"a": 1}, {"a": 1}), (None, {}), (Answer(said="so"), {"said": "so"})]
    )
    async def test_what_a_handler_returns_is_the_reply(self, answer: Any, payload: Any) -> None:
        async def later(asked: Asked, user: User) -> Any:
            return answer

        for handler in (later, lambda asked, user: answer):
            message = await self.asked(handler)
            assert (message["type"], message["payload"]) == ("reply", payload)

    async def test_a_handler_gets_the_event_and_the_user(self) -> None:
        message = await self.asked(lambda asked, user: {"heard": f"{user.id}: {asked.question}"})
        assert message["payload"] == {"heard": "ann: why?"}

    @pytest.mark.parametrize(
        ("payload", "named"),
        [({}, "question"), ({"question": 5}, "question"), ({"question": "x", "size": "y"}, "size")],
    )
    async def test_a_payload_that_is_not_as_declared_is_refused_by_field(self, payload: Any, named: str) -> None:
        message = await self.asked(lambda asked, user: None, payload)
        assert message["payload"]["code"] == "invalid_message"
        assert f"asked: {named}: " in message["payload"]["message"]

    async def test_a_handler_refuses_with_code_and_reason(self) -> None:
        def handler(asked: Asked, user: User) -> None:
            raise Refused(ErrorCode.FORBIDDEN, "not today")

        message = await self.asked(handler)
        assert message["payload"] == {"code": "forbidden", "message": "not today"}

    @pytest.mark.parametrize(
        "failure", [LookupError("secret"), EventError("secret"), TimeoutError("secret"), asyncio.CancelledError()]
    )
    async def test_a_handler_that_fails_is_an_internal_error_and_no_details(self, failure: BaseException) -> None:
        def handler(asked: Asked, user: User) -> None:
            raise failure

        message = await self.asked(handler)
        assert message["payload"]["code"] == "internal_error"
        assert "secret" not in json.dumps(message)

    @pytest.mark.parametrize("reply", [{"it": object()}, [1, 2], "text", 7])
    async def test_a_reply_that_is_no_json_object_is_an_internal_error(self, reply: Any) -> None:
        message = await self.asked(lambda asked, user: reply)
        assert message["payload"]["code"] == "internal_error"

    async def test_what_follows_a_failure_is_answered(self) -> None:
        stage = Stage()

        @stage.manager.on(Shouted)
        def handle(shouted: Shouted, user: User) -> dict[str, str]:
            if shouted.text == "fail":
                raise asyncio.CancelledError
            return {"text": shouted.text}

        client = await stage.signed_in("ann")
        ids = [client.send("shouted", {"text": text}) for text in ("a", "fail", "b")]
        await stage.settled()
        assert [message["reply_to"] for message in client.read()] == ids


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
