"""One connection and the next: tokens, silence, goodbyes, refusals. The clock is turned by hand."""

import asyncio
import logging
from typing import Any

import pytest
from websockets.datastructures import Headers
from websockets.exceptions import InvalidStatus
from websockets.http11 import Response

from tests.client.scripted import HAND_TURNED, Server, Socket, at, passed, running, settled, soon
from tests.stage import Notes, Shouted
from tidings.client import Client, Disconnected, RequestRefused, State, Status


@pytest.fixture(scope="module")
def anyio_backend() -> Any:
    return HAND_TURNED


class Tokens:
    """Gives what it is told to give, and counts."""

    def __init__(self, *given: Any) -> None:
        self.given, self.asked = list(given), 0

    async def __call__(self) -> str | None:
        self.asked += 1
        token = self.given.pop(0) if len(self.given) > 1 else self.given[0]
        if isinstance(token, Exception):
            raise token
        return token  # type: ignore[no-any-return]


def refused(code: int, error: str, server: Server, **fields: Any) -> None:
    """What a server does that refuses a token."""
    server.socket.say("connection:error", {"code": error, "message": "no"}, **fields)
    server.socket.end(code)


class TestOpening:
    async def test_the_token_is_the_first_message_and_nothing_else_precedes_the_greeting(self) -> None:
        server = Server()
        async with running(server, get_token=Tokens("ann")) as client:
            client.subscribe(Notes())
            client.send(Shouted(text="hi"))
            await settled()
            assert [(it["type"], it["payload"]) for it in server.socket.sent] == [("auth", {"token": "ann"})]
            server.socket.establish()
            await soon(client.connected())
            await settled()
            assert server.socket.types() == ["auth", "subscribe", "shouted"]

    async def test_without_get_token_no_auth_is_sent(self) -> None:
        server = Server()
        async with running(server, get_token=None) as client:
            await server.accept()
            assert (server.socket.sent, client.status) == ([], Status(State.CONNECTED))

    async def test_the_token_is_asked_for_at_each_connect(self) -> None:
        server, tokens = Server(), Tokens("first", "second")
        async with running(server, get_token=tokens):
            (await server.accept()).end(1006)
            await passed(0.5)
            assert server.socket.last("auth")["payload"] == {"token": "second"}

    async def test_get_token_that_gives_none_ends_the_client(self) -> None:
        server = Server()
        async with running(server, get_token=lambda: None) as client:
            with pytest.raises(Disconnected, match="get_token gave no token"):
                await soon(client.connected())
        assert server.tries == 0

    async def test_get_token_that_fails_is_asked_again_after_a_wait(self, caplog: pytest.LogCaptureFixture) -> None:
        server, tokens = Server(), Tokens(OSError("the token's server is away"), "ann")
        async with running(server, get_token=tokens) as client:
            await settled()
            assert "the token's server is away" in str(client.status.reason)
            await passed(0.5)
            await server.accept()
            assert client.status.state is State.CONNECTED
        assert "get_token failed" in caplog.text

    async def test_a_server_that_does_not_answer_is_given_up(self) -> None:
        server = Server()
        async with running(server, open_timeout=4.0) as client:
            await passed(3.9)
            assert client.status.state is State.CONNECTING
            await passed(0.2)
            assert (client.status.state, client.status.reason) == (State.OFFLINE, "no answer within 4 s")
            assert server.socket.closed

    async def test_a_server_that_closes_before_it_was_told_the_token_is_met_again(self) -> None:
        server = Server()

        async def connect(url: str) -> Socket:
            socket = await server.connect(url)
            if server.tries == 1:
                socket.end(1012, "the server restarts")
            return socket

        async with Client("ws://server.example/ws", connect=connect, get_token=Tokens("ann")) as client:
            await settled()
            assert client.status.reason == "close code 1012: the server restarts"
            await passed(1)
            await server.accept()
            assert client.status.state is State.CONNECTED

    async def test_after_three_refusals_it_says_so_and_goes_on_trying(self) -> None:
        server = Server()
        forbidden = InvalidStatus(Response(403, "Forbidden", Headers()))
        server.fates = [OSError("nobody listens"), forbidden, forbidden]
        seen: list[Status] = []
        async with running(server, on_status=seen.append) as client:
            await passed(0.5 + 0.5)
            assert [it.state for it in seen if it.state is not State.CONNECTING] == ["offline", "offline", "refused"]
            assert client.status.reason == "the server refused the upgrade with HTTP 403"
            assert client.status.retry_at is not None
            await passed(2.0)
            await server.accept()
            assert client.status == Status(State.CONNECTED, attempt=3)
        assert client.status.state is State.CLOSED

    async def test_a_connection_that_opened_and_went_is_no_refusal(self) -> None:
        server = Server()
        async with running(server) as client:
            for wait in (0.5, 1.0, 2.0, 4.0):
                await settled()
                server.socket.end(1006)
                await settled()
                assert client.status.state is State.OFFLINE
                await passed(wait)

    async def test_a_hanging_upgrade_counts_as_a_refusal(self) -> None:
        server = Server()
        server.hangs = True
        async with running(server, open_timeout=1.0) as client:
            await passed(1.0 + 0.5 + 1.0 + 1.0 + 1.0)
            assert client.status.state is State.REFUSED

    async def test_another_version_of_the_protocol_is_not_spoken(self) -> None:
        server = Server()
        async with running(server) as client:
            await server.accept(protocol=2)
            with pytest.raises(Disconnected, match="the server speaks protocol 2, this client 1"):
                await soon(client.connected())

    @pytest.mark.parametrize("url", ["ftp://x/ws", "/ws", "ws:///ws", ""])
    def test_what_is_no_address_is_refused(self, url: str) -> None:
        with pytest.raises(ValueError, match="write ws://host/path"):
            Client(url)

    def test_bounds_below_one_are_refused(self) -> None:
        with pytest.raises(ValueError, match="at least 1"):
            Client("ws://x/ws", queue=0)

    async def test_a_client_is_entered_once(self) -> None:
        async with running(Server()) as client:
            with pytest.raises(RuntimeError, match="make another"):
                await client.__aenter__()


