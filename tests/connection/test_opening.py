"""One client: how it comes in, and how it refreshes its token."""

import asyncio
import json
from typing import Any

import pytest

from tests.stage import HAND_TURNED, Client, Gate, HeldBroker, Stage, hand, held_authentication
from tidings import Handshake, Limits, User
from tidings.protocol.codes import CloseCode


@pytest.fixture(scope="module")
def anyio_backend() -> Any:
    return HAND_TURNED


class TestOpening:
    async def test_auth_is_answered_with_who_and_where_one_is(self) -> None:
        stage = Stage()
        client = stage.opened()
        id = client.send("auth", {"token": "ann"})
        await stage.settled()
        message = client.one()
        assert (message["type"], message["reply_to"]) == ("connection:established", id)
        payload = message["payload"]
        assert payload.pop("positions").keys() == {"user:ann"}
        assert payload == {
            "connection_id": client.connection.id,
            "user_id": "ann",
            "protocol": 1,
            "ping_interval": 25.0,
            "recovered": {"user:ann": False},
        }

    async def test_a_token_in_the_url_needs_no_message(self) -> None:
        stage = Stage()
        client = stage.opened("ann")
        await stage.settled()
        message = client.one()
        assert message["type"] == "connection:established"
        assert "reply_to" not in message

    @pytest.mark.parametrize(("token", "code"), [("nobody", "unauthorized"), ("old", "token_expired")])
    async def test_a_refused_token_is_told_then_closed_for_good(self, token: str, code: str) -> None:
        stage = Stage()
        client = stage.opened()
        id = client.send("auth", {"token": token})
        await stage.settled()
        assert client.closed_with() == CloseCode.UNAUTHORIZED
        message = client.one()
        assert (message["payload"]["code"], message["reply_to"]) == (code, id)

    async def test_a_token_whose_time_is_over_is_refused_whoever_let_it_pass(self) -> None:
        stage = Stage()
        client = stage.opened(f"ann@{stage.now() - 1}")
        await stage.settled()
        assert client.closed_with() == CloseCode.UNAUTHORIZED
        assert client.error() == "token_expired"

    async def test_authenticate_may_be_plain_or_async_and_gets_handshake_and_token(self) -> None:
        asked: list[tuple[str, str | None]] = []

        async def later(handshake: Handshake, token: str | None) -> User:
            asked.append((handshake.path, token))
            return User("ann")

        stage = Stage(authenticate=later)
        await stage.signed_in("some token")
        assert asked == [("/ws", "some token")]

    @pytest.mark.parametrize("failure", [RuntimeError("secret"), TimeoutError("secret"), asyncio.CancelledError()])
    async def test_an_authenticate_that_fails_is_an_internal_error_and_reason_to_come_back(
        self, failure: BaseException
    ) -> None:
        def failing(handshake: Handshake, token: str | None) -> User:
            raise failure

        stage = Stage(authenticate=failing)
        client = stage.opened("ann")
        await stage.settled()
        assert client.closed_with() == CloseCode.INTERNAL_ERROR
        text = json.dumps(client.one())
        assert "internal_error" in text
        assert "secret" not in text

    async def test_an_authenticate_that_takes_too_long_is_given_up(self) -> None:
        gate = Gate()
        stage = Stage(authenticate=held_authentication(gate), limits=Limits(rule_timeout=3.0))
        client = stage.opened("ann")
        await gate.reached()
        await hand().advance(3.0)
        await stage.settled()
        assert client.closed_with() == CloseCode.INTERNAL_ERROR

    @pytest.mark.parametrize("user", [User(""), User("a:b"), User("x" * 129), User(None), User(True), User("a b")])  # type: ignore[arg-type]
    async def test_a_user_without_a_usable_id_is_refused(self, user: User) -> None:
        stage = Stage(authenticate=lambda handshake, token: user)
        client = stage.opened("ann")
        await stage.settled()
        assert client.closed_with() == CloseCode.UNAUTHORIZED

    async def test_an_id_of_128_characters_is_one(self) -> None:
        await Stage().signed_in("x" * 128)

    @pytest.mark.parametrize("expires_at", ["tomorrow", float("nan"), True, object()])
    async def test_an_expiry_that_is_no_time_lets_nobody_in(self, expires_at: Any) -> None:
        stage = Stage(authenticate=lambda handshake, token: User("ann", expires_at=expires_at))
        client = stage.opened("ann")
        await stage.settled()
        assert client.closed_with() == CloseCode.INTERNAL_ERROR
        assert stage.manager.connections("ann") == 0

    @pytest.mark.parametrize(("needed", "kept"), [(True, True), (False, False)])
    async def test_the_upgrade_request_is_kept_only_where_somebody_may_ask_for_it(
        self, needed: bool, kept: bool
    ) -> None:
        class Tokens:
            needs_handshake = needed

            def __call__(self, handshake: Handshake, token: str | None) -> User:
                return User("ann")

        client = await Stage(authenticate=Tokens()).signed_in("ann")
        assert (client.connection.handshake is not None) == kept

    @pytest.mark.parametrize("message", ["subscribe", "unsubscribe"])
    async def test_before_a_token_nothing_else_is_taken(self, message: str) -> None:
        client = Stage().opened()
        client.send(message, {"channels": ["notes"]})
        assert client.error() == "not_authenticated"
        client.send("ping")
        assert client.one()["type"] == "pong"

    async def test_what_comes_meanwhile_waits_in_order_but_pings_do_not(self) -> None:
        gate = Gate()
        stage = Stage(authenticate=held_authentication(gate))
        client = stage.opened("ann")
        await gate.reached()
        subscribed = client.send("subscribe", {"channels": ["notes"]})
        unsubscribed = client.send("unsubscribe", {"channels": ["notes"]})
        pinged = client.send("ping")
        assert client.one()["reply_to"] == pinged
        gate.open()
        await stage.settled()
        established, *answers = client.read()
        assert established["type"] == "connection:established"
        assert [message["reply_to"] for message in answers] == [subscribed, unsubscribed]

    async def test_what_waited_behind_a_refused_token_is_dropped_with_the_connection(self) -> None:
        gate = Gate()
        stage = Stage(authenticate=held_authentication(gate))
        client = stage.opened("nobody")
        await gate.reached()
        client.send("subscribe", {"channels": ["notes"]})
        gate.open()
        await stage.settled()
        assert client.error() == "unauthorized"

    async def test_a_second_auth_right_behind_the_first_refreshes(self) -> None:
        stage = Stage()
        client = stage.opened("ann")
        client.send("auth", {"token": "ann"})
        await stage.settled()
        assert [message["type"] for message in client.read()] == ["connection:established"] * 2


