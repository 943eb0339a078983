"""The hub: who is connected to this process, how they come in, and where they listen."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Protocol

from tidings.access.admission import Admission
from tidings.access.authentication import Authenticate, Authentication, checked_user_id, expiry
from tidings.access.authorization import Authorization
from tidings.audience import Audience, Audiences, Entrance
from tidings.concurrency import eager
from tidings.connection import Connection
from tidings.handshake import Handshake
from tidings.hub.clockwork import Clockwork
from tidings.hub.drain import drain
from tidings.hub.farewell import write_farewell
from tidings.hub.handlers import Handlers
from tidings.metrics import Gauges
from tidings.presence import Presence, describe
from tidings.protocol import messages
from tidings.protocol.channels import Declarations, own_channel
from tidings.protocol.codes import CloseCode, ErrorCode
from tidings.protocol.control import Disconnected
from tidings.protocol.limits import Limits
from tidings.protocol.log import Entry, Position
from tidings.protocol.messages import ClientMessage, Refused, WSEventType
from tidings.protocol.presence import presence_log
from tidings.protocol.session import Input
from tidings.transport import Transport


class Part(Protocol):
    """What lives as long as there may be connections."""

    def begin(self) -> None:
        """The running loop is their home now, perhaps after another one that has ended without `end`."""

    async def end(self) -> None:
        """All connections are closed."""


class Hub:
    """Brings connections in and keeps them: verifies tokens, asks rules, enters channels, keeps time.

    It belongs to one event loop at a time, its home; a loop that has ended is forgotten with all that was on it.
    """

    def __init__(
        self,
        *,
        limits: Limits,
        declarations: Declarations,
        audiences: Audiences,
        authenticate: Authenticate | None,
        clock: Callable[[], float],
        ids: Callable[[], str],
    ) -> None:
        self.limits, self.declarations, self.audiences = limits, declarations, audiences
        self.metrics = audiences.metrics
        self.metrics.gauges["hub"] = self._census
        self.clock, self.ids = clock, ids
        self.authorization = Authorization(limits, self.loop_time)
        self.admission = Admission(limits, declarations, self.authorization, audiences)
        self.handlers = Handlers(limits.rule_timeout)
        self.connections: dict[str, Connection] = {}
        disconnected = Disconnected(limits.disconnected_users)
        self.authentication = Authentication(
            authenticate, timeout=limits.rule_timeout, clock=clock, disconnected=disconnected
        )
        self._loop: asyncio.AbstractEventLoop | None = None
        self._clockwork = Clockwork()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._draining: asyncio.Task[None] | None = None
        self._parts: list[Part] = []
        self.presence = self._presence() if declarations.presences else None
        if self.presence is not None:
            self.authorization.forgotten = self.presence.forget
            self.add(self.presence)

    def _presence(self) -> Presence:
        return Presence(
            self.audiences.broker,
            declared=self.declarations.with_presence,
            compose=lambda kind, payload: self.compose(kind, payload, None, self.ids()),
            limits=self.limits,
            clock=self.clock,
            ids=self.ids,
        )

    # The home of connections.

    @property
    def home(self) -> asyncio.AbstractEventLoop | None:
        """The running event loop that the connections live on, if there is one."""
        return self._loop if self._loop is not None and self._loop.is_running() else None

    def bind(self) -> None:
        """Make the running loop the home, unless another one that runs is."""
        if self.home is None:
            self._clockwork.stop()
            self.connections.clear()
            self.audiences.clear()
            self.authorization.restart()
            self._tasks.clear()
            self._draining = None
            self._loop = asyncio.get_running_loop()
            for part in self._parts:
                part.begin()

    def add(self, part: Part) -> None:
        """Have a part begin and end with the connections."""
        self._parts.append(part)

    def enlist(self, transport: Transport, handshake: Handshake | None) -> Connection:
        """A new connection, which has `limits.auth_timeout` to say who it is."""
        self.bind()
        connection = Connection(self, transport, handshake, self.ids())
        self.connections[connection.id] = connection
        self.metrics.opened += 1
        self._clockwork.watch_life(connection, connection.opened_at + self.limits.auth_timeout)
        return connection

    def full(self) -> str | None:
        """Why no further connection is taken, in a sentence, while there are as many as may be."""
        if len(self.connections) < self.limits.connections:
            return None
        return f"this process has {self.limits.connections} connections (Limits.connections); try again later"

    def of_user(self, user_id: str) -> list[Connection]:
        """The user's connections here: those that follow the user's own channel by right."""
        audience = self.audiences.get(own_channel(user_id))
        readers = () if audience is None else audience
        return [reader for reader in readers if isinstance(reader, Connection) and reader.user_id == user_id]

    def drain(self, within: float) -> "asyncio.Task[None]":
        """Begin to send everybody away, to be done `within` so many seconds, with the task. Called again it changes
        nothing."""
        if self._draining is None:
            self._draining = self.run_later(drain(list(self.connections.values()), within))
        return self._draining

    async def stop(self) -> None:
        """Tell every client that is still here to come back, close it, and end what is being done for it."""
        self._draining = None
        for connection in list(self.connections.values()):
            connection.announce(0.0)
            connection.drain()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for part in self._parts:
            await part.end()
        self._clockwork.stop()
        if not self.audiences.broker.in_use:
            await self.audiences.broker.close()

    # What connections ask of their owner.

    def _census(self) -> Gauges:
        connections = self.connections.values()
        return {
            "connections": len(connections),
            "connections_limit": self.limits.connections,
            "subscriptions": sum(len(connection.audiences) for connection in connections),
            "slow_readers": sum(connection.paused for connection in connections),
            "channels": len(self.audiences),
        }

    def loop_time(self) -> float:
        """Seconds of the home loop's clock."""
        return time.monotonic() if self._loop is None else self._loop.time()

    @property
    def application_types(self) -> Mapping[str, Any]:
        """The types of application messages that clients may send."""
        return self.handlers.declared

    def compose(self, type: str, payload: Any, reply_to: str | None, id: str) -> bytes:
        """A message of the server as JSON."""
        return messages.write(type, payload, id=id, now=self.clock(), reply_to=reply_to)

    def run_eagerly(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None] | None":
        """Run work for a connection: at once as far as it goes, the rest as a task, which the connection cancels."""
        task = eager.start(work)
        return task and self._keep(task)

    def run_later(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        """Run work for a connection later, as a task, which the connection cancels when it ends."""
        return self._keep(asyncio.get_running_loop().create_task(work))

    def _keep(self, task: "asyncio.Task[None]") -> "asyncio.Task[None]":
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def since(self, channel: str, position: Position, limit: int) -> list[Entry] | None:
        """Entries of a channel's log after a position; None where they are gone."""
        return await self.audiences.since(channel, position, limit)

    def leave(self, connection: Connection, audience: Audience) -> None:
        """The connection left this audience."""
        self.audiences.close_if_unused(audience.name)
        if self.presence is not None:
            self.presence.left(connection, audience.name)

    def restarted(self, connection: Connection, audience: Audience) -> None:
        """The connection was told that it did not recover this channel: in a presence log, the whole roster follows."""
        if self.presence is not None:
            self.presence.watch(connection, audience.name)

    def forget(self, connection: Connection) -> None:
        """The connection has ended."""
        self.connections.pop(connection.id, None)
        self._forget_expiry(connection)

    def ended(self, connection: Connection, code: int, reason: str) -> None:
        """The connection has come to its end; this is called once."""
        write_farewell(connection, self.loop_time(), code, reason)

    # Who comes in.

    async def authenticate(self, connection: Connection, message: ClientMessage, token: str) -> None:
        """Verify the token of an `auth`, and establish the connection or refuse it."""
        try:
            user = await self.authentication.user(connection.handshake, token)
            user_id = checked_user_id(user.id)
            if connection.user_id not in (None, user_id):
                raise Refused(ErrorCode.FORBIDDEN, "the token is another user's; the one in force stays")
            await self.establish(connection, user, user_id, message)
        except Refused as refused:
            refused.reply_to = message.id
            connection.refuse(refused)
            connection.reject(CloseCode.UNAUTHORIZED, refused.reason)

    async def establish(
        self, connection: Connection, user: Any, user_id: str, message: ClientMessage | None = None
    ) -> None:
        """The connection is this user's: enter the user's own channel and greet. With a new token for a connection
        that there was, ask the rules anew. Raises Refused where the user was disconnected since the token was issued.
        """
        limit, own, refreshed = self.limits.connections_per_user, own_channel(user_id), connection.user_id is not None
        position = message.position(own) if message is not None else None
        await self.audiences.flowing()  # what was withdrawn is known only then
        entrance = await self.audiences.take(own, position)
        try:
            self.authentication.check_not_disconnected(user, user_id)
            if not refreshed and len(self.of_user(user_id)) >= limit:
                reason = f"a user has at most {limit} connections"
                connection.refuse(Refused(ErrorCode.RATE_LIMITED, reason, reply_to=message.id if message else None))
                connection.close(CloseCode.RATE_LIMITED, reason)
            elif connection.advance(Input.ACCEPTED):
                if not refreshed:
                    self.metrics.establish_seconds.observe(self.loop_time() - connection.opened_at)
                self._identify(connection, user, user_id)
                self._greet(connection, entrance, message)
                self._watch_expiry(connection)
        finally:
            self.audiences.release([entrance])
        if refreshed:
            self.authorization.outdate(user_id)
            await self.ask_anew(connection)

    def _identify(self, connection: Connection, user: Any, user_id: str) -> None:
        self._forget_expiry(connection)
        expires_at = expiry(user)
        connection.user, connection.user_id, connection.expiry_told = user, user_id, False
        if expires_at is None:
            connection.expires_at = None
        else:  # a token with a short life is not asked for again as soon as it came
            now, left = self.loop_time(), expires_at - self.clock()
            connection.expires_at, connection.notice_at = (
                now + left,
                now + left - min(self.limits.expiry_notice, left / 2),
            )
        if not (self.authorization.needs_handshake or self.authentication.needs_handshake):
            connection.handshake = None

    def _watch_expiry(self, connection: Connection) -> None:
        following = connection.check_expiry(self.loop_time())
        if following is not None:
            self._clockwork.watch_expiry(connection, following)

    def _forget_expiry(self, connection: Connection) -> None:
        if connection.expiry_look is not None:
            self._clockwork.forget_expiry(connection, connection.expiry_look)

    def _greet(self, connection: Connection, entrance: Entrance, message: ClientMessage | None) -> None:
        payload = {
            "connection_id": connection.id,
            "user_id": connection.user_id,
            "protocol": messages.VERSION,
            "ping_interval": self.limits.ping_interval,
            **self._enter(connection, [entrance]),
        }
        if (expires_at := expiry(connection.user)) is not None:
            payload["expires_at"] = expires_at
        reply_to = message.id if message is not None else None
        connection.answer(WSEventType.CONNECTION_ESTABLISHED, payload, reply_to=reply_to)
        self._tell_resets(connection, [entrance])

    # Where they listen.

    async def subscribe(self, connection: Connection, message: ClientMessage, channels: list[str]) -> None:
        """Carry out a `subscribe`: refuse what is refused, enter the rest in one step, answer, then replay."""
        entrances = await self.admission.admit(connection, channels, message)
        try:
            entered = self._enter(connection, entrances)
            payload = {"channels": [entrance.audience.name for entrance in entrances], **entered}
            payload["total"] = connection.subscriptions()
            connection.answer(WSEventType.SUBSCRIBED, payload, reply_to=message.id)
            self._tell_resets(connection, entrances)
        finally:
            self.audiences.release(entrances)

    async def follow(self, connection: Connection, channels: list[str]) -> list[str]:
        """Have a connection follow channels without its asking; returns those that it does."""
        entrances = await self.admission.admit(connection, channels, None)
        try:
            self._enter(connection, entrances)
            return [it.audience.name for it in entrances if it.audience.name in connection.audiences]
        finally:
            self.audiences.release(entrances)

    async def ask_anew(self, connection: Connection) -> None:
        """Ask the rules about all that the connection follows, and end what they refuse."""
        for name in list(connection.audiences):
            if not await self.admission.may_follow(connection, name):
                self.withdraw(connection, name)

    def withdraw(self, connection: Connection, name: str) -> None:
        """End a subscription from this side."""
        if left := connection.leave([name, presence_log(name)]):
            connection.answer(WSEventType.UNSUBSCRIBED, {"channels": left, "reason": "forbidden"})

    def _enter(self, connection: Connection, entrances: list[Entrance]) -> dict[str, Any]:
        """Enter channels, and what to say of it.

        Nothing can be delivered between this and the answer: both are one step.
        """
        positions: dict[str, Any] = {}
        for audience, position, covered in entrances:
            place = audience.position
            if position is not None:
                self.metrics.returned(max(0, place.offset - position.offset) if covered else None)
            if position is not None or audience.name not in connection.audiences:
                connection.enter(audience, position if covered else None)
                if self.presence is not None and audience.name in connection.audiences:
                    self.presence.entered(connection, audience.name, position if covered else None)
            else:  # nothing changes: the client learns how far it was sent
                place = audience.place(connection)
                self.restarted(connection, audience)
            positions[audience.name] = place.document()
        return {"positions": positions, "recovered": {it.audience.name: it.covered for it in entrances}}

    def _tell_resets(self, connection: Connection, entrances: list[Entrance]) -> None:
        for entrance in entrances:
            if entrance.position is not None and not entrance.covered:
                connection.reset(entrance.audience)

    # What clients send to the application.

    async def handle(self, connection: Connection, message: ClientMessage) -> None:
        """Carry out what is neither a token nor a subscription, and reply."""
        if isinstance(message.body, messages.PresenceUpdate):
            describe(self.presence, connection, message.body, message.id)
            reply: Mapping[str, Any] = {}
        else:
            reply = await self.handlers.reply(message, connection.user)
        connection.answer(WSEventType.REPLY, reply, reply_to=message.id)
