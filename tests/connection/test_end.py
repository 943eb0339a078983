"""One client: its end, and what is left of it."""

import asyncio
import gc
import weakref
from typing import Any

import pytest

from tests.stage import HAND_TURNED, Client, Gate, HeldBroker, Shouted, Stage, authenticate, hand, held_authentication
from tidings import Handshake, Limits, User
from tidings.protocol.codes import CloseCode


@pytest.fixture(scope="module")
def anyio_backend() -> Any:
    return HAND_TURNED


class TestEnd:
    async def test_nothing_is_taken_or_written_after_the_close(self) -> None:
        stage = Stage()
        client = await stage.subscribed("ann", "notes")
        client.connection.close(CloseCode.FORBIDDEN, "go")
        client.connection.close(CloseCode.NORMAL, "again")
        client.send("ping")
        client.connection.receive_binary(b"")
        client.connection.receive_oversized()
        client.connection.pause()
        client.connection.resume()
        await stage.post(1)
        await stage.settled()
        assert (client.closed_with(), client.read()) == (CloseCode.FORBIDDEN, [])
        assert client.connection.closed

    async def test_lost_is_idempotent_and_closes_nothing(self) -> None:
        stage = Stage()
        client = await stage.subscribed("ann", "notes")
        for _ in range(2):
            client.connection.lost()
        assert client.transport.closed is None
        assert stage.broker.following == {}

    async def test_a_reason_fits_into_a_close_frame(self) -> None:
        stage = Stage()
        client = await stage.signed_in("ann")
        await stage.manager.disconnect_user("ann", "ö" * 200)
        assert client.transport.closed is not None
        assert 120 <= len(client.transport.closed[1].encode()) <= 123

    async def test_it_is_told_to_come_back_and_served_until_it_is_closed(self) -> None:
        stage = Stage()
        client = await stage.subscribed("ann", "notes")
        client.connection.announce(3.5)
        assert client.one()["payload"] == {"reconnect_after": 3.5}
        await stage.post(1)
        assert client.numbers() == [1]
        client.connection.drain()
        assert client.closed_with() == CloseCode.SERVICE_RESTART

    @pytest.mark.parametrize("life", ["", "@86400"])
    async def test_a_connection_that_has_gone_is_released(self, life: str) -> None:
        stage = Stage()
        client = await stage.subscribed("ann" + (life and f"@{stage.now() + 86_400}"), "notes", "room:1", room=2)
        await stage.post(1, 10)
        gone = weakref.ref(client.transport)
        client.connection.lost()
        del client
        await stage.settled()
        await hand().advance(30)  # its next look at whether it lives
        gc.collect()
        assert gone() is None
        assert stage.broker.following == {}

    async def test_refreshing_often_leaves_nothing_of_the_old_tokens(self) -> None:
        stage = Stage(limits=Limits(message_burst=2_000))
        client = await stage.signed_in(f"ann@{stage.now() + 1_000}")
        for life in range(1_001, 1_101):
            client.send("auth", {"token": f"ann@{stage.now() + life}"})
            await stage.settled()
            client.read()
        gc.collect()
        assert len(gc.get_referrers(client.connection)) < 20