class TestRefusals:
    @pytest.mark.parametrize("code", [1000, 1008, 4400, 4401, 4403, 4503])
    async def test_after_a_code_that_says_so_it_does_not_come_back_and_everybody_hears_why(self, code: int) -> None:
        server = Server()
        async with running(server) as client:
            events = client.subscribe(Notes())
            await server.accept()
            server.socket.end(code, "go away")
            with pytest.raises(Disconnected, match=f"close code {code}: go away"):
                await soon(anext(events))
            with pytest.raises(Disconnected, match="go away"):
                await soon(client.request(Shouted(text="hi")))
            with pytest.raises(Disconnected, match="go away"):
                client.subscribe("other")
            await passed(3_600)
            assert (server.tries, client.status.state, client.status.retry_at) == (1, State.REFUSED, None)

    async def test_a_refused_token_ends_it_with_the_servers_reason(self) -> None:
        server = Server()
        async with running(server) as client:
            await settled()
            refused(4401, "unauthorized", server, reply_to=server.socket.last("auth")["id"])
            with pytest.raises(Disconnected) as ended:
                await soon(client.connected())
            assert (ended.value.code, ended.value.reason) == ("unauthorized", "no")
            assert str(ended.value) == "unauthorized: no"

    async def test_a_token_that_expired_on_the_way_is_renewed_once(self) -> None:
        server, tokens = Server(), Tokens("old", "old too")
        async with running(server, get_token=tokens) as client:
            await settled()
            refused(4401, "token_expired", server)
            await passed(0.5)
            assert (server.tries, tokens.asked) == (2, 2)
            refused(4401, "token_expired", server)
            with pytest.raises(Disconnected, match="token_expired"):
                await soon(client.connected())
        assert server.tries == 2

    async def test_closing_the_client_closes_the_socket_and_no_other_is_made(self) -> None:
        server = Server()
        async with running(server) as client:
            await server.accept()
            asked = asyncio.create_task(client.request(Shouted(text="hi")))
            await settled()
        assert server.socket.closed
        assert not server.socket.aborted
        with pytest.raises(RequestRefused, match="disconnected"):
            await soon(asked)
        await passed(3_600)
        assert (server.tries, client.status.state) == (1, State.CLOSED)

    async def test_what_the_block_raises_leaves_it_unchanged(self) -> None:
        with pytest.raises(KeyError, match="mine"):
            async with running(Server()):
                raise KeyError("mine")

    async def test_a_bug_in_the_client_reaches_the_application(self) -> None:
        server = Server()
        server.fates = [ZeroDivisionError("a bug")]
        client = Client("ws://server.example/ws", connect=server.connect)
        await client.__aenter__()
        with pytest.raises(Disconnected, match="a bug"):
            await soon(client.connected())
        with pytest.raises(ZeroDivisionError):
            await client.__aexit__(None, None, None)


