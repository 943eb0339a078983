"""The application's own messages, and what answers them."""

import asyncio
import json
from typing import Any

import pytest
from pydantic import BaseModel

from tests.stage import Message, Shouted, Stage
from tidings import Event, EventError, Refused, User
from tidings.protocol.codes import ErrorCode


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

    @pytest.mark.parametrize(
        ("reply", "said"),
        [
            ({"it": object()}, "Encoding objects of type object is unsupported"),
            *((reply, "a reply is a mapping, a model or None") for reply in ([1, 2], "text", 7)),
        ],
    )
    async def test_a_reply_that_is_no_json_object_is_an_internal_error(
        self, reply: Any, said: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        message = await self.asked(lambda asked, user: reply)
        assert message["payload"]["code"] == "internal_error"
        assert said in caplog.text

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