class TestRefresh:
    @pytest.mark.parametrize(
        ("token", "code"), [("bob", "forbidden"), ("nobody", "unauthorized"), ("old", "token_expired")]
    )
    async def test_a_token_that_is_refused_leaves_the_old_one_in_force(self, token: str, code: str) -> None:
        stage = Stage()
        client = await stage.signed_in("ann")
        client.send("auth", {"token": token})
        await stage.settled()
        assert client.error() == code
        assert await self._usable(stage, client)

    async def test_a_failure_while_refreshing_leaves_the_old_one_in_force(self) -> None:
        tokens = ["first"]

        def once(handshake: Handshake, token: str | None) -> User:
            tokens.remove(str(token))
            return User("ann")

        stage = Stage(authenticate=once)
        client = await stage.signed_in("first")
        client.send("auth", {"token": "second"})
        await stage.settled()
        assert client.error() == "internal_error"
        assert await self._usable(stage, client)

    async def test_a_log_that_fails_while_refreshing_leaves_the_old_one_in_force(self) -> None:
        broker = HeldBroker()
        stage = Stage(broker=broker)
        client = await stage.signed_in("ann")
        broker.failure = OSError("the log is away")
        client.send("auth", {"token": "ann", "positions": {"user:ann": {"epoch": "E", "offset": 0, "id": ""}}})
        await stage.settled()
        assert client.error() == "internal_error"
        broker.failure = None
        assert await self._usable(stage, client)

    async def test_the_user_and_the_time_are_those_of_the_new_token(self) -> None:
        stage = Stage()
        client = await stage.signed_in(f"ann@{stage.now() + 100}")
        client.send("auth", {"token": f"ann@{stage.now() + 500}"})
        await stage.settled()
        assert client.one()["payload"]["expires_at"] == stage.now() + 500
        for _ in range(20):
            await hand().advance(20)
            client.connection.heard()
        assert client.closed_with() is None
        assert client.read() == []

    @staticmethod
    async def _usable(stage: Stage, client: Client) -> bool:
        client.send("subscribe", {"channels": ["notes"]})
        await stage.settled()
        return client.closed_with() is None and client.one()["type"] == "subscribed"

    async def test_a_new_token_has_the_rules_asked_anew(self) -> None:
        roles = {"ann": {"notes", "room:1"}}
        stage = Stage(rule=lambda channel, user: channel.name in roles[user.id])
        client = await stage.subscribed("ann", "notes", "room:1")
        roles["ann"].remove("room:1")
        client.send("auth", {"token": "ann"})
        await stage.settled()
        greeting, ended = client.read()
        assert greeting["type"] == "connection:established"
        assert (ended["type"], ended["payload"]["channels"]) == ("unsubscribed", ["room:1"])
