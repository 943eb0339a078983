"""One connection: a socket from its token to its close. Used once; a reconnect makes another."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from inspect import isawaitable
from typing import Any, Protocol, cast

from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as websocket
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from tidings.client import wire
from tidings.client.errors import ClientError
from tidings.client.outages import shown
from tidings.client.retrying import Loss
from tidings.protocol.codes import CloseCode, ErrorCode, reconnects
from tidings.protocol.log import Position
from tidings.protocol.messages import VERSION, WSEventType

log = logging.getLogger("tidings.client")
# At DEBUG the library writes whole messages, tokens among them: whatever the application logs, it stays above.
_socket_log = logging.getLogger("tidings.client.socket")
_socket_log.setLevel(logging.INFO)

MAX_RECEIVED = 4_194_304  # bytes of one message of a server
CLOSE_TIMEOUT = 1.0  # seconds that a close waits for the server
LONGEST_CLOSING = 3_600.0  # seconds; a longer wait than this is not believed
_PING_INTERVALS = (1.0, 3_600.0)

Token = str | None
GetToken = Callable[[], Token | Awaitable[Token]]


class Socket(Protocol):
    """What is used of a WebSocket. `recv` and `send` raise websockets' ConnectionClosed."""

    async def recv(self) -> str | bytes:
        """The next message."""
        ...

    async def send(self, message: str, /) -> None:
        """Send a text message; wait where the buffer is full."""

    async def close(self) -> None:
        """Close with 1000, within a bounded time. Does nothing once it is closed."""

    def abort(self) -> None:
        """Drop the connection at once."""


Connect = Callable[[str], Awaitable[Socket]]


class _WebSocket(ClientConnection):
    def abort(self) -> None:
        self.transport.abort()


class _Opening(websocket):
    def process_redirect(self, exc: Exception) -> Exception | str:
        """Follows none: the token would go to a server that it was not meant for."""
        return exc


async def connect(url: str, **options: Any) -> Socket:
    """Open a WebSocket. `options` are those of `websockets.asyncio.client.connect`: `ssl`, `additional_headers`, …"""
    defaults: dict[str, Any] = {
        "compression": None,
        "ping_interval": None,  # the protocol has pings of its own
        "open_timeout": None,  # so has the client
        "close_timeout": CLOSE_TIMEOUT,
        "max_size": MAX_RECEIVED,
        "logger": _socket_log,
        "create_connection": _WebSocket,
    }
    opening = _Opening(url, **defaults | options)
    return cast(_WebSocket, await opening)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """How connections are made. Times in seconds."""

    url: str
    connect: Connect
    get_token: GetToken | None
    open_timeout: float
    pong_timeout: float
    ids: Callable[[], str]


class Owner(Protocol):
    """What a connection asks of its client."""

    def own_positions(self) -> Mapping[str, Position]:
        """The positions that `auth` tells."""
        ...

    def established(self, body: wire.Established, told: Mapping[str, Position]) -> None:
        """The connection stands; `told` is what `auth` told."""

    def next_message(self) -> str | None:
        """The next message to send, which counts as sent."""
        ...

    async def received(self, message: wire.Message) -> None:
        """Every message after `connection:established`. Until it returns, nothing is read."""


class _Ended(Exception):
    def __init__(self, loss: Loss) -> None:
        super().__init__(loss.reason)
        self.loss = loss


