"""Lines of the guide's defects ("Python server") about who comes in and how much they may do, as in `test_defects`."""

from typing import Any

import pytest

from tests.guide.application import ORIGIN, original, routed
from tests.guide.live import Schedules
from tests.guide.tabs import House, Message, Tab, clock, created, numbers, seen, settled
from tests.stage import HAND_TURNED, RecordingTransport, hand
from tidings import Handshake, Limits
from tidings.protocol.codes import CloseCode, reconnects


@pytest.fixture(scope="module")
def anyio_backend() -> Any:
    return HAND_TURNED


# ---- No channel authorisation or tenancy: everyone sees every schedule.


@pytest.mark.parametrize("channel", ["team:1:schedules", "user:7"])
async def test_no_channel_authorisation(channel: str) -> None:
    async def a_stranger_listens(house: House) -> tuple[list[str], list[int]]:
        stranger = await house.tab("8")
        answers = await house.asked(stranger, "subscribe", {"channels": [channel]})
        await house.manager.broadcast_to_channel(channel, created(1))
        await settled()
        return [message["payload"]["code"] for message in answers if "code" in message["payload"]], numbers(stranger)

    assert await seen(original, a_stranger_listens) == ([], [1])
    assert await seen(routed, a_stranger_listens) == (["forbidden"], [])


# ---- Auth only at handshake; no expiry, revocation or Origin check; rejection reaches browsers as 1006.


async def test_no_expiry() -> None:
    async def its_token_expires(house: House) -> tuple[list[int], int | None]:
        tab = await house.tab(f"7@{clock() + 60}", "schedules")
        await hand().advance(62)
        await settled()
        await house.manager.broadcast_to_channel("schedules", created(1))
        await settled()
        return numbers(tab), tab.closed

    assert await seen(original, its_token_expires) == ([1], None)
    assert await seen(routed, its_token_expires) == ([], CloseCode.EXPIRED)


async def test_no_revocation() -> None:
    async def may_no_longer(house: House) -> tuple[list[int], list[int]]:
        tab, other = await house.tab("7", "schedules"), await house.tab("8", "schedules")
        if hasattr(house.manager, "revoke"):
            await house.manager.revoke(7, Schedules())
        await house.manager.broadcast_to_channel("schedules", created(1))
        await settled()
        return numbers(tab), numbers(other)

    assert await seen(original, may_no_longer) == ([1], [1]), "nothing ends a subscription but the client"
    assert await seen(routed, may_no_longer) == ([], [1])


async def test_no_way_to_disconnect_a_user() -> None:
    async def is_thrown_out(house: House) -> tuple[int | None, list[int]]:
        tab = await house.tab("7", "schedules")
        if hasattr(house.manager, "disconnect_user"):
            await house.manager.disconnect_user(7)
        await settled()
        await house.manager.broadcast_to_channel("schedules", created(1))
        await settled()
        return tab.closed, numbers(tab)

    assert await seen(original, is_thrown_out) == (None, [1])
    assert await seen(routed, is_thrown_out) == (CloseCode.FORBIDDEN, [])


async def test_no_origin_check() -> None:
    async def another_site_connects(house: House) -> tuple[bool, bool]:
        evil = await house.visited(Tab("7", "https://evil.example"))
        own = await house.visited(Tab("7", ORIGIN))
        return evil.accepted, own.accepted

    assert await seen(original, another_site_connects) == (True, True)
    assert await seen(routed, another_site_connects) == (False, True)


async def test_rejection_reaches_browsers_as_1006() -> None:
    async def comes_with_a_bad_token(house: House) -> Any:
        tab = await house.visited(Tab("nobody"))
        return tab.accepted, [message["payload"]["code"] for message in tab.heard()], tab.closed

    # An upgrade that is closed before it is accepted is answered with HTTP 403 (ASGI, "Close - send event"), and of a
    # failed upgrade a page learns 1006 and nothing else (WHATWG WebSockets, "fail the WebSocket connection").
    assert await seen(original, comes_with_a_bad_token) == (False, [], 1008)
    assert await seen(routed, comes_with_a_bad_token) == (True, ["unauthorized"], CloseCode.UNAUTHORIZED)
    assert not reconnects(CloseCode.UNAUTHORIZED)


