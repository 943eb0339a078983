"""The in-process client: what a server sends, in the order in which it came, and waits that end."""

import asyncio
import itertools
import json
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, overload

from tidings.protocol.channels import Channel
from tidings.protocol.codes import ErrorCode
from tidings.protocol.events import Event
from tidings.protocol.log import Position
from tidings.protocol.messages import Refused
from tidings.testing.deadline import within
from tidings.testing.wanted import Place, Wanted
from tidings.testing.wire import Wire

E = TypeVar("E", bound=Event)
Message = dict[str, Any]

MAX_INBOX = 10_000  # messages that nobody has taken; then the oldest go
_SHOWN = 20  # messages in a failure
_SHOWN_PAYLOAD = 200  # characters of each


class Client:
    """One connection. Made by `connected`.

    What the server sends stays until it is taken, by `expect` for instance. `timeout` (real seconds, whatever clock
    the event loop goes by) ends every wait; a call may give its own. It is a client in the open: it reconnects nothing,
    and drops no duplicate, so that a test sees what is sent.
    """

    def __init__(self, timeout: float) -> None:
        self.timeout = timeout
        self.user_id: str | None = None
        self.connection_id: str | None = None
        self.positions: dict[str, Position] = {}
        """Where the connection is in each channel: what `subscribe` and `connected` take to go on from."""
        self.closed: tuple[int, str] | None = None
        """Code and reason, once the connection has ended."""
        self._wire: Wire
        self._inbox: deque[Message] = deque(maxlen=MAX_INBOX)
        self._ids = map(str, itertools.count(1))
        self._news: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    # Take what came.

    @overload
    async def expect(self, kind: type[E], *, on: Place | None = None, timeout: float | None = None) -> E: ...  # noqa: ASYNC109
    @overload
    async def expect(self, kind: str, *, on: Place | None = None, timeout: float | None = None) -> Message: ...  # noqa: ASYNC109
    async def expect(self, kind: Wanted, *, on: Place | None = None, timeout: float | None = None) -> Any:  # noqa: ASYNC109
        """The first event of this class (on this channel) that nobody has taken, now or as soon as it comes; a type in
        place of a class stands for the whole message. What else comes stays where it is.

        Raises AssertionError after `timeout` and at the end of the connection, showing what came instead.
        """
        __tracebackhide__ = True
        channel = _name(on)
        message = await self._take(lambda message: _matches(message, kind, channel), _called(kind, channel), timeout)
        return message if isinstance(kind, str) else kind.from_payload(message["payload"])

    async def expect_none(self, kind: Wanted | None = None, *, on: Place | None = None, within: float = 0.0) -> None:
        """Assert that no message (of this kind, on this channel) has come, after a ping was answered: what was written
        before that has come by then. `within`: real seconds to wait besides, where a broker delivers later.
        """
        __tracebackhide__ = True
        await self.ping()
        channel = _name(on)
        until = asyncio.ensure_future(_elapsed(within))
        while not (found := any(_matches(message, kind, channel) for message in self._inbox)) and not until.done():
            await asyncio.wait([until, self._news], return_when=asyncio.FIRST_COMPLETED)
        until.cancel()
        if found:
            raise AssertionError(self._explained(f"expected no {_called(kind, channel)}"))

    async def expect_closed(self, *, timeout: float | None = None) -> int:  # noqa: ASYNC109
        """The code that the connection ends with."""
        __tracebackhide__ = True
        await self._until(lambda: self.closed is not None, "the end of the connection", timeout)
        return self.closed[0] if self.closed else 0

    def messages(self) -> list[Message]:
        """Take all that has come."""
        taken = list(self._inbox)
        self._inbox.clear()
        return taken

    # Ask.

    async def subscribe(self, *channels: Place, positions: Mapping[str, Position] | None = None) -> dict[str, Any]:
        """Subscribe, from these positions on where they are given; returns the payload of `subscribed`.

        Raises Refused for the first channel that is refused; the others are followed all the same.
        """
        __tracebackhide__ = True
        names = [str(_name(channel)) for channel in channels]
        known = {name: position.document() for name, position in (positions or {}).items() if name in names}
        id = self.send("subscribe", {"channels": names, "positions": known})
        answers = [await self._answer(id, "subscribe")]
        while answers[-1]["type"] != "subscribed" and answers[-1]["payload"].get("channel") is not None:
            answers.append(await self._answer(id, "subscribe"))
        return _accepted(answers[0])

    async def unsubscribe(self, *channels: Place) -> None:
        """Leave channels."""
        await self.request("unsubscribe", {"channels": [_name(channel) for channel in channels]})

    async def ping(self) -> None:
        """Ask for a sign of life, and wait for it."""
        await self.request("ping")

    async def request(self, message: Event | str, payload: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Send an application message, or any type and payload; returns the answer's payload.

        Raises Refused where it is refused.
        """
        __tracebackhide__ = True
        return _accepted(await self._answer(self.send(message, payload), f"{message!r:.80}"))

    def send(self, message: Event | str, payload: Mapping[str, Any] | None = None) -> str:
        """Send a message and wait for nothing; returns its id, which answers carry as `reply_to`."""
        id = next(self._ids)
        if isinstance(message, Event):
            type, payload = message.event_type, message.model_dump(mode="json", by_alias=True)
        else:
            type = message
        self._wire.send(json.dumps({"type": type, "payload": payload or {}, "id": id}))
        return id

    # What the wire and `connected` call.

    def attach(self, wire: Wire) -> None:
        """The wire to send with."""
        self._wire = wire

    def text(self, text: str) -> None:
        """A message came."""
        message = json.loads(text)
        self._follow(message)
        self._inbox.append(message)
        self._wake()

    def ended(self, code: int, reason: str) -> None:
        """The connection is over."""
        self.closed = self.closed or (code, reason)
        self._wake()

    async def greeted(self) -> None:
        """Wait for `connection:established`. Raises Refused with the server's reason where it does not come."""
        __tracebackhide__ = True
        wanted = {"connection:established", "connection:error"}
        _accepted(await self._take(lambda message: message["type"] in wanted, "the greeting", None))

    def _follow(self, message: Message) -> None:
        payload, channel = message["payload"], message.get("channel")
        if message["type"] == "connection:established":
            self.user_id, self.connection_id = payload["user_id"], payload["connection_id"]
        if message["type"] in {"connection:established", "subscribed"}:
            for name, position in payload["positions"].items():
                if not payload["recovered"][name]:  # otherwise the replay moves it
                    self.positions[name] = Position(**position)
        elif message["type"] == "channel:reset":
            self.positions[payload["channel"]] = Position(**payload["position"])
        elif channel is not None:
            self.positions[channel] = Position(message["epoch"], message["offset"], message["id"])

    def _wake(self) -> None:
        news, self._news = self._news, self._news.get_loop().create_future()
        if not news.done():
            news.set_result(None)

    async def _answer(self, id: str, to: str) -> Message:
        __tracebackhide__ = True
        return await self._take(lambda message: message.get("reply_to") == id, f"an answer to {to}", None)

    async def _take(self, matches: Callable[[Message], bool], what: str, seconds: float | None) -> Message:
        __tracebackhide__ = True
        found: list[Message] = []

        def look() -> bool:
            message = next(filter(matches, self._inbox), None)
            if message is not None:
                self._inbox.remove(message)
                found.append(message)
            return message is not None

        await self._until(look, what, seconds)
        return found[0]

    async def _until(self, reached: Callable[[], bool], what: str, seconds: float | None) -> None:
        """Wait until it is so. Raises AssertionError after the timeout and at the end of the connection."""
        __tracebackhide__ = True
        if reached():
            return
        seconds = self.timeout if seconds is None else seconds
        late: asyncio.Task[None] = asyncio.ensure_future(_elapsed(seconds))
        try:
            while not (late.done() or self.closed):
                await asyncio.wait([late, self._news], return_when=asyncio.FIRST_COMPLETED)
                if reached():
                    return
        finally:
            late.cancel()
        if self.closed is None:
            raise AssertionError(self._explained(f"expected {what} within {seconds:g} s"))
        code, reason = self.closed
        raise AssertionError(self._explained(f"expected {what}; the connection ended with {code} ({reason})"))

    def _explained(self, expected: str) -> str:
        count = len(self._inbox)
        shown = itertools.islice(self._inbox, _SHOWN)
        lines = [f"  {number}. {_shown(message)}" for number, message in enumerate(shown, 1)]
        if count > _SHOWN:
            lines.append(f"  and {count - _SHOWN} more")
        return "\n".join([f"{expected}; {f'{count} messages wait:' if count else 'no message waits'}", *lines])


async def _elapsed(seconds: float) -> None:
    await within(seconds)


def _name(place: Place | None) -> str | None:
    if isinstance(place, type):
        raise TypeError(f"{place.__name__} is a class: give the channel, {place.__name__}(…)")
    return place.name if isinstance(place, Channel) else place


def _matches(message: Message, kind: Wanted | None, channel: str | None) -> bool:
    type = kind if kind is None or isinstance(kind, str) else kind.event_type
    place = message.get("channel") or message["payload"].get("channel")
    return type in {None, message["type"]} and channel in {None, place}


def _called(kind: Wanted | None, channel: str | None) -> str:
    what = "message" if kind is None else kind if isinstance(kind, str) else f"{kind.__name__} ({kind.event_type})"
    return what if channel is None else f"{what} on {channel}"


def _shown(message: Message) -> str:
    payload = json.dumps(message["payload"], ensure_ascii=False)
    if len(payload) > _SHOWN_PAYLOAD:
        payload = payload[:_SHOWN_PAYLOAD] + "…"
    place = f" on {message['channel']}" if "channel" in message else ""
    return f"{message['type']}{place}: {payload}"


def _accepted(answer: Message) -> dict[str, Any]:
    """The answer's payload. Raises Refused for a refusal."""
    payload: dict[str, Any] = answer["payload"]
    if answer["type"] == "connection:error":
        code, channel = ErrorCode(payload["code"]), payload.get("channel")
        raise Refused(code, payload["message"], reply_to=answer.get("reply_to"), channel=channel)
    return payload
