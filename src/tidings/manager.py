"""The ConnectionManager: the application's side of everything that is connected."""

import asyncio
import inspect
import logging
import secrets
import sys
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from tidings.access.authentication import Authenticate, checked_user_id, known_user
from tidings.access.authorization import Rule
from tidings.audience import Audiences
from tidings.broker import Broker
from tidings.brokers.memory import MemoryBroker
from tidings.concurrency.loops import act_on, work_on
from tidings.connection import Connection
from tidings.control import Control, Withdrawals
from tidings.handshake import Handshake, Refusal, User
from tidings.hub import Hub
from tidings.metrics import Gauges, Metrics
from tidings.protocol.channels import Channel, Declarations, own_channel
from tidings.protocol.codes import CloseCode, close_reason
from tidings.protocol.control import Act, Disconnect, Reauthorize, Revoke, log_of
from tidings.protocol.errors import DeclarationError
from tidings.protocol.events import Draft, Event
from tidings.protocol.limits import Limits
from tidings.protocol.messages import Refused
from tidings.protocol.presence import Present
from tidings.protocol.session import Input
from tidings.publishing.envelope import Message, direct_message, type_of
from tidings.publishing.preparing import Preparation
from tidings.publishing.sync import SyncPublisher
from tidings.readiness import DividedLog, Readiness, Upgrades
from tidings.tracing import UNTRACED, Tracing
from tidings.transport import Transport

if TYPE_CHECKING:
    from fastapi import APIRouter
    from opentelemetry.trace import TracerProvider
    from sqlalchemy.ext.asyncio import AsyncSession
    from sqlalchemy.orm import Session

    from tidings.transports.asgi import Socket

log = logging.getLogger("tidings")

_ACTS = frozenset({Reauthorize, Revoke, Disconnect})

E = TypeVar("E", bound=Event)
F = TypeVar("F", bound=Callable[..., Any])


class Prepared(NamedTuple):
    """An event that was checked and written as JSON, on its way from this manager to the logs of these channels."""

    event: Event | Message | Act
    draft: Draft
    names: tuple[str, ...]
    manager: "ConnectionManager"


