"""The hub: who is connected to this process, how they come in, and where they listen."""

import asyncio
import inspect
import logging
import math
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any

from pydantic import BaseModel

from tidings import eager
from tidings.audience import Audience, Audiences, Entrance
from tidings.authorization import Authorization
from tidings.clockwork import Clockwork
from tidings.connection import Connection
from tidings.handshake import NO_HANDSHAKE, Handshake, TokenExpired
from tidings.protocol import messages
from tidings.protocol.channels import MAX_USER_ID, Channel, Declarations, check_name, is_own_channel, own_channel
from tidings.protocol.codes import CloseCode, ErrorCode
from tidings.protocol.errors import ChannelError, EventError
from tidings.protocol.events import Event
from tidings.protocol.limits import Limits
from tidings.protocol.log import Entry, Position
from tidings.protocol.messages import ClientMessage, Refused, WSEventType
from tidings.protocol.session import Input
from tidings.transport import Transport

log = logging.getLogger("tidings")

Authenticate = Callable[[Handshake, str | None], Any]
Handler = Callable[[Any, Any], Any]


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
        self.clock, self.ids = clock, ids
        self.authorization = Authorization(limits, self.loop_time)
        self.handlers: dict[str, tuple[type[Event], Handler]] = {}
        self.connections: dict[str, Connection] = {}
        self._authenticate = authenticate
        self._loop: asyncio.AbstractEventLoop | None = None
        self._clockwork = Clockwork()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._warned: set[str] = set()

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
            self._loop = asyncio.get_running_loop()

    def enlist(self, transport: Transport, handshake: Handshake | None) -> Connection:
        """A new connection, which has `limits.auth_timeout` to say who it is."""
        self.bind()
        connection = Connection(self, transport, handshake, self.ids())
        self.connections[connection.id] = connection
        self._clockwork.watch_life(connection, connection.opened_at + self.limits.auth_timeout)
        return connection

    def of_user(self, user_id: str) -> list[Connection]:
        """The user's connections here: those that follow the user's own channel by right."""
        audience = self.audiences.get(own_channel(user_id))
        readers = () if audience is None else audience
        return [reader for reader in readers if isinstance(reader, Connection) and reader.user_id == user_id]

    async def stop(self) -> None:
        """Tell every client to come back, close it, and end what is being done for it."""
        for connection in list(self.connections.values()):
            connection.drain()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._clockwork.stop()
        if not self.audiences.broker.in_use:
            await self.audiences.broker.close()

    # What connections ask of their owner.

    def loop_time(self) -> float:
        """Seconds of the home loop's clock."""
        return time.monotonic() if self._loop is None else self._loop.time()

    @property
    def application_types(self) -> Mapping[str, Any]:
        """The types of application messages that clients may send."""
        return self.handlers

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
        return await self.audiences.broker.since(channel, position, limit)

    def leave(self, audience: Audience) -> None:
        """Somebody left this audience."""
        self.audiences.close_if_unused(audience.name)

    def forget(self, connection: Connection) -> None:
        """The connection has ended."""
        self.connections.pop(connection.id, None)
        self._forget_expiry(connection)

    # Who comes in.

    async def authenticate(self, connection: Connection, message: ClientMessage, token: str) -> None:
        """Verify the token of an `auth`, and establish the connection or refuse it."""
        try:
            user = await self._user(connection.handshake, token)
            user_id = checked_user_id(user.id)
            if connection.user_id not in (None, user_id):
                raise Refused(ErrorCode.FORBIDDEN, "the token is another user's; the one in force stays")
        except Refused as refused:
            refused.reply_to = message.id
            connection.refuse(refused)
            connection.reject(CloseCode.UNAUTHORIZED, refused.reason)
        else:
            await self.establish(connection, user, user_id, message)

    async def _user(self, handshake: Handshake | None, token: str) -> Any:
        if self._authenticate is None:
            raise Refused(ErrorCode.UNAUTHORIZED, "this server was not told how to authenticate")
        try:
            user = self._authenticate(handshake or NO_HANDSHAKE, token)
            if inspect.isawaitable(user):
                user = await self._within_time(user, "authenticate")
        except TokenExpired as error:
            raise Refused(ErrorCode.TOKEN_EXPIRED, "the token has expired; connect with a new one") from error
        if user is None:
            raise Refused(ErrorCode.UNAUTHORIZED, "the token was refused")
        if (expires_at := _expiry(user)) is not None and expires_at <= self.clock():
            raise Refused(ErrorCode.TOKEN_EXPIRED, "the token has expired; connect with a new one")
        return user

    async def _within_time(self, answer: Awaitable[Any], who: str) -> Any:
        """What a function of the application returns, in a task of its own. Raises TimeoutError."""
        task = asyncio.ensure_future(answer)
        try:
            done, _ = await asyncio.wait([task], timeout=self.limits.rule_timeout)
            if not done:
                raise TimeoutError(f"{who} took longer than {self.limits.rule_timeout:g} s")
            return task.result()
        finally:
            task.cancel()

    async def establish(
        self, connection: Connection, user: Any, user_id: str, message: ClientMessage | None = None
    ) -> None:
        """The connection is this user's: enter the user's own channel and greet."""
        limit, own = self.limits.connections_per_user, own_channel(user_id)
        position = message.position(own) if message is not None else None
        entrance = await self.audiences.take(own, position)
        try:
            if connection.user_id is None and len(self.of_user(user_id)) >= limit:
                reason = f"a user has at most {limit} connections"
                connection.refuse(Refused(ErrorCode.RATE_LIMITED, reason, reply_to=message.id if message else None))
                connection.close(CloseCode.RATE_LIMITED, reason)
            elif connection.advance(Input.ACCEPTED):
                self._identify(connection, user, user_id)
                self._greet(connection, entrance, message)
                self._watch_expiry(connection)
        finally:
            self.audiences.release([entrance])

    def _identify(self, connection: Connection, user: Any, user_id: str) -> None:
        self._forget_expiry(connection)
        expires_at = _expiry(user)
        connection.user, connection.user_id, connection.expiry_told = user, user_id, False
        if expires_at is None:
            connection.expires_at = None
        else:  # a token with a short life is not asked for again as soon as it came
            now, left = self.loop_time(), expires_at - self.clock()
            connection.expires_at, connection.notice_at = (
                now + left,
                now + left - min(self.limits.expiry_notice, left / 2),
            )
        if not (self.authorization.needs_handshake or getattr(self._authenticate, "needs_handshake", True)):
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
        if (expires_at := _expiry(connection.user)) is not None:
            payload["expires_at"] = expires_at
        reply_to = message.id if message is not None else None
        connection.answer(WSEventType.CONNECTION_ESTABLISHED, payload, reply_to=reply_to)
        self._tell_resets(connection, [entrance])

    # Where they listen.

    async def subscribe(self, connection: Connection, message: ClientMessage, channels: list[str]) -> None:
        """Carry out a `subscribe`: refuse what is refused, enter the rest in one step, answer, then replay."""
        entrances = await self.admit(connection, channels, message)
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
        entrances = await self.admit(connection, channels, None)
        try:
            self._enter(connection, entrances)
            return [it.audience.name for it in entrances if it.audience.name in connection.audiences]
        finally:
            self.audiences.release(entrances)

    async def admit(self, connection: Connection, channels: list[str], message: ClientMessage | None) -> list[Entrance]:
        """Hold the channels that the connection may follow, and tell it of the others. The caller enters or releases
        them.

        An answer of a rule counts only if nothing was withdrawn since it was asked for; else it is asked again.
        """
        entrances: dict[str, Entrance] = {}
        pending = channels
        try:
            while pending:
                changes = self.authorization.changes
                for name in pending:
                    await self._admit(connection, name, message, entrances)
                pending = list(entrances) if changes != self.authorization.changes else []
        except BaseException:
            self.audiences.release(entrances.values())
            raise
        return list(entrances.values())

    async def _admit(
        self, connection: Connection, name: str, message: ClientMessage | None, entrances: dict[str, Entrance]
    ) -> None:
        try:
            entering = sum(other != name and other not in connection.audiences for other in entrances)
            channel = self._resolve(connection, name, entering)
            await self._check_allowed(connection, name, channel)
            if name not in entrances:
                position = message.position(name) if message is not None else None
                entrances[name] = await self.audiences.take(name, position)
        except Refused as refused:
            refused.reply_to = message.id if message is not None else None
            connection.refuse(refused)
            if name in entrances:
                self.audiences.release([entrances.pop(name)])

    def _resolve(self, connection: Connection, name: str, entering: int) -> Channel[Any] | None:
        """The declared channel of a name; None where names need no declaration. Raises Refused."""
        try:
            check_name(name)
        except ChannelError as error:
            raise Refused(ErrorCode.INVALID_CHANNEL, str(error), channel=name[:255]) from error
        if name not in connection.audiences and connection.subscriptions() + entering >= self.limits.channels:
            reason = f"a connection follows at most {self.limits.channels} channels"
            raise Refused(ErrorCode.TOO_MANY_CHANNELS, reason, channel=name)
        channel = self.declarations.find(name)
        if channel is None and self.declarations.channels and not is_own_channel(name):
            raise Refused(ErrorCode.UNKNOWN_CHANNEL, f"no channel {name!r} is declared here", channel=name)
        return channel

    async def _check_allowed(self, connection: Connection, name: str, channel: Channel[Any] | None) -> None:
        user_id = str(connection.user_id)
        if is_own_channel(name):
            allowed = name == own_channel(user_id)
        elif channel is None:
            allowed = True
            self.warn_undeclared(name)
        else:
            allowed = await self.authorization.allows(channel, user_id, connection.user, connection.handshake)
        if not allowed:
            raise Refused(ErrorCode.FORBIDDEN, f"user {user_id} may not follow {name}", channel=name)

    async def may_follow(self, connection: Connection, name: str) -> bool:
        """Whether the rules (as they are now) let this connection follow a channel."""
        try:
            await self._check_allowed(connection, name, self.declarations.find(name))
        except Refused as refused:
            if refused.code is ErrorCode.INTERNAL_ERROR:
                log.exception("user %s cannot be asked about on %s", connection.user_id, name)
            return False
        return True

    def warn_undeclared(self, name: str) -> None:
        """Warn once for each name that a manager without declarations is used with."""
        if name not in self._warned and len(self._warned) < self.limits.warned_names:
            self._warned.add(name)
            log.warning("channel %r is not declared: anybody may follow it and any message is sent to it", name)

    def withdraw(self, connection: Connection, name: str) -> None:
        """End a subscription from this side."""
        if connection.leave([name]):
            connection.answer(WSEventType.UNSUBSCRIBED, {"channels": [name], "reason": "forbidden"})

    def _enter(self, connection: Connection, entrances: list[Entrance]) -> dict[str, Any]:
        """Enter channels, and what to say of it.

        Nothing can be delivered between this and the answer: both are one step.
        """
        positions: dict[str, Any] = {}
        for audience, position, covered in entrances:
            place = audience.position
            if position is not None or audience.name not in connection.audiences:
                connection.enter(audience, position if covered else None)
            else:  # nothing changes: the client learns how far it was sent
                place = audience.place(connection)
            positions[audience.name] = place.document()
        return {"positions": positions, "recovered": {it.audience.name: it.covered for it in entrances}}

    def _tell_resets(self, connection: Connection, entrances: list[Entrance]) -> None:
        for entrance in entrances:
            if entrance.position is not None and not entrance.covered:
                connection.reset(entrance.audience)

    # What clients send to the application.

    async def handle(self, connection: Connection, message: ClientMessage) -> None:
        """Give an application message to its handler, and reply."""
        kind, handler = self.handlers[message.type]
        try:
            event = kind.from_payload(message.body)  # type: ignore[arg-type]
        except EventError as error:
            raise Refused(ErrorCode.INVALID_MESSAGE, str(error), reply_to=message.id) from error
        try:
            await asyncio.sleep(0)  # from here on in a task (`eager`), as the application's code expects
            answer = handler(event, connection.user)
            if inspect.isawaitable(answer):
                answer = await self._within_time(answer, f"the handler of `{message.type}`")
        except Refused as refused:
            refused.reply_to = message.id
            raise
        document = answer.model_dump(mode="json", by_alias=True) if isinstance(answer, BaseModel) else answer or {}
        if not isinstance(document, Mapping):
            kind = answer.__class__.__name__
            raise TypeError(f"the handler of `{message.type}` returned a {kind}; a reply is a mapping, a model or None")
        connection.answer(WSEventType.REPLY, document, reply_to=message.id)


def checked_user_id(id: Any) -> str:
    """A user's id as text. Raises Refused for one that no channel's name could hold, and for none."""
    user_id = "" if id is None or isinstance(id, bool) else str(id)
    if len(user_id) > MAX_USER_ID or not is_own_channel(own_channel(user_id)):
        log.warning("the user id %r is not 1 to %d characters that a channel's name holds", id, MAX_USER_ID)
        raise Refused(
            ErrorCode.UNAUTHORIZED, f"the user's id is not 1 to {MAX_USER_ID} characters that a channel's name holds"
        )
    return user_id


def _expiry(user: Any) -> float | None:
    """When the user's token expires, in seconds since 1970. Raises TypeError for what is no time."""
    expires_at = getattr(user, "expires_at", None)
    if expires_at is None:
        return None
    if isinstance(expires_at, bool) or not isinstance(expires_at, int | float) or not math.isfinite(expires_at):
        raise TypeError(f"the user's expires_at is {expires_at!r}, not seconds since 1970")
    return expires_at
