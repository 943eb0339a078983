"""One client of the load: lets itself in, and then counts events by their frames alone."""

import asyncio
from collections.abc import Callable
from typing import cast

import msgspec
from websockets.client import ClientProtocol
from websockets.exceptions import InvalidStatus
from websockets.uri import WebSocketURI

from tidings.cli.bench import frames

_NO_EVENTS = tuple(
    f'{{"type":"{kind}'.encode() for kind in ("connection:", "channel:", "presence:", "subscribed", "pong")
)
_MAX_HEAD = 65_536  # bytes of the answer to the upgrade


class BenchError(Exception):
    """The server did not do what was asked of it; the message says what it did."""


class Follower(asyncio.Protocol):
    """Connects, authenticates and subscribes; `inside` is done when it has. After that `arrived` is called with itself
    and a number of events, and `failed` with a sentence where the server does what it may not.
    """

    __slots__ = ("_arrived", "_channel", "_failed", "_protocol", "_rest", "_token", "_transport", "events", "inside")

    def __init__(
        self,
        uri: WebSocketURI,
        token: str | None,
        channel: str,
        arrived: Callable[["Follower", int], None],
        failed: Callable[[str], None],
    ) -> None:
        self._protocol: ClientProtocol | None = ClientProtocol(uri, max_size=None)  # until the upgrade
        self._token, self._channel, self._arrived, self._failed = token, channel, arrived, failed
        self._rest = b""
        self._transport: asyncio.Transport | None = None
        self.inside: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.events = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the upgrade."""
        self._transport = cast(asyncio.Transport, transport)
        if self._protocol is not None:
            self._protocol.send_request(self._protocol.connect())
            self._transport.writelines(self._protocol.data_to_send())

    def data_received(self, data: bytes) -> None:
        """Whole frames; before the first, the answer to the upgrade."""
        data = self._rest + data if self._rest else data
        if self._protocol is None:
            self._take(data)
            return
        head, end, after = data.partition(b"\r\n\r\n")
        if end:
            self._upgraded(self._protocol, head + end)
            self._take(after)
        elif len(data) > _MAX_HEAD:
            self._fail("the server's answer to the upgrade has no end")
        else:
            self._rest = data

    def connection_lost(self, error: Exception | None) -> None:
        """The server may not."""
        self._fail(f"the server closed a connection: {error}" if error else "the server closed a connection")

    def close(self) -> None:
        """Be gone at once."""
        if not self.inside.done():
            self.inside.cancel()
        if self._transport is not None:
            self._transport.abort()

    def _upgraded(self, protocol: ClientProtocol, head: bytes) -> None:
        protocol.receive_data(head)
        self._protocol = None
        refused = protocol.handshake_exc
        if isinstance(refused, InvalidStatus):
            status = refused.response.status_code
            self._fail(
                f"the server refused the upgrade with status {status}: is the path that of the manager's router?"
            )
        elif refused is not None:
            self._fail(f"the server refused the upgrade: {refused}")
        elif self._token is not None:
            self._say("auth", {"token": self._token})

    def _take(self, data: bytes) -> None:
        walked = frames.walk(data)
        self._rest = walked.rest
        if walked.messages:
            events = walked.messages - self._heard(data[: len(data) - len(walked.rest)])
            self.events += events
            if events:
                self._arrived(self, events)
        for first_byte, payload in walked.others:
            self._other(first_byte, payload)

    def _heard(self, data: bytes) -> int:
        """How many of the messages are no events; they are looked at, and few."""
        heard = 0
        for message in frames.texts(data):
            if message.startswith(_NO_EVENTS):
                heard += 1
                self._hear(message)
        return heard

    def _hear(self, message: bytes) -> None:
        document = msgspec.json.decode(message)
        match document["type"]:
            case "connection:established":
                self._say("subscribe", {"channels": [self._channel]})
            case "subscribed" if not self.inside.done():
                if self._channel in document["payload"]["channels"]:
                    self.inside.set_result(None)
                else:
                    self._fail(f"the server does not let a client follow {self._channel}")
            case "connection:error":
                self._fail("the server refuses: {message} ({code})".format_map(document["payload"]))
            case "channel:reset":
                self._fail(f"the server has reset {self._channel}: nothing else may happen on it meanwhile")

    def _other(self, first_byte: int, payload: bytes) -> None:
        if first_byte == frames.PING:
            self._write(frames.pong(payload))
        elif first_byte == frames.CLOSE:
            code, reason = int.from_bytes(payload[:2]), payload[2:].decode(errors="replace")
            self._fail(f"the server sent a client away: {code} {reason}".rstrip())

    def _say(self, type: str, payload: object) -> None:
        self._write(frames.text(msgspec.json.encode({"type": type, "payload": payload, "id": type})))

    def _write(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.write(data)

    def _fail(self, reason: str) -> None:
        if self.inside.done():
            self._failed(reason)
        else:
            self.inside.set_exception(BenchError(reason))
