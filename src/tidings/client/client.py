"""The client: one connection that is kept, and any number of channels on it."""

import asyncio
import itertools
import logging
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from random import random as system_random
from types import TracebackType
from typing import Any, Self, TypeVar, overload
from urllib.parse import urlsplit

import msgspec

from tidings.client import wire
from tidings.client.connection import Connect, Connection, GetToken, Opening, connect
from tidings.client.demand import Demand
from tidings.client.errors import ClientError, Disconnected
from tidings.client.outages import Outages
from tidings.client.payload import declared, undeclared
from tidings.client.presence import Presence, Presences
from tidings.client.requests import Requests
from tidings.client.retrying import Loss, Random, Retries
from tidings.client.subscription import Subscription, late
from tidings.client.subscriptions import Subscriptions
from tidings.protocol.channels import Channel, check_name, not_a_channel
from tidings.protocol.codes import ErrorCode
from tidings.protocol.events import Event
from tidings.protocol.log import Position
from tidings.protocol.presence import presence_log

log = logging.getLogger("tidings.client")

E = TypeVar("E", bound=Event)
Payload = Mapping[str, Any]

_EXPIRY = frozenset({ErrorCode.TOKEN_EXPIRING, ErrorCode.TOKEN_EXPIRED})  # the connection sees to these
TIMEOUT = 10.0
"""Seconds that opening, a pong, a request, or a message that waits for a connection may take, unless said otherwise."""


class State(StrEnum):
    """Where a client is."""

    CONNECTING = "connecting"
    CONNECTED = "connected"
    OFFLINE = "offline"  # lost, or not reached; the next try is at `retry_at`
    REFUSED = "refused"  # three tries or more failed before the connection opened; or, without `retry_at`, for good
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Status:
    """The state of a client's connection.

    `reason` is for people. `attempt` counts the tries since a connection was last stable. `retry_at` is in seconds of
    the event loop's clock.
    """

    state: State
    reason: str | None = None
    attempt: int = 0
    retry_at: float | None = None