class TestSilence:
    async def test_it_pings_when_nothing_is_heard_and_an_answer_keeps_the_connection(self) -> None:
        server = Server()
        async with running(server) as client:
            await server.accept()
            for _ in range(5):
                await passed(25)
                server.socket.say("pong", reply_to=server.socket.last("ping")["id"])
                await settled()
            assert server.socket.types().count("ping") == 5
            assert client.status.state is State.CONNECTED

    async def test_it_pings_when_it_has_sent_nothing_though_it_hears(self) -> None:
        server = Server()
        async with running(server):
            await server.accept()
            for _ in range(30):
                await passed(1)
                server.socket.say("pong")
                await settled()
            assert server.socket.types().count("ping") == 1

    async def test_a_server_that_answers_no_ping_is_left_and_tried_again(self) -> None:
        server = Server()
        async with running(server, pong_timeout=7) as client:
            await server.accept()
            await passed(25 + 6.9)
            assert client.status.state is State.CONNECTED
            await passed(0.2)
            assert (client.status.state, client.status.reason) == (State.OFFLINE, "the server does not answer")
            assert server.socket.aborted
            await passed(1)
            assert server.tries == 2

    async def test_a_slow_consumer_is_not_taken_for_a_silent_server(self) -> None:
        server = Server()
        async with running(server, inbox=1) as client:
            client.subscribe(Notes())
            (await server.accept()).enter()
            for offset in (1, 2):
                server.socket.note(offset)
            await passed(300)
            assert client.status.state is State.CONNECTED
            assert not server.socket.aborted


class TestGoodbye:
    async def test_it_keeps_receiving_and_comes_back_at_once_when_it_is_closed(self) -> None:
        server = Server()
        async with running(server) as client:
            events = client.subscribe(Notes())
            (await server.accept()).enter()
            await passed(6)
            server.socket.say("connection:closing", {"reconnect_after": 8})
            server.socket.note(1)
            assert (await soon(anext(events))).position == at(1)
            server.socket.end(1012)
            await settled()
            assert server.tries == 2

    async def test_it_leaves_by_itself_when_the_time_is_over(self) -> None:
        server = Server()
        async with running(server):
            socket = await server.accept()
            await passed(6)
            socket.say("connection:closing", {"reconnect_after": 8})
            await passed(7.9)
            assert server.tries == 1
            await passed(0.2)
            assert (server.tries, socket.aborted) == (2, True)

    async def test_a_server_that_says_goodbye_over_and_over_is_met_with_backoff(self) -> None:
        server = Server()
        async with running(server):
            for _ in range(2):
                (await server.accept()).say("connection:closing", {"reconnect_after": 0})
                await passed(0.1)
            assert server.tries == 2
            await passed(1.0)
            assert server.tries == 3


