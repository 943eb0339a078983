"""One client and the clock: the first token, silence, expiry."""

from typing import Any

import pytest

from tests.stage import HAND_TURNED, Gate, HeldBroker, Shouted, Stage, hand, held_authentication
from tidings import User
from tidings.protocol.codes import CloseCode


@pytest.fixture(scope="module")
def anyio_backend() -> Any:
    return HAND_TURNED


class TestTime:
    @pytest.mark.parametrize("fraction", [0.0, 0.3, 0.75, 0.99])
    async def test_without_a_token_it_is_closed_in_the_second_after_five_and_not_before_pings_or_not(
        self, fraction: float
    ) -> None:
        await hand().advance(fraction)
        stage = Stage()
        client = stage.opened()
        for _ in range(5):
            client.send("ping")
            await hand().advance(0.99)
            assert client.closed_with() is None
        await hand().advance(0.04)
        assert client.closed_with() is None
        await hand().advance(1.01)
        assert client.closed_with() == CloseCode.AUTH_TIMEOUT

    async def test_a_token_that_came_in_time_may_be_looked_at_for_longer(self) -> None:
        gate = Gate()
        stage = Stage(authenticate=held_authentication(gate))
        client = stage.opened("ann")
        await gate.reached()
        await hand().advance(9)
        assert client.closed_with() is None
        gate.open()
        await stage.settled()
        assert client.one()["type"] == "connection:established"

    async def test_a_log_that_does_not_answer_does_not_keep_it_for_ever(self) -> None:
        broker = HeldBroker()
        broker.follow_gate.close()
        stage = Stage(broker=broker)
        client = stage.opened("ann")
        await broker.follow_gate.reached()
        await hand().advance(16)
        assert client.closed_with() == CloseCode.INTERNAL_ERROR
        broker.follow_gate.open()
        await stage.settled()
        assert broker.following == {}

    async def test_a_handler_that_takes_too_long_is_given_up_and_the_rest_is_answered(self) -> None:
        gate = Gate()
        stage = Stage()

        @stage.manager.on(Shouted)
        async def handle(shouted: Shouted, user: User) -> None:
            await gate.passed()

        client = await stage.signed_in("ann")
        ids = [client.send("shouted", {"text": "hi"}), client.send("subscribe", {"channels": ["notes"]})]
        await gate.reached()
        await hand().advance(10)
        await stage.settled()
        refusal, answer = client.read()
        assert refusal["payload"]["code"] == "internal_error"
        assert [refusal["reply_to"], answer["reply_to"]] == ids

    async def test_a_silent_client_is_pinged_then_closed_as_idle(self) -> None:
        stage = Stage()
        client = await stage.signed_in("ann")
        await hand().advance(60)
        assert client.transport.pings >= 1
        assert client.closed_with() is None
        await hand().advance(60)
        assert client.closed_with() == CloseCode.IDLE
        assert stage.manager.connections("ann") == 0

    async def test_who_only_listens_stays_where_the_transport_itself_knows_that_it_is_there(self) -> None:
        client = await Stage().signed_in("ann")
        client.transport.on_ping = client.connection.heard  # as on ASGI, whose server pings
        await hand().advance(600)
        assert client.closed_with() is None
        assert client.transport.pings > 5

    @pytest.mark.parametrize("fraction", [0.0, 0.3, 0.75, 0.99])
    async def test_idle_is_never_less_than_the_limit_and_at_most_an_interval_more(self, fraction: float) -> None:
        stage = Stage()
        client = await stage.signed_in("ann")
        await hand().advance(40 + fraction)
        client.connection.heard()
        await hand().advance(74.9)
        assert client.closed_with() is None
        await hand().advance(26.1)
        assert client.closed_with() == CloseCode.IDLE

    async def test_who_is_heard_is_neither_pinged_nor_closed(self) -> None:
        client = await Stage().signed_in("ann")
        for _ in range(30):
            await hand().advance(10)
            client.connection.heard()
        assert (client.transport.pings, client.closed_with()) == (0, None)

    @pytest.mark.parametrize("life", [60.0, 70.3, 100.99, 3_600.5])
    async def test_an_expiring_token_is_announced_then_the_connection_ends_never_late(self, life: float) -> None:
        stage = Stage()
        expires_at = stage.now() + life
        client = await stage.subscribed(f"ann@{expires_at}", "notes")
        while client.closed_with() is None and stage.now() < expires_at - 31:
            client.connection.heard()
            await hand().advance(min(20.0, expires_at - 31 - stage.now()) or 0.001)
        assert client.read() == []
        await hand().advance(expires_at - 30 - stage.now())
        assert client.error() == "token_expiring"
        await hand().advance(28.9)
        assert client.read() == []
        await stage.post(1)
        await hand().advance(expires_at - stage.now())
        assert client.closed_with() == CloseCode.EXPIRED
        await stage.post(2)
        *events, last = client.read()
        assert [event["payload"]["note_id"] for event in events] == [1]
        assert last["payload"]["code"] == "token_expired"

    async def test_a_short_life_is_announced_half_way_so_that_who_refreshes_at_once_does_not_do_so_for_ever(
        self,
    ) -> None:
        stage = Stage()
        client = await stage.signed_in(f"ann@{stage.now() + 20}")
        for _ in range(3):
            await hand().advance(8.9)
            assert client.read() == []
            await hand().advance(1.1)
            assert client.error() == "token_expiring"
            client.send("auth", {"token": f"ann@{stage.now() + 20}"})
            await stage.settled()
            assert client.one()["type"] == "connection:established"

    @pytest.mark.parametrize("life", [0.1, 0.7, 1.2, 1.9])
    async def test_a_token_in_its_last_second_is_not_outlived(self, life: float) -> None:
        stage = Stage()
        client = stage.opened(f"ann@{stage.now() + life}")
        await stage.settled()
        await hand().advance(life)
        assert client.closed_with() == CloseCode.EXPIRED
        assert client.read()[-1]["payload"]["code"] == "token_expired"

    async def test_a_refresh_in_time_keeps_the_connection_and_is_announced_anew(self) -> None:
        stage = Stage()
        client = await stage.signed_in(f"ann@{stage.now() + 60}")
        for _ in range(3):
            await hand().advance(40)
            assert client.error() == "token_expiring"
            client.send("auth", {"token": f"ann@{stage.now() + 60}"})
            await stage.settled()
            assert client.one()["type"] == "connection:established"
        await hand().advance(60)
        assert [message["payload"]["code"] for message in client.read()] == ["token_expiring", "token_expired"]

    async def test_a_refresh_to_a_token_without_an_end_stays(self) -> None:
        stage = Stage()
        client = await stage.signed_in(f"ann@{stage.now() + 60}")
        client.send("auth", {"token": "ann"})
        await stage.settled()
        assert "expires_at" not in client.one()["payload"]
        for _ in range(10):
            await hand().advance(20)
            client.connection.heard()
        assert (client.read(), client.closed_with()) == ([], None)

    async def test_a_token_that_expires_while_it_is_being_refreshed_ends_the_connection(self) -> None:
        gate = Gate()
        gate.open()
        stage = Stage(authenticate=held_authentication(gate))
        client = await stage.signed_in(f"ann@{stage.now() + 40}")
        await hand().advance(35)
        gate.close()
        client.send("auth", {"token": f"ann@{stage.now() + 60}"})
        await gate.reached()
        await hand().advance(5)
        assert client.closed_with() == CloseCode.EXPIRED
        gate.open()
        await stage.settled()
        assert [message["payload"]["code"] for message in client.read()] == ["token_expiring", "token_expired"]