class Connection:
    """`run` it once; `wake` it when its owner has something to send."""

    def __init__(self, opening: Opening, owner: Owner) -> None:
        self._opening, self._owner = opening, owner
        self._loop = asyncio.get_running_loop()
        self._socket: Socket | None = None
        self._before_open = False
        self._established = False
        self._loss: Loss | None = None  # why we ended it ourselves
        self._last_error: wire.Failure | None = None
        self._wake = asyncio.Event()
        self._ping_due = False
        self._fresh_token: str | None = None
        self._half_life_at = 0.0
        self._tasks: list[asyncio.Task[None]] = []
        self._closing: asyncio.TimerHandle | None = None
        self._messages, self._busy = 0, False
        self._heard_at = self._sent_at = self._loop.time()

    async def run(self) -> Loss:
        """Open, read until the end, and say how it ended. Cancelled, it closes the socket."""
        try:
            told = dict(self._owner.own_positions())
            greeting = await self._open(told)
            self._established = True
            self._owner.established(greeting, told)
            return await self._live(greeting.ping_interval)
        except _Ended as ended:
            return ended.loss
        finally:
            if self._closing is not None:
                self._closing.cancel()
            if self._socket is not None:
                await self._socket.close()

    def wake(self) -> None:
        """The owner's `next_message` has something."""
        self._wake.set()

    # Open.

    async def _open(self, told: Mapping[str, Position]) -> wire.Established:
        try:
            async with asyncio.timeout(self._opening.open_timeout):
                token = await self._first_token()
                await self._upgrade()
                if token is not None:
                    await self._authenticate(token, told)
                return await self._greeting()
        except TimeoutError as error:
            reason = f"no answer within {self._opening.open_timeout:g} s"
            raise _Ended(Loss(reason=reason, again=True, before_open=self._before_open)) from error

    async def _first_token(self) -> Token:
        try:
            token = await self._token()
        except Exception as error:
            raise _Ended(Loss(reason=f"get_token failed: {error!r}", again=True, error=error)) from error
        if token is None and self._opening.get_token is not None:
            raise _Ended(Loss(reason="get_token gave no token", again=False))
        return token

    async def _token(self) -> Token:
        given = self._opening.get_token() if self._opening.get_token is not None else None
        return await given if isawaitable(given) else given

    async def _upgrade(self) -> None:
        self._before_open = True
        try:
            self._socket = await self._opening.connect(self._opening.url)
        except TimeoutError:
            raise
        except InvalidStatus as error:
            reason = f"the server refused the upgrade with HTTP {error.response.status_code}"
            raise _Ended(Loss(reason=reason, again=True, before_open=True)) from error
        except (OSError, WebSocketException) as error:
            said = str(error).replace(self._opening.url, shown(self._opening.url))
            raise _Ended(Loss(reason=f"no connection: {said}", again=True, before_open=True)) from error
        self._before_open = False

    async def _authenticate(self, token: str, told: Mapping[str, Position]) -> None:
        payload: dict[str, Any] = {"token": token}
        if told:
            payload["positions"] = {name: position.document() for name, position in told.items()}
        with suppress(ConnectionClosed):  # reading says why
            await self._send(wire.write(WSEventType.AUTH, payload, id=self._opening.ids()))

    async def _greeting(self) -> wire.Established:
        while True:
            envelope, body, _ = await self._receive()
            if not isinstance(body, wire.Established):
                continue
            self._keep_half_life(envelope, body)
            if body.protocol != VERSION:
                reason = f"the server speaks protocol {body.protocol}, this client {VERSION}"
                raise _Ended(Loss(reason=reason, again=False))
            return body

    # Read and write.

    async def _live(self, ping_interval: float) -> Loss:
        interval = min(max(ping_interval, _PING_INTERVALS[0]), _PING_INTERVALS[1])
        async with asyncio.TaskGroup() as group:
            self._tasks = [group.create_task(self._write()), group.create_task(self._watch(interval))]
            self._wake.set()
            loss = await self._read(group)
            for task in self._tasks:
                task.cancel()
        return loss

    async def _read(self, group: asyncio.TaskGroup) -> Loss:
        while True:
            try:
                message = await self._receive()
            except _Ended as ended:
                return self._loss or ended.loss
            self._note(message, group)
            self._busy = True
            await self._owner.received(message)
            self._busy = False
            self._heard_at = self._loop.time()

    def _note(self, message: wire.Message, group: asyncio.TaskGroup) -> None:
        envelope, body, _ = message
        if isinstance(body, wire.Established):
            self._keep_half_life(envelope, body)
        elif isinstance(body, wire.Closing):
            loss = Loss(reason="the server is going away", again=True)
            wait = min(body.reconnect_after, LONGEST_CLOSING)
            self._closing = self._closing or self._loop.call_later(wait, self._end, loss)
        elif isinstance(body, wire.Failure) and body.code == ErrorCode.TOKEN_EXPIRING and self._opening.get_token:
            self._tasks = [task for task in self._tasks if not task.done()]
            self._tasks.append(group.create_task(self._refresh()))

    async def _receive(self) -> wire.Message:
        """The next message that is one. Raises _Ended at the end."""
        assert self._socket is not None  # noqa: S101
        while True:
            try:
                text = await self._socket.recv()
            except WebSocketException as error:
                raise _Ended(self._cause(error)) from error
            self._messages += 1
            self._heard_at = self._loop.time()
            try:
                message = wire.read(text)
            except ClientError as error:
                log.warning("a message of the server is passed over: %s", error.reason)
                continue
            # An error that answers no message of an established connection explains the close, if that comes next.
            is_cause = isinstance(message.body, wire.Failure) and not (self._established and message.envelope.reply_to)
            self._last_error = message.body if is_cause and isinstance(message.body, wire.Failure) else None
            return message

    def _cause(self, error: WebSocketException) -> Loss:
        frame = error.rcvd if isinstance(error, ConnectionClosed) else None
        code = CloseCode.ABNORMAL if frame is None else frame.code
        reason = f"close code {code:d}" + (f": {frame.reason}" if frame is not None and frame.reason else "")
        if self._last_error is None:
            return Loss(reason=reason, again=reconnects(code))
        said = self._last_error
        return Loss(reason=f"{said.code}: {said.message}", again=reconnects(code), code=said.code)

    async def _write(self) -> None:
        with suppress(ConnectionClosed):  # reading says why
            while True:
                await self._wake.wait()
                self._wake.clear()
                while (text := self._next_message()) is not None:
                    await self._send(text)

    def _next_message(self) -> str | None:
        if self._ping_due:
            self._ping_due = False
            return wire.write(WSEventType.PING, {}, id=self._opening.ids())
        if self._fresh_token is not None:
            token, self._fresh_token = self._fresh_token, None
            return wire.write(WSEventType.AUTH, {"token": token}, id=self._opening.ids())
        return self._owner.next_message()

    async def _send(self, text: str) -> None:
        assert self._socket is not None  # noqa: S101
        await self._socket.send(text)
        self._sent_at = self._loop.time()

    # Keep it alive.

    async def _watch(self, interval: float) -> None:
        """Ping when nothing was sent, or nothing heard, for the interval; end what does not answer.

        While a full inbox keeps the socket from being read, silence says nothing.
        """
        while True:
            quiet = self._loop.time() - min(self._sent_at, self._heard_at)
            if quiet < interval:
                await asyncio.sleep(interval - quiet)
                continue
            before = self._messages
            self._ping_due = True
            self._wake.set()
            await asyncio.sleep(self._opening.pong_timeout)
            if self._messages == before and not self._busy:
                self._end(Loss(reason="the server does not answer", again=True))
                return

    def _keep_half_life(self, envelope: wire.Envelope, body: wire.Established) -> None:
        self._half_life_at = self._loop.time() + wire.token_life(envelope, body) / 2

    async def _refresh(self) -> None:
        """Send a new token on the live connection. Without one the server ends the connection in its time.

        Of a token that lives shorter than the server's notice, half the life is used, so that refreshes do not chase
        each other.
        """
        await asyncio.sleep(max(0.0, self._half_life_at - self._loop.time()))
        try:
            self._fresh_token = await self._token()
        except Exception:
            log.warning("get_token failed; the connection ends when its token expires", exc_info=True)
        self._wake.set()

    def _end(self, loss: Loss) -> None:
        self._loss = self._loss or loss
        if self._socket is not None:
            self._socket.abort()
