"""The application's own messages: those that wait for a connection, and those that wait for an answer."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from tidings.client import wire
from tidings.client.demand import Demand
from tidings.client.errors import RequestRefused
from tidings.protocol.codes import ErrorCode
from tidings.protocol.events import Event, draft
from tidings.protocol.messages import MAX_MESSAGE

log = logging.getLogger("tidings.client")


@dataclass(slots=True)
class _Entry:
    text: str
    type: str
    answer: asyncio.Future[Mapping[str, Any]] | None  # None: nobody waits, it is done when it is sent
    timer: asyncio.TimerHandle | None = None
    sent: bool = False


class Requests:
    """At most `limit` messages that wait, for a connection or for an answer. `wake` is called when one can be sent."""

    def __init__(self, limit: int, ids: Callable[[], str], demand: Demand, wake: Callable[[], None]) -> None:
        self._limit, self._ids, self._demand, self._wake = limit, ids, demand, wake
        self._entries: dict[str, _Entry] = {}

    async def ask(self, message: Event, timeout: float) -> Mapping[str, Any]:  # noqa: ASYNC109
        """Send a message, when there is a connection, and return the payload of its reply.

        Raises RequestRefused.
        """
        answer: asyncio.Future[Mapping[str, Any]] = asyncio.get_running_loop().create_future()
        id = self._add(message, answer)
        try:
            with self._demand.waiting():
                async with asyncio.timeout(timeout):
                    return await answer
        except TimeoutError as error:
            reason = f"{message.event_type} had no answer within {timeout:g} s"
            raise RequestRefused("timeout", reason) from error
        finally:
            self._take(id)

    def tell(self, message: Event, timeout: float) -> None:
        """Send a message and wait for nothing; it is kept for so many seconds for a connection."""
        id = self._add(message, None)
        reason = f"no connection within {timeout:g} s"
        self._entries[id].timer = asyncio.get_running_loop().call_later(timeout, self.refused, id, "timeout", reason)

    def next_message(self) -> str | None:
        """The next message to send, which counts as sent; None where none waits."""
        for id, entry in self._entries.items():
            if not entry.sent:
                entry.sent = True
                if entry.answer is None:
                    self._take(id)
                return entry.text
        return None

    def answered(self, reply_to: str | None, payload: Mapping[str, Any]) -> None:
        """A reply came."""
        entry = self._take(reply_to or "")
        if entry is not None and entry.answer is not None and not entry.answer.done():
            entry.answer.set_result(payload)

    def refused(self, reply_to: str | None, code: str, reason: str) -> bool:
        """A refusal came; returns whether it was somebody's."""
        entry = self._take(reply_to or "")
        if entry is None:
            return False
        if entry.answer is None:
            log.warning("%s was not sent: %s: %s", entry.type, code, reason)
        elif not entry.answer.done():
            entry.answer.set_exception(RequestRefused(code, reason))
        return True

    def lost(self, reason: str) -> None:
        """The connection is gone: nobody knows whether what was sent was acted upon. What was not sent waits on."""
        for id, entry in list(self._entries.items()):
            if entry.sent:
                self.refused(id, "disconnected", f"lost before the answer: {reason}")

    def end(self, reason: str) -> None:
        """There will be no further connection."""
        for id in list(self._entries):
            self.refused(id, "disconnected", reason)

    def _add(self, message: Event, answer: asyncio.Future[Mapping[str, Any]] | None) -> str:
        ready = draft(message, id=self._ids(), timestamp="")
        text = wire.write(ready.type, msgspec.Raw(ready.payload), id=ready.id)
        if len(text.encode()) > MAX_MESSAGE:
            reason = f"{ready.type} has {len(text.encode())} bytes, {MAX_MESSAGE} are allowed"
            raise RequestRefused(ErrorCode.MESSAGE_TOO_LARGE, reason)
        if len(self._entries) >= self._limit:
            raise RequestRefused("queue_full", f"{self._limit} messages wait already; the connection may be gone")
        self._entries[ready.id] = _Entry(text, ready.type, answer)
        self._wake()
        return ready.id

    def _take(self, id: str) -> _Entry | None:
        entry = self._entries.pop(id, None)
        if entry is not None and entry.timer is not None:
            entry.timer.cancel()
        return entry