class Client:
    """Stays connected to a tidings server, and resumes every subscription from where it was, until the block ends or
    the server says that trying again is useless.

        async with Client("wss://app.example/ws", get_token=token) as client: ...

    `get_token` is a function or coroutine function, called at each connect and when the token expires; it returns None
    to give up. `queue` bounds the messages that wait for a connection or an answer, `inbox` the items of each
    subscription that were not taken yet. `on_status` hears of each change of `status`, `on_message` of each message
    that belongs to no channel (type, payload): neither may block. Without them the log (`tidings.client`) tells of an
    outage: a warning when it begins, and when its reason changes. Time is the running event loop's; `random` (uniform
    in [0, 1)) and `connect` are given by tests, and `connect` where the socket needs options:
    `functools.partial(tidings.client.connect, ssl=context)`.

    A consumer that is slow: while its inbox is full and nobody waits for anything else on this client, the socket is
    not read, so the server sends it less, where its channels allow that. Where another subscription's consumer or a
    request does wait, the channel is left until half of its inbox is free, and then resumed from where it stopped.
    """

    def __init__(
        self,
        url: str,
        *,
        get_token: GetToken | None = None,
        open_timeout: float = TIMEOUT,
        pong_timeout: float = TIMEOUT,
        queue: int = 100,
        inbox: int = 1_000,
        on_status: Callable[[Status], object] | None = None,
        on_message: Callable[[str, Payload], object] | None = None,
        connect: Connect = connect,
        random: Random = system_random,
    ) -> None:
        """Raises ValueError for a URL that is not ws:, wss:, http: or https:, for bounds below 1, and for times that
        are not above 0."""
        _check_bound("Client", "queue", queue)
        _check_bound("Client", "inbox", inbox)
        _check_timeout("Client", open_timeout, "open_timeout")
        _check_timeout("Client", pong_timeout, "pong_timeout")
        prefix, numbers = f"{int(random() * 2**48):x}", itertools.count(1)
        self._opening = Opening(
            url=_socket_url(url),
            connect=connect,
            get_token=get_token,
            open_timeout=open_timeout,
            pong_timeout=pong_timeout,
            ids=lambda: f"{prefix}-{next(numbers)}",
        )
        self._inbox, self._on_status, self._on_message = inbox, on_status, on_message
        self._retries = Retries(random, renewable=get_token is not None)
        self._outages = Outages(self._opening.url)
        self._demand = Demand()
        self._subscriptions = Subscriptions(
            random, self._opening.ids, self._demand, self._wake, outage=lambda: self.status.reason
        )
        self._presences = Presences()
        self._requests = Requests(queue, self._opening.ids, self._demand, self._wake)
        self._connection: Connection | None = None
        self._task: asyncio.Task[None] | None = None
        self._end: Disconnected | None = None
        self._changed = asyncio.Event()
        self.status = Status(State.CONNECTING)

    async def __aenter__(self) -> Self:
        if self._task is not None:
            raise RuntimeError("a Client is entered once; make another")
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
            if error is None and not self._task.cancelled() and (failure := self._task.exception()) is not None:
                raise failure

    # What the application asks for.

    @overload
    def subscribe(
        self,
        channel: Channel[E],
        *,
        position: Position | None = None,
        inbox: int | None = None,
        timeout: float | None = None,
    ) -> Subscription[E]: ...
    @overload
    def subscribe(
        self,
        channel: str,
        *,
        position: Position | None = None,
        inbox: int | None = None,
        timeout: float | None = None,
    ) -> Subscription[Payload]: ...
    def subscribe(
        self,
        channel: Channel[Any] | str,
        *,
        position: Position | None = None,
        inbox: int | None = None,
        timeout: float | None = None,
    ) -> Subscription[Any]:
        """Read a channel: from `position` where one is given, else from now on.

        The wish goes to the server at once, together with the others of this turn of the loop. The position is given
        together with the state that was derived from the events up to it; where the server's log does not reach back
        so far, a Reset comes first. `timeout` is how many seconds `async with` may wait for the server's answer, after
        which it raises ChannelRefused with the code `timeout` and what is in the way; without one it waits for as long
        as the client tries. Raises ChannelError for a name that is none, or is subscribed to already, TypeError
        and ValueError for arguments that are not what they should be, and Disconnected where the client has ended.
        """
        self._check_running()
        if not isinstance(channel, Channel | str):
            raise TypeError(f"subscribe({not_a_channel(channel)}, or the name as a str")
        _check_position(position)
        if inbox is not None:
            _check_bound("subscribe", "inbox", inbox)
        _check_timeout("subscribe", timeout)
        name = check_name(channel) if isinstance(channel, str) else channel.name
        read = undeclared if isinstance(channel, str) else declared(channel)
        return self._subscriptions.add(name, read, position, inbox or self._inbox, timeout)

    def presence(self, channel: Channel[Any] | str, *, timeout: float | None = None) -> Presence:
        """Follow who is on a channel, which has to be declared with presence. Arguments and errors as for `subscribe`.

        This client sees it, and is not on the channel itself unless it subscribes to that, too.
        """
        self._check_running()
        if not isinstance(channel, Channel | str):
            raise TypeError(f"presence({not_a_channel(channel)}, or the name as a str")
        _check_timeout("presence", timeout)
        name = check_name(presence_log(channel if isinstance(channel, str) else channel.name))
        presence = Presence()
        subscription: Subscription[None] = self._subscriptions.add(name, presence.take, None, self._inbox, timeout)
        self._presences.add(name, presence)
        presence.join(subscription, lambda: self._presences.leave(name))
        return presence

    async def request(self, message: Event, *, timeout: float = TIMEOUT) -> Payload:  # noqa: ASYNC109
        """Send an application message and return the payload of its reply.

        Without a connection it waits for one, for as long as `timeout` allows. Raises RequestRefused with the server's
        code, or `timeout`, `disconnected` (the outcome is unknown), `queue_full`, `message_too_large`; EventError for
        what is no valid event; Disconnected where the client has ended.
        """
        self._check_running()
        return await self._requests.ask(message, timeout)

    def send(self, message: Event, *, timeout: float = TIMEOUT) -> None:
        """Send an application message without waiting for its reply; what becomes of it is logged where it fails.

        Without a connection it waits for one, up to `timeout` seconds. Raises as `request` does.
        """
        self._check_running()
        self._requests.tell(message, timeout)

    async def connected(self, *, timeout: float | None = None) -> None:  # noqa: ASYNC109
        """Return when there is a connection.

        Raises ClientError with the code `timeout`, and with what is in the way, where there is none within so many
        seconds; Disconnected when there will be none, and RuntimeError where the client was not entered.
        """
        _check_timeout("connected", timeout)
        if self._task is None:
            raise RuntimeError("this Client connects once it is entered: write `async with Client(…) as client:`")
        try:
            async with asyncio.timeout(timeout):
                while self.status.state is not State.CONNECTED:
                    self._check_running()
                    await self._changed.wait()
        except TimeoutError as error:
            raise ClientError("timeout", late(f"no connection within {timeout:g} s", self.status.reason)) from error

    def _check_running(self) -> None:
        if self._end is not None:
            raise Disconnected(self._end.code, self._end.reason)

    # From connection to connection.

    async def _run(self) -> None:
        end = Disconnected("disconnected", "the client was closed")
        state = State.CLOSED
        try:
            loss = await self._stay_connected()
            code = loss.code or "disconnected"
            end, state = Disconnected(code, loss.reason.removeprefix(f"{code}: ")), State.REFUSED
        except Exception as error:
            end = Disconnected("internal_error", f"the client failed: {error!r}")
            raise
        finally:
            self._end, self._connection = end, None
            self._subscriptions.end(end)
            self._requests.end(end.reason)
            self._tell(Status(state, end.reason))

    async def _stay_connected(self) -> Loss:
        """Returns how the last connection ended, after which there is to be none."""
        loop = asyncio.get_running_loop()
        while True:
            self._tell(Status(State.CONNECTING, self.status.reason, self._retries.attempt))
            self._connection = Connection(self._opening, self)
            loss = await self._connection.run()
            self._connection = None
            self._subscriptions.lost(without_position=self._presences.unknown())
            self._requests.lost(loss.reason)
            wait = self._retries.lost(loss, loop.time())
            self._outages.failed(loss, wait, self._retries)
            if wait is None:
                return loss
            state = State.REFUSED if self._retries.refused else State.OFFLINE
            self._tell(Status(state, loss.reason, self._retries.attempt, loop.time() + wait))
            await asyncio.sleep(wait)

    def _tell(self, status: Status) -> None:
        self.status = status
        self._changed.set()
        self._changed = asyncio.Event()
        if self._on_status is not None:
            self._guarded(self._on_status, status)

    def _guarded(self, handler: Callable[..., object], *arguments: Any) -> None:
        """What a handler of the application raises harms nobody else."""
        try:
            handler(*arguments)
        except Exception:
            log.exception("%s failed", getattr(handler, "__qualname__", handler))

    def _wake(self) -> None:
        if self._connection is not None:
            self._connection.wake()

    # What a connection asks of its owner.

    def own_positions(self) -> Mapping[str, Position]:
        """The position in the user's own channel."""
        return self._subscriptions.own_positions()

    def established(self, body: wire.Established, told: Mapping[str, Position]) -> None:
        """A connection stands."""
        self._retries.established(asyncio.get_running_loop().time())
        self._outages.over()
        self._subscriptions.established(body, told)
        self._tell(Status(State.CONNECTED, None, self._retries.attempt))

    def next_message(self) -> str | None:
        """What is to be sent: subscriptions before the application's messages."""
        return self._subscriptions.next_message() or self._requests.next_message()

    async def received(self, message: wire.Message) -> None:
        """A message of the server. Returns late where a consumer is slow."""
        envelope, body, position = message
        match body:
            case wire.Subscribed():
                self._presences.subscribed(body)
                self._subscriptions.subscribed(envelope.reply_to, body)
            case wire.Unsubscribed():
                self._subscriptions.unsubscribed(envelope.reply_to, body)
            case wire.ChannelReset():
                self._presences.reset(body.channel)
                self._subscriptions.reset(body)
            case wire.Failure():
                self._refused(envelope.reply_to, body)
            case wire.Reply():
                self._requests.answered(envelope.reply_to, body.payload)
            case wire.Closing():
                self._retries.announced = True
            case msgspec.Raw() if position is not None and envelope.channel is not None:
                await self._subscriptions.event(envelope.channel, message, position, bytes(body))
            case msgspec.Raw():
                self._direct(envelope.type, bytes(body))

    def _refused(self, reply_to: str | None, body: wire.Failure) -> None:
        mine = self._requests.refused(reply_to, body.code, body.message)
        mine = self._subscriptions.refused(reply_to, body) or mine
        if not mine and body.code not in _EXPIRY:
            log.warning("the server refused a message: %s: %s", body.code, body.message)

    def _direct(self, type: str, payload: bytes) -> None:
        if self._presences.told(type, payload) or self._on_message is None:
            return
        try:
            document = undeclared(type, payload)
        except ClientError as error:
            log.warning("a message of the server is passed over: %s", error.reason)
        else:
            self._guarded(self._on_message, type, document)


def _check_bound(owner: str, name: str, bound: Any) -> None:
    if not isinstance(bound, int) or bound < 1:
        raise ValueError(f"{owner}({name}={bound!r}): write a whole number, at least 1")


def _check_timeout(owner: str, seconds: float | None, name: str = "timeout") -> None:
    if seconds is not None and not 0 < seconds < math.inf:
        raise ValueError(f"{owner}({name}={seconds!r}): write a number of seconds above 0, such as {TIMEOUT:g}")


def _check_position(position: Any) -> None:
    if position is None:
        return
    if not isinstance(position, Position):
        raise TypeError(f"subscribe(position={position!r:.80}): write Position(epoch, offset, id)")
    offset: Any = position.offset
    if not isinstance(offset, int) or offset < 0:
        raise ValueError(f"subscribe(position={position!r}): its offset is a whole number, 0 or more")


def _socket_url(url: str) -> str:
    """The address as ws: or wss:."""
    parts = urlsplit(url)
    schemes = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}
    if parts.scheme not in schemes or not parts.hostname:
        raise ValueError(f"{url!r} is not the address of a server: write ws://host/path or wss://host/path")
    return parts._replace(scheme=schemes[parts.scheme], fragment="").geturl()