class TestLostMeanwhile:
    """Whatever a connection is in the middle of when it is lost, nothing of it is left."""

    @staticmethod
    async def assert_nothing_left(stage: Stage, client: Client) -> None:
        gone = weakref.ref(client.transport)
        await stage.settled()
        await hand().advance(30)
        assert stage.broker.following == {}
        assert stage.manager.connections("ann") == 0
        client.connection = client.transport = None  # type: ignore[assignment]
        gc.collect()
        assert gone() is None

    @pytest.mark.parametrize("moment", ["at once", "a turn later"])
    @pytest.mark.parametrize("message", ["auth", "subscribe", "shouted"])
    async def test_right_behind_its_message(self, message: str, moment: str) -> None:
        async def later(handshake: Handshake, token: str | None) -> User | None:
            return authenticate(handshake, token)

        async def rule(channel: Any, user: User) -> bool:
            return True

        async def handle(shouted: Shouted, user: User) -> None:
            return None

        stage = Stage(authenticate=later, rule=rule)
        stage.manager.on(Shouted)(handle)
        client = await stage.signed_in("ann")
        payload = {"auth": {"token": "ann"}, "subscribe": {"channels": ["notes"]}, "shouted": {"text": "hi"}}[message]
        client.send(message, payload)
        if moment == "a turn later":
            await stage.turns(1)
        client.connection.lost()
        await self.assert_nothing_left(stage, client)

    async def test_while_its_token_is_being_looked_at(self) -> None:
        gate = Gate()
        stage = Stage(authenticate=held_authentication(gate))
        client = stage.opened("ann")
        await gate.reached()
        client.connection.lost()
        gate.open()
        await self.assert_nothing_left(stage, client)

    async def test_while_its_own_channel_is_being_followed(self) -> None:
        broker = HeldBroker()
        broker.follow_gate.close()
        stage = Stage(broker=broker)
        client = stage.opened("ann")
        await broker.follow_gate.reached()
        client.connection.lost()
        broker.follow_gate.open()
        await self.assert_nothing_left(stage, client)

    async def test_while_a_rule_is_being_asked(self) -> None:
        gate = Gate()

        async def rule(channel: Any, user: User) -> bool:
            await gate.passed()
            return True

        stage = Stage(rule=rule)
        client = await stage.signed_in("ann")
        client.send("subscribe", {"channels": ["room:1", "notes"]})
        await gate.reached()
        client.connection.lost()
        gate.open()
        await self.assert_nothing_left(stage, client)

    @pytest.mark.parametrize("gate", ["follow_gate", "since_gate"])
    async def test_while_a_channel_is_being_entered(self, gate: str) -> None:
        broker = HeldBroker()
        stage = Stage(broker=broker)
        client = await stage.signed_in("ann")
        getattr(broker, gate).close()
        client.send(
            "subscribe",
            {"channels": ["room:1", "notes"], "positions": {"notes": {"epoch": "E", "offset": 1, "id": "x"}}},
        )
        await getattr(broker, gate).reached()
        client.connection.lost()
        getattr(broker, gate).open()
        await self.assert_nothing_left(stage, client)

    async def test_while_it_is_being_replayed_to(self) -> None:
        broker = HeldBroker()
        stage = Stage(broker=broker)
        client = await stage.subscribed("ann", "notes", room=2)
        await stage.post(1, 10)
        broker.since_gate.close()
        client.read()
        await broker.since_gate.reached()
        client.connection.lost()
        broker.since_gate.open()
        await self.assert_nothing_left(stage, client)

    async def test_while_a_message_of_the_application_is_being_handled(self) -> None:
        gate = Gate()
        stage = Stage()

        @stage.manager.on(Shouted)
        async def handle(shouted: Shouted, user: User) -> None:
            await gate.passed()

        client = await stage.signed_in("ann")
        client.send("shouted", {"text": "hi"})
        client.send("subscribe", {"channels": ["notes"]})
        await gate.reached()
        client.connection.lost()
        gate.open()
        await self.assert_nothing_left(stage, client)

    async def test_while_it_is_refused_more_than_it_reads(self) -> None:
        stage = Stage(limits=Limits(unread_answers=100))
        client = await stage.signed_in("ann")
        client.connection.pause()
        client.send("subscribe", {"channels": ["no*pe", "room:1", "unknown", "notes"]})
        await stage.settled()
        assert client.closed_with() == CloseCode.SLOW
        await self.assert_nothing_left(stage, client)

    async def test_while_the_application_subscribes_it(self) -> None:
        gate = Gate()

        async def rule(channel: Any, user: User) -> bool:
            await gate.passed()
            return True

        stage = Stage(rule=rule)
        client = await stage.signed_in("ann")
        work = asyncio.create_task(stage.manager.subscribe(client.connection.id, ["notes"]))
        await gate.reached()
        client.connection.lost()
        gate.open()
        await work
        await self.assert_nothing_left(stage, client)
