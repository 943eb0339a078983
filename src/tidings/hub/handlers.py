"""The application's own messages: which of them clients may send, and what answers them."""

import asyncio
import inspect
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel

from tidings.access.authentication import within_time
from tidings.protocol.codes import ErrorCode
from tidings.protocol.errors import DeclarationError, EventError
from tidings.protocol.events import Event
from tidings.protocol.messages import ClientMessage, Refused

Handler = Callable[[Any, Any], Any]


class Handlers:
    """Gives messages to the application's functions, each for at most `timeout` seconds."""

    def __init__(self, timeout: float) -> None:
        self.declared: dict[str, tuple[type[Event], Handler]] = {}
        self._timeout = timeout

    def add(self, event: type[Event], handler: Handler) -> None:
        """Have this function answer these messages. Raises DeclarationError for a second one."""
        if event.event_type in self.declared:
            raise DeclarationError(f"{event.event_type!r} has a handler already")
        self.declared[event.event_type] = (event, handler)

    async def reply(self, message: ClientMessage, user: Any) -> Mapping[str, Any]:
        """What a reply to this message says. Raises Refused, TimeoutError, what the function raises, and TypeError for
        what it returns that is no reply.
        """
        kind, handler = self.declared[message.type]
        try:
            event = kind.from_payload(message.body)  # type: ignore[arg-type]
        except EventError as error:
            raise Refused(ErrorCode.INVALID_MESSAGE, str(error), reply_to=message.id) from error
        try:
            await asyncio.sleep(0)  # from here on in a task (`eager`), as the application's code expects
            answer = handler(event, user)
            if inspect.isawaitable(answer):
                answer = await within_time(answer, self._timeout, f"the handler of `{message.type}`")
        except Refused as refused:
            refused.reply_to = message.id
            raise
        return _document(answer, message.type)


def _document(answer: Any, type: str) -> Mapping[str, Any]:
    document = answer.model_dump(mode="json", by_alias=True) if isinstance(answer, BaseModel) else answer or {}
    if not isinstance(document, Mapping):
        kind = answer.__class__.__name__
        raise TypeError(f"the handler of `{type}` returned a {kind}; a reply is a mapping, a model or None")
    return document