class ConnectionManager:
    """Everybody who is connected to this process, and the way to reach them.

    `channels` are the declared ones; without any, every name is allowed, with one warning each.
    `authenticate(handshake, token)` returns the user (anything with an `id`, and perhaps `expires_at` in seconds
    since 1970), None to refuse, or an awaitable of these; a plain function is called on the event loop and must not
    block. `origins` are the pages that may connect beside the server's own; `development` adds every loopback name.
    `compression` offers permessage-deflate (RFC 7692) to clients of the native transport: of a message, one frame is
    compressed for all of them. `tracer_provider` is OpenTelemetry's, by default the one that is set for the process.
    Several managers live in one process; a manager has no global state and survives a new event loop.
    """

    def __init__(
        self,
        *,
        channels: Iterable[type[Channel[Any]]] = (),
        authenticate: Authenticate | None = None,
        origins: Iterable[str] = (),
        development: bool = False,
        broker: Broker | None = None,
        limits: Limits | None = None,
        compression: bool = False,
        clock: Callable[[], float] = time.time,
        ids: Callable[[], str] = lambda: secrets.token_hex(16),
        tracer_provider: "TracerProvider | None" = None,
    ) -> None:
        self.limits = limits or Limits()
        self.broker = broker or MemoryBroker()
        self.declarations = Declarations(channels)
        self.metrics, self.transport = Metrics(), ""
        self.metrics.gauges["broker"] = self._lag
        self.tracing = Tracing(self.declarations.pattern, tracer_provider)
        self.sync = SyncPublisher(self, timeout=10.0)
        self._clock, self._ids = clock, ids
        self.development, self.compression = development, compression
        self._authenticates = authenticate is not None
        self._before_stop: list[Callable[[], Awaitable[None]]] = []
        self._hub = Hub(
            limits=self.limits,
            declarations=self.declarations,
            audiences=Audiences(self.broker, self.declarations.conflates, self.metrics, self.tracing),
            authenticate=authenticate,
            clock=clock,
            ids=ids,
        )
        loop_time = self._hub.loop_time
        self._readiness = Readiness(self._hub.full, DividedLog(self.broker, loop_time))
        self._upgrades = Upgrades(
            self._readiness, self.metrics, origins=origins, development=development, loop_time=loop_time
        )
        warn = self._hub.admission.warn_undeclared
        self._withdrawals = Withdrawals(self._hub)
        self._control = Control(self.broker, self._withdrawals, self.limits, clock=clock, ids=ids)
        self._hub.add(self._control)
        self.metrics.gauges["control"] = self._control.gauges
        self._readiness.add(self._control.obstacle)
        self._preparation = Preparation(
            self.declarations, self.limits, clock=clock, ids=ids, warn=warn, trace=self.tracing
        )

    # Declare.

    def authorize(self, *channels: type[Channel[Any]]) -> Callable[[F], F]:
        """Declare the rule of these channels: `rule(channel, user) -> bool`, plain or async, with FastAPI
        dependencies as further parameters.

        Dependencies are closed before the answer counts. A user who is refused may ask again.
        """
        for channel in channels:
            if channel not in self.declarations.channels:
                raise DeclarationError(f"{channel!r} is not declared: add it to ConnectionManager(channels=[…])")

        def declare(rule: F) -> F:
            dependent = len(inspect.signature(rule).parameters) > 2
            for channel in channels:
                self._hub.authorization.add(channel, _as_rule(rule, dependent), needs_handshake=dependent)
            return rule

        return declare

    def on(self, event: type[Event]) -> Callable[[F], F]:
        """Declare an application message that clients may send: `handler(event, user)`, plain or async; what it
        returns is the reply's payload.

        The handler refuses by raising `Refused(code, reason)`.
        """

        def declare(handler: F) -> F:
            self._hub.handlers.add(event, handler)
            return handler

        return declare

    def router(self, path: str = "/ws") -> "APIRouter":
        """A FastAPI router with the WebSocket endpoint and a lifespan that merges with the application's own."""
        from tidings.fastapi import router

        if not self._authenticates:
            raise DeclarationError(
                "a router needs to know who connects: ConnectionManager(authenticate=JWTAuth(secret))"
            )
        self._readiness.expect_start()
        return router(self, path)

    def health_router(self) -> "APIRouter":
        """A FastAPI router with `/healthz`, which answers while the process does, and `/readyz`, which answers 503 with
        the reasons (RFC 9457) while it should get no new connections."""
        from tidings.fastapi import health_router

        return health_router(self)

    def metrics_router(self, path: str = "/metrics") -> "APIRouter":
        """A FastAPI router that shows Prometheus this manager's numbers; where the processes of this machine share
        them, as under `tidings serve --workers`, those of all.
        """
        from tidings.fastapi import metrics_router

        return metrics_router(self, path)

    # Publish.

    async def publish(self, event: E, *channels: Channel[E], id: str | None = None) -> str:
        """Append one event to the log of each channel and write it to their readers here; returns its id, one for all
        channels.

        The same `id` again changes nothing while the log holds the event. All is checked before anything is appended:
        raises EventError for an event that a channel does not declare or that is not valid JSON within the size
        limit, ChannelError for a channel this manager does not have.
        """
        with self.publishing(event, channels, "send"):
            prepared = self.prepare(event, *channels, id=id)
            await self.publish_prepared(prepared)
        return prepared.draft.id

    def publishing(self, event: E, channels: Sequence[Channel[E]], operation: str) -> AbstractContextManager[object]:
        """The span, if anybody traces, in which an event is prepared (`tidings.tracing`)."""
        if not self.tracing.active:
            return UNTRACED
        named = (str(getattr(channel, "name", "")) for channel in channels)
        return self.tracing.publishing(getattr(event, "event_type", ""), named, operation)

    def prepare(self, event: E, *channels: Channel[E], id: str | None = None, call: str = "publish(") -> Prepared:
        """Check an event and write it as JSON, to be published later: raises what `publish` raises.

        `call` is how what it raises begins: the call of the application's, up to the event.
        """
        return Prepared(event, *self._preparation.event(event, channels, id, call), self)

    def published(self, prepared: Prepared) -> None:
        """Tell who observes this process (`tidings.testing`) that an event is being published."""
        if type(prepared.event) not in _ACTS:
            sys.audit("tidings.publish", self, prepared.event, prepared.draft, prepared.names)

    def publish_after_commit(
        self, session: "Session | AsyncSession", event: E, *channels: Channel[E], id: str | None = None
    ) -> str:
        """Publish when the session's transaction has committed, and not at all when it is rolled back; returns the id.

        The light form, without a table: an event is lost where the process ends, or the broker fails, between the
        commit and the publishing. `tidings.outbox` loses none. Raises what `publish` raises, at once.
        """
        from tidings.outbox import after_commit

        with self.publishing(event, channels, "create"):
            prepared = self.prepare(event, *channels, id=id, call="publish_after_commit(session, ")
        after_commit(self, session, prepared)
        return prepared.draft.id

    async def broadcast_to_channel(self, channel: str, message: Message) -> None:
        """The guide's broadcast: a message of `create_ws_message` to everybody on a channel.

        On a declared channel its rules hold.
        """
        with self.tracing.publishing(type_of(message), (channel,), "send"):
            ready = self._preparation.message(channel, message)
            await self.publish_prepared(Prepared(message, ready, (channel,), self))

    async def send_to_user(self, user_id: str | int | None, message: Message) -> None:
        """Append a message to the user's own channel, which all connections of the user follow.

        Nobody (an open shift's `staff_id` in the guide) is passed over.
        """
        if user_id is None:
            return
        await self.broadcast_to_channel(own_channel(str(user_id)), message)

    async def send_to_connection(self, connection_id: str, message: Message) -> None:
        """Send a message to one connection, outside any log.

        A connection that is gone is passed over, as in the guide.
        """
        connection = self._hub.connections.get(connection_id)
        if connection is not None:
            ready = direct_message(message, id=self._ids(), now=self._clock())
            act_on(self.home, lambda: connection.send(ready))

    async def publish_prepared(self, prepared: Prepared) -> None:
        """Append what `prepare` has given to the log of each channel, and write it to their readers here."""
        self.published(prepared)
        home = self.home
        if home is None or home is asyncio.get_running_loop():
            await self._append(prepared)
        else:
            await work_on(home, lambda: self._append(prepared))

    async def _append(self, prepared: Prepared) -> None:
        metrics, began = self.metrics, self.metrics.clock()
        try:
            for name in prepared.names:
                await self.broker.append(name, prepared.draft)
        except BaseException:
            metrics.publishes["failed"] += 1
            raise
        metrics.publishes["appended"] += 1
        metrics.publish_seconds.observe(metrics.clock() - began)

    async def _lag(self) -> Gauges:
        return {"broker_lag": await self.broker.behind()}

    # The guide's connection methods.

    async def connect(self, websocket: "Socket", user_id: str | int | User) -> str:
        """Accept a WebSocket of the application's own endpoint and greet it; returns the connection's id.

        The application has made sure of the user: with a `User` it says until when (`expires_at`) and since when. The
        endpoint reads. The connection ends with `disconnect`, or with the task that called this, whichever is first.
        Raises Starlette's WebSocketException, which answers 403, where `origins` or the limits refuse it.
        """
        from tidings.transports.asgi import adopt, handshake_of

        user = user_id if isinstance(user_id, User) else User(checked_user_id(user_id), issued_at=self._clock())
        if (refusal := self.refusal(handshake_of(websocket.scope))) is not None:
            from tidings.fastapi import denied

            raise denied(refusal)
        transport = await adopt(websocket, self.limits.write_buffer)
        connection = self._hub.enlist(transport, None)
        transport.attach(connection)
        connection.advance(Input.AUTH)
        try:
            await self._hub.establish(connection, user, checked_user_id(user.id))
        except Refused as refused:
            connection.refuse(refused)
            connection.reject(CloseCode.UNAUTHORIZED, refused.reason)
        return connection.id

    def disconnect(self, connection_id: str) -> None:
        """The connection is gone, or shall be. An id that is not connected is passed over."""
        connection = self._hub.connections.get(connection_id)
        if connection is not None:
            act_on(self.home, lambda: connection.close(CloseCode.NORMAL, ""))

    async def subscribe(self, connection_id: str, channels: list[str]) -> list[str]:
        """Have a connection follow channels; returns those that it does.

        A channel that is refused is told to the connection.
        """
        connection = self._hub.connections.get(connection_id)
        names = _names(channels)
        return [] if connection is None else await self._hub.follow(connection, names)

    async def unsubscribe(self, connection_id: str, channels: list[str]) -> None:
        """Have a connection follow these channels no longer."""
        connection = self._hub.connections.get(connection_id)
        names = _names(channels)
        if connection is not None:
            act_on(self.home, lambda: connection.leave(names))

    def connections(self, user_id: str | int) -> int:
        """How many connections the user has on this process."""
        return len(self._hub.of_user(str(user_id)))

    async def presence(self, channel: Channel[Any]) -> list[Present]:
        """Who is on a channel, in all processes: each user once, in order of their ids, with the number of their
        connections and what those say of themselves.

        It is what their processes have said, up to 0.2 s ago. Raises DeclarationError for a channel without presence,
        TimeoutError where its log cannot be read for 5 s.
        """
        self._hub.bind()
        presence = self._hub.presence
        if presence is None or self.declarations.with_presence(channel.name) is None:
            name = type(channel).__name__
            raise DeclarationError(
                f"{name} is declared without presence: class {name}(Channel[…], name=…, presence=True)"
            )
        return await work_on(self.home, lambda: presence.users(channel.name))

    # Withdraw.

    async def reauthorize(self, user_id: str | int) -> None:
        """Ask the rules anew for what the user follows, and end what they now refuse: when this returns, here, and
        within a second on every other process. `revoke` says what it raises.
        """
        act = Reauthorize(known_user(user_id))
        await work_on(self.home, lambda: self._reauthorize(act))

    async def revoke(self, user_id: str | int, channel: Channel[Any]) -> None:
        """End the user's subscriptions to a channel: here at once, and within a second on every other process. The rule
        decides about the next; an answer that it has given or is about to give does not count.

        Raises what the broker raises where the others cannot be told: it holds here then, and may not elsewhere.
        Within a transaction, `Outbox.revoke` commits with the data.
        """
        await self._withdraw(Revoke(known_user(user_id), channel.name))

    async def disconnect_user(self, user_id: str | int, reason: str = "disconnected by the application") -> None:
        """Close every connection of the user, with a code after which clients do not come back, and refuse tokens that
        were issued until now: as `revoke` does, and on processes that start later as long as the broker's log holds
        it. A token that does not say when it was issued (`User.issued_at`) is refused, too.
        """
        await self._withdraw(self.disconnection(user_id, reason))

    def disconnection(self, user_id: str | int, reason: str) -> Disconnect:
        """What disconnects a user with the tokens of until now."""
        return Disconnect(known_user(user_id), close_reason(reason), self._clock())

    def prepare_act(self, act: Act) -> Prepared:
        """An act of control on its way to its log."""
        return Prepared(act, self._control.draft(act), (log_of(act),), self)

    async def _reauthorize(self, act: Reauthorize) -> None:
        asking = self._hub.run_later(self._withdrawals.reauthorize(act.user_id))
        await self._control.tell(act)
        await asking

    async def _withdraw(self, act: Act) -> None:
        await work_on(self.home, lambda: self._control.withdraw(act))

    # What transports call.

    def refusal(self, handshake: Handshake) -> Refusal | None:
        """Why this upgrade is refused, before it is made; None where it is not."""
        return self._upgrades.refusal(handshake)

    def readiness(self) -> list[str]:
        """Why this process should get no new connections, in sentences; empty when it should."""
        return [*self._readiness.reasons(), *self._control.unread()]

    def open(self, transport: Transport, handshake: Handshake) -> Connection:
        """The connection of an upgrade that was made. With `?token=` it is being authenticated when this returns."""
        connection = self._hub.enlist(transport, handshake)
        if (token := handshake.token) is not None:
            connection.authenticate(token)
        return connection

    @property
    def home(self) -> asyncio.AbstractEventLoop | None:
        """The running event loop that the connections live on, if there is one."""
        return self._hub.home

    def start(self, transport: str) -> None:
        """Say once what serves, and refuse to serve what cannot work.

        Raises DeclarationError for a channel without a rule.
        """
        self._hub.bind()
        if missing := self._hub.authorization.missing(self.declarations.channels):
            name = missing[0].__name__
            raise DeclarationError(f"nobody could follow {name}: add a rule, @manager.authorize({name})")
        self.transport = transport
        self.tracing.look()
        uncompressed = "compression is the server's affair" if self.compression and transport != "native" else ""
        lacks = "; ".join(filter(None, (self.broker.lacks, uncompressed)))
        said = f" ({lacks})" if lacks else ""
        log.info("tidings: %s transport, %s%s", transport, type(self.broker).__name__, said)
        self._readiness.start()

    def before_stop(self, finish: Callable[[], Awaitable[None]]) -> None:
        """Have `stop` await this first, on the loop of the connections: the broker still takes events then."""
        self._before_stop.append(finish)

    def drain(self, within: float) -> "asyncio.Task[None]":
        """Begin to stop: take no further connections on this event loop, and send the clients away, spread over a
        window that grows with their number, so that it is done `within` so many seconds. `stop` does the rest.
        """
        self._readiness.stop()
        return self._hub.drain(within)

    async def stop(self) -> None:
        """Take no further connections on this event loop, publish what `publish_after_commit` still holds, tell every
        client to come back, and close them."""
        self._readiness.stop()
        try:
            if self.home in (None, self._readiness.stopped_on):
                for finish in self._before_stop:
                    await finish()
        finally:
            await self._hub.stop()


def _as_rule(function: Callable[..., Any], dependent: bool) -> Rule:
    if dependent:
        from tidings.fastapi import solved

        return solved(function)
    return lambda channel, user, handshake: function(channel, user)


def _names(channels: Sequence[str] | str) -> list[str]:
    """The names in a call of the guide's methods.

    Raises TypeError for one string, which would be taken letter by letter.
    """
    if isinstance(channels, str):
        raise TypeError(f"channels is a list of names; write [{channels!r}]")
    return list(channels)
