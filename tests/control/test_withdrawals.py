"""What is withdrawn from users, on the connections of one process."""

from typing import Any

import pytest

from tests.stage import Gate, Notes, Room, Stage, errors
from tidings import Channel, Limits, User
from tidings.protocol.codes import CloseCode


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