class TestRefresh:
    async def test_a_token_that_expires_soon_is_renewed_on_the_connection(self) -> None:
        server, tokens = Server(), Tokens("first", "second")
        async with running(server, get_token=tokens) as client:
            socket = await server.accept()
            socket.say("connection:error", {"code": "token_expiring", "message": "soon"})
            await settled()
            assert socket.last("auth")["payload"] == {"token": "second"}
            socket.establish()
            await settled()
            assert (client.status.state, server.tries) == (State.CONNECTED, 1)

    async def test_a_refresh_that_fails_leaves_the_connection_until_it_expires(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        server, tokens = Server(), Tokens("secret-1", OSError("away"), "secret-2")
        async with running(server, get_token=tokens) as client:
            socket = await server.accept()
            socket.say("connection:error", {"code": "token_expiring", "message": "soon"})
            await settled()
            assert client.status.state is State.CONNECTED
            refused(4001, "token_expired", server)
            await passed(0.5)
            assert server.socket.last("auth")["payload"] == {"token": "secret-2"}
        assert "get_token failed" in caplog.text
        assert "secret" not in caplog.text

    async def test_a_token_that_lives_shorter_than_the_notice_is_used_for_half_its_life(self) -> None:
        server, tokens = Server(), Tokens("first", "second")
        began = 1_795_420_800  # the timestamp of what the scripted server says
        async with running(server, get_token=tokens):
            socket = await server.accept(expires_at=began + 10)
            for refreshes in (1, 2, 3):
                socket.say("connection:error", {"code": "token_expiring", "message": "soon"})
                await passed(4.9)
                assert tokens.asked == refreshes
                await passed(0.2)
                assert tokens.asked == refreshes + 1
                socket.establish(expires_at=began + 10)
                await settled()

    async def test_get_token_that_hangs_ends_with_the_connection(self) -> None:
        server = Server()
        calls = 0

        async def get_token() -> str:
            nonlocal calls
            calls += 1
            if calls == 2:
                await asyncio.Event().wait()
            return "ann"

        async with running(server, get_token=get_token):
            (await server.accept()).say("connection:error", {"code": "token_expiring", "message": "soon"})
            await settled()
            server.socket.end(4001)
            await passed(0.5)
            assert (server.tries, calls) == (2, 3)


class TestMessages:
    async def test_what_cannot_be_read_is_passed_over_and_logged(self, caplog: pytest.LogCaptureFixture) -> None:
        server = Server()
        heard: list[Any] = []
        async with running(server, on_message=lambda *it: heard.append(it)) as client:
            socket = await server.accept()
            socket.say_text("{")
            socket.say("channel:reset", {"channel": "a"})
            socket.say("notice", {"text": "hi"})
            await settled()
            assert (heard, client.status.state) == ([("notice", {"text": "hi"})], State.CONNECTED)
        assert caplog.text.count("is passed over") == 2

    async def test_a_handler_that_raises_harms_nobody(self, caplog: pytest.LogCaptureFixture) -> None:
        def fail(*arguments: object) -> None:
            raise RuntimeError("mine")

        server = Server()
        async with running(server, on_message=fail, on_status=fail) as client:
            (await server.accept()).say("notice")
            await settled()
            assert client.status.state is State.CONNECTED
        assert "RuntimeError: mine" in caplog.text

    async def test_an_error_that_answers_nothing_is_logged(self, caplog: pytest.LogCaptureFixture) -> None:
        server = Server()
        with caplog.at_level(logging.WARNING, "tidings.client"):
            async with running(server):
                (await server.accept()).say("connection:error", {"code": "rate_limited", "message": "wait"})
                await settled()
        assert "rate_limited: wait" in caplog.text