# ---- No server ping, idle timeout, size/rate/connection limits, drain.


async def test_no_size_limit() -> None:
    async def says_much(house: House) -> list[str]:
        tab = await house.tab("7")
        answers = await house.asked(tab, "subscribe", {"channels": ["schedules", "x" * 70_000]})
        return [answer["payload"].get("code", answer["type"]) for answer in answers]

    assert await seen(original, says_much) == ["subscribed"]
    assert await seen(routed, says_much) == ["message_too_large"]


async def test_no_rate_limit() -> None:
    async def pings_often(house: House) -> tuple[int, set[str]]:
        tab = await house.tab("7")
        for _ in range(30):
            tab.says("ping")
        await settled()
        messages = tab.heard()
        errors = {message["payload"]["code"] for message in messages if message["type"] == "connection:error"}
        return sum(message["type"] == "pong" for message in messages), errors

    assert await seen(original, pings_often) == (30, set())
    assert await seen(routed, pings_often, limits=Limits(message_burst=10)) == (10, {"rate_limited"})


async def test_no_connection_limit() -> None:
    async def opens_three(house: House) -> list[int | None]:
        return [(await house.tab("7")).closed for _ in range(3)]

    assert await seen(original, opens_three) == [None, None, None]
    limits = Limits(connections_per_user=2)
    assert await seen(routed, opens_three, limits=limits) == [None, None, CloseCode.RATE_LIMITED]


async def test_no_limit_of_subscriptions() -> None:
    async def follows_two(house: House) -> list[str]:
        tab = await house.tab("7")
        answers = await house.asked(tab, "subscribe", {"channels": ["schedules", "team:1:schedules"]})
        return [answer["payload"].get("code", answer["type"]) for answer in answers]

    assert await seen(original, follows_two) == ["subscribed"]
    assert await seen(routed, follows_two, limits=Limits(channels=1)) == ["too_many_channels", "subscribed"]


async def test_no_server_ping_and_no_idle_timeout() -> None:
    async def is_silent(house: House) -> tuple[list[Message], int | None]:
        tab = await house.tab("7")
        await hand().advance(100)
        await settled()
        return tab.heard(), tab.closed

    assert await seen(original, is_silent) == ([], None)

    # ASGI has no ping: servers send their own. What the manager asks of a transport shows on one that records.
    manager = routed(clock).manager
    transport = RecordingTransport()
    transport.connection = manager.open(transport, Handshake(path="/ws", query_string="token=7"))
    await hand().advance(30)
    assert (transport.pings > 0, transport.closed, transport.aborted) == (True, None, False)
    await hand().advance(70)
    assert transport.closed is not None
    assert transport.closed[0] == CloseCode.IDLE
    assert manager.connections(7) == 0


async def test_who_does_not_say_who_they_are_is_closed() -> None:
    manager = routed(clock, limits=Limits(auth_timeout=5)).manager
    transport = RecordingTransport()
    transport.connection = manager.open(transport, Handshake(path="/ws"))
    await hand().advance(7)
    assert transport.closed is not None
    assert transport.closed[0] == CloseCode.AUTH_TIMEOUT


async def test_no_drain() -> None:
    async def the_server_stops(house: House) -> tuple[list[str], int | None]:
        async with house.app.router.lifespan_context(house.app):
            tab = await house.tab("7", "schedules")
        await settled()
        return [message["type"] for message in tab.heard()], tab.closed

    assert await seen(original, the_server_stops) == ([], None)
    assert await seen(routed, the_server_stops) == (["connection:closing"], CloseCode.SERVICE_RESTART)
    assert reconnects(CloseCode.SERVICE_RESTART)
