"""What the application's own functions may do to a connection: be slow, hang, name nobody."""

import asyncio
from typing import Any

import pytest

from tests.stage import HAND_TURNED, Shouted, Stage, hand
from tidings import Handshake, Limits, User


@pytest.fixture(scope="module")
def anyio_backend() -> Any:
    return HAND_TURNED


LIMITS = Limits(auth_timeout=5.0, rule_timeout=10.0)


async def test_a_handler_that_hangs_is_given_up_and_the_connection_goes_on() -> None:
    stage = Stage(limits=LIMITS)

    @stage.manager.on(Shouted)
    async def hang(shouted: Shouted, user: User) -> None:
        await asyncio.Event().wait()

    client = await stage.signed_in("ann")
    asked, then = client.send("shouted", {"text": "hi"}), client.send("unsubscribe", {"channels": ["notes"]})
    await stage.turns()
    await hand().advance(LIMITS.rule_timeout + 0.1)
    await stage.turns()
    refusal, answer = client.read()
    assert (refusal["payload"]["code"], refusal["reply_to"]) == ("internal_error", asked)
    assert (answer["type"], answer["reply_to"]) == ("unsubscribed", then)


async def test_a_token_that_takes_long_to_verify_is_not_a_missing_auth() -> None:
    async def slow(handshake: Handshake, token: str | None) -> User:
        await asyncio.sleep(8)
        return User("ann")

    stage = Stage(limits=LIMITS, authenticate=slow)
    client = stage.opened("ann")
    await hand().advance(7)
    assert client.closed_with() is None
    await hand().advance(2)
    await stage.turns()
    assert client.one()["type"] == "connection:established"


async def test_nobody_is_sent_nothing() -> None:
    stage = Stage()
    client = await stage.signed_in("None")
    await stage.manager.send_to_user(None, {"type": "note:posted", "payload": {"note_id": 1}})
    assert client.read() == []
