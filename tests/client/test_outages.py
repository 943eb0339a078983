"""A client that cannot do what it was asked to says so in the log, once for each outage and reason, and in time."""

import asyncio
import logging
from typing import Any

import pytest

from tests.client.scripted import HAND_TURNED, Server, passed, running, settled, soon
from tests.stage import Notes
from tidings.client import ChannelRefused, Client, ClientError
from tidings.client.outages import LINES

WHERE = "ws://server.example/ws"
REFUSED = "3 tries failed before the connection opened: is the address right, and is this client let in?"


@pytest.fixture(scope="module")
def anyio_backend() -> Any:
    return HAND_TURNED


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> Any:
    """What the log was told since it was asked last, from INFO on."""
    caplog.set_level(logging.INFO, "tidings.client")

    def take() -> list[str]:
        lines = [f"{record.levelname} {record.getMessage()}" for record in caplog.records]
        caplog.clear()
        return lines

    return take


async def test_one_line_when_it_begins_another_when_the_reason_changes_and_one_at_its_end(told: Any) -> None:
    server = Server()
    server.fates = [*[OSError("nobody listens")] * 2, *[OSError("no route")] * 2]
    async with running(server):
        await passed(2.0)
        assert server.tries == 4
        assert told() == [
            f"WARNING {WHERE}: no connection: nobody listens; next try in 0.5 s",
            f"WARNING {WHERE}: no connection: no route; next try in 0.5 s; {REFUSED}",
        ]
        await passed(1.0)
        await server.accept()
        assert told() == [f"INFO {WHERE}: connected again"]
        await passed(5.0)
        server.socket.end(1006)
        await settled()
        assert told() == [f"WARNING {WHERE}: close code 1006; next try in 0.5 s"]


async def test_when_it_is_refused_it_says_so_once(told: Any) -> None:
    server = Server()
    server.fates = [OSError("nobody listens")] * 50
    async with running(server):
        await passed(300.0)
        assert server.tries > 15
    assert told() == [
        f"WARNING {WHERE}: no connection: nobody listens; next try in 0.5 s",
        f"WARNING {WHERE}: no connection: nobody listens; next try in 0.5 s; {REFUSED}",
    ]


async def test_a_reason_that_is_another_each_time_does_not_fill_the_log(told: Any) -> None:
    server = Server()
    server.fates = [OSError(f"try {number}") for number in range(50)]
    async with running(server):
        await passed(300.0)
    assert len(told()) == LINES


async def test_connections_that_open_and_fall_do_not_fill_the_log(told: Any) -> None:
    server = Server()
    async with running(server, open_timeout=3_600):
        for _ in range(20):
            (await server.accept()).end(1011)
            await passed(15.0)
        assert server.tries == 21
    assert told() == [
        f"WARNING {WHERE}: close code 1011; next try in 0.5 s",
        f"INFO {WHERE}: connected again",
    ]


async def test_a_server_that_says_goodbye_is_no_warning(told: Any) -> None:
    server = Server()
    async with running(server):
        (await server.accept()).say("connection:closing", {"reconnect_after": 0})
        await passed(0.1)
        await server.accept()
    assert [line.partition(" ")[0] for line in told()] == ["INFO", "INFO"]


async def test_a_client_that_gives_up_says_so(told: Any) -> None:
    server = Server()
    async with running(server):
        await settled()
        server.socket.say("connection:error", {"code": "unauthorized", "message": "the token was refused"})
        server.socket.end(4401)
        await settled()
    assert told() == [f"WARNING {WHERE}: unauthorized: the token was refused; the client gives up"]


async def test_what_may_be_a_secret_in_the_address_is_not_told(told: Any) -> None:
    server, url = Server(), "wss://ann:secret@server.example:99/ws?token=secret"
    server.fates = [OSError(f"{url} is no good")]
    async with Client(url, connect=server.connect):
        await settled()
        [line] = told()
        assert line.startswith("WARNING wss://server.example:99/ws: no connection: wss://server.example:99/ws is no")


async def test_a_subscribe_that_fails_for_the_time_being_is_told_once_until_it_is_live(told: Any) -> None:
    server = Server()
    async with running(server) as client:
        client.subscribe(Notes())
        socket = await server.accept(ping_interval=3_600)
        for _ in range(3):
            again = {"code": "internal_error", "message": "no tables"}
            socket.say("connection:error", again, reply_to=socket.last("subscribe")["id"])
            await passed(20.0)
        expected = "WARNING subscribing to notes does not succeed: internal_error: no tables; it is asked for again"
        assert told() == [expected]
        socket.enter()
        await passed(60.0)
        assert told() == []


async def test_a_subscribe_that_is_not_answered_is_told(told: Any) -> None:
    server = Server()
    async with running(server) as client:
        client.subscribe(Notes())
        socket = await server.accept(ping_interval=3_600)
        await passed(100.0)
        assert socket.types().count("subscribe") == 4
        [line] = told()
    assert line.startswith("WARNING subscribing to notes does not succeed: nothing came within 30 s")


class TestTimeouts:
    async def test_entering_a_subscription_ends_with_what_is_in_the_way(self) -> None:
        server = Server()
        server.fates = [OSError("nobody listens")] * 50
        async with running(server) as client:
            subscription = client.subscribe(Notes(), timeout=10)
            entering = asyncio.ensure_future(subscription.__aenter__())
            await passed(9.9)
            assert not entering.done()
            await passed(0.2)
            with pytest.raises(ChannelRefused, match=r"timeout: no answer within 10 s; no connection: nobody") as error:
                await entering
            assert (error.value.channel, error.value.code) == ("notes", "timeout")
            client.subscribe(Notes())  # it was left, and can be asked for anew

    async def test_so_does_waiting_for_a_connection(self) -> None:
        server = Server()
        server.hangs = True
        async with running(server, open_timeout=4.0) as client:
            waiting = asyncio.ensure_future(client.connected(timeout=5))
            await passed(5.1)
            with pytest.raises(ClientError, match="timeout: no connection within 5 s; no answer within 4 s"):
                await waiting

    async def test_who_is_in_time_is_not_hurried_any_more(self) -> None:
        server = Server()
        async with running(server) as client:
            entering = asyncio.ensure_future(client.subscribe(Notes(), timeout=10).__aenter__())
            (await server.accept(ping_interval=3_600)).enter()
            await settled()
            async with await entering as events:
                await passed(60.0)
                server.socket.note(1)
                assert (await soon(anext(events))).position.offset == 1
