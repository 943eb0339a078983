"""The application's messages: answered, refused, late, offline, too many. The clock is turned by hand."""

import asyncio
from typing import Any

import pytest

from tests.client.scripted import HAND_TURNED, Server, passed, running, settled, soon
from tests.stage import Shouted
from tidings import EventError
from tidings.client import Client, RequestRefused


@pytest.fixture(scope="module")
def anyio_backend() -> Any:
    return HAND_TURNED


def ask(client: Client, text: str = "hi", **options: Any) -> "asyncio.Task[Any]":
    return asyncio.create_task(client.request(Shouted(text=text), **options))


async def test_a_reply_reaches_who_asked() -> None:
    server = Server()
    async with running(server) as client:
        socket = await server.accept()
        first, second = ask(client, "one"), ask(client, "two")
        await settled()
        for message in reversed(socket.sent[1:]):
            socket.say("reply", {"said": message["payload"]["text"]}, reply_to=message["id"])
        assert [await soon(first), await soon(second)] == [{"said": "one"}, {"said": "two"}]


async def test_a_refusal_raises_its_code_and_reason() -> None:
    server = Server()
    async with running(server) as client:
        socket = await server.accept()
        asked = ask(client)
        await settled()
        refusal = {"code": "forbidden", "message": "not you"}
        socket.say("connection:error", refusal, reply_to=socket.last("shouted")["id"])
        with pytest.raises(RequestRefused) as refused:
            await soon(asked)
        assert (refused.value.code, refused.value.reason) == ("forbidden", "not you")


async def test_without_an_answer_it_ends_in_time_and_a_late_answer_is_nobodys() -> None:
    server = Server()
    async with running(server) as client:
        socket = await server.accept()
        asked = ask(client, timeout=3)
        await passed(3)
        with pytest.raises(RequestRefused, match="timeout: shouted had no answer within 3 s"):
            await soon(asked)
        socket.say("reply", {}, reply_to=socket.last("shouted")["id"])
        await settled()


async def test_offline_it_waits_for_a_connection() -> None:
    server = Server()
    server.fates = [OSError("away"), OSError("away")]
    async with running(server) as client:
        asked = ask(client)
        await settled()
        client.send(Shouted(text="told"))
        await passed(0.5 + 1.0)
        socket = await server.accept()
        assert [message["payload"].get("text") for message in socket.sent[1:]] == ["hi", "told"]
        socket.say("reply", {"ok": True}, reply_to=socket.sent[1]["id"])
        assert await soon(asked) == {"ok": True}


async def test_a_lost_connection_ends_what_was_sent_and_it_is_not_sent_again() -> None:
    server = Server()
    async with running(server) as client:
        socket = await server.accept()
        asked = ask(client)
        await settled()
        socket.end(1006)
        with pytest.raises(RequestRefused, match="disconnected: lost before the answer"):
            await soon(asked)
        await passed(0.5)
        assert (await server.accept()).types() == ["auth"]


async def test_offline_at_most_so_many_wait() -> None:
    async with running(Server(), queue=2) as client:
        asked = [ask(client), ask(client)]
        await settled()
        with pytest.raises(RequestRefused, match="queue_full: 2 messages wait already"):
            client.send(Shouted(text="one too many"))
        await passed(10)
        assert all(isinstance(task.exception(), RequestRefused) for task in asked)
        client.send(Shouted(text="there is room again"))


async def test_what_is_only_told_waits_so_long_and_is_then_given_up(caplog: pytest.LogCaptureFixture) -> None:
    server = Server()
    server.hangs = True
    async with running(server) as client:
        client.send(Shouted(text="hi"), timeout=4)
        await passed(4)
        assert "shouted was not sent: timeout: no connection within 4 s" in caplog.text
        server.hangs = False
        await passed(30)
        assert (await server.accept()).types() == ["auth"]


async def test_a_message_of_more_than_64_kilobytes_does_not_leave() -> None:
    server = Server()
    async with running(server) as client:
        socket = await server.accept()
        with pytest.raises(RequestRefused, match="message_too_large: shouted has 6"):
            await soon(client.request(Shouted(text="é" * 32_768)))
        with pytest.raises(EventError, match="surrogate"):
            await soon(client.request(Shouted(text="\ud800")))
        assert socket.types() == ["auth"]


async def test_a_request_that_is_cancelled_leaves_nothing() -> None:
    server = Server()
    async with running(server, queue=1) as client:
        socket = await server.accept()
        asked = ask(client)
        await settled()
        asked.cancel()
        await settled()
        again = ask(client)
        await settled()
        socket.say("reply", {}, reply_to=socket.last("shouted")["id"])
        assert await soon(again) == {}
