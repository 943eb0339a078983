"""One client: its session, the channels it follows, and its limits."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Protocol

from tidings.audience import Audience
from tidings.connection.receiving import Host, Receiver
from tidings.connection.replay import read_on
from tidings.handshake import Handshake
from tidings.metrics import Metrics
from tidings.protocol import messages
from tidings.protocol.channels import own_channel
from tidings.protocol.codes import CloseCode, ErrorCode, close_reason
from tidings.protocol.log import Entry, Position
from tidings.protocol.messages import ClientMessage, Refused, WSEventType
from tidings.protocol.session import Input, State
from tidings.transport import Transport

log = logging.getLogger("tidings")


class Owner(Host, Protocol):
    """What a connection asks of the hub that it belongs to."""

    ids: Callable[[], str]
    metrics: Metrics

    def compose(self, type: str, payload: Any, reply_to: str | None, id: str) -> bytes: ...
    def run_later(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]: ...
    async def authenticate(self, connection: "Connection", message: ClientMessage, token: str) -> None: ...
    async def subscribe(self, connection: "Connection", message: ClientMessage, channels: list[str]) -> None: ...
    async def handle(self, connection: "Connection", message: ClientMessage) -> None: ...
    async def since(self, channel: str, position: Position, limit: int) -> list[Entry] | None: ...
    def leave(self, connection: "Connection", audience: Audience) -> None: ...
    def restarted(self, connection: "Connection", audience: Audience) -> None: ...
    def forget(self, connection: "Connection") -> None: ...
    def ended(self, connection: "Connection", code: int, reason: str) -> None: ...


class Connection(Receiver):
    """One socket, from upgrade to close.

    A transport calls `receive` for each text message, `heard` for any other sign of life, `pause` and `resume` at its
    water marks, and `lost` when the socket is gone. While a token or a rule is being looked at, messages wait in
    order; pings do not.
    """

    __slots__ = (
        "__weakref__",
        "_catching_up",
        "_silent",
        "_unread",
        "audiences",
        "encode",
        "expelled",
        "expires_at",
        "expiry_told",
        "handshake",
        "id",
        "notice_at",
        "opened_at",
        "user",
        "user_id",
        "write",
    )

    _owner: Owner

    def __init__(self, owner: Owner, transport: Transport, handshake: Handshake | None, id: str) -> None:
        super().__init__(owner, transport)
        self.handshake, self.id = handshake, id
        self.encode, self.write = transport.encode, transport.write
        self.opened_at = owner.loop_time()
        self.user: Any = None  # what authenticate returned
        self.user_id: str | None = None
        self.expires_at: float | None = None  # by the loop's clock, as
        self.notice_at = 0.0  # when the client is asked for a new token
        self.audiences: dict[str, Audience] = {}
        self.expelled = False  # closed with a code that says not to come back
        self.expiry_told = False
        self._silent = self._unread = 0
        self._catching_up: asyncio.Task[None] | None = None

    # Carry out messages.

    async def _perform(self, message: ClientMessage) -> None:
        if isinstance(message.body, messages.Auth):
            await self._owner.authenticate(self, message, message.body.token)
        elif isinstance(message.body, messages.Subscribe):
            await self._owner.subscribe(self, message, message.body.channels)
        else:
            await self._owner.handle(self, message)

    def _fail(self, message: ClientMessage, error: BaseException) -> None:
        reason = f"`{message.type}` failed in the server"
        refused = Refused(ErrorCode.INTERNAL_ERROR, reason, reply_to=message.id)
        refused.__cause__ = error
        self.refuse(refused)
        if isinstance(message.body, messages.Auth):
            self.reject(CloseCode.INTERNAL_ERROR, reason)
        elif isinstance(message.body, messages.Subscribe):  # no log can be read now: it shall come back, with backoff
            self.close(CloseCode.INTERNAL_ERROR, reason)

    def _unsubscribe(self, message: ClientMessage, body: messages.Unsubscribe) -> None:
        self.leave(body.channels)
        left = [name for name in body.channels if not self._is_own(name)]
        self.answer(WSEventType.UNSUBSCRIBED, {"channels": left}, reply_to=message.id)

    # Send messages.

    def answer(self, type: str, payload: Any, *, reply_to: str | None = None, id: str | None = None) -> None:
        """Write a message that no log holds."""
        self.send(self._owner.compose(type, payload, reply_to, id or self._owner.ids()))

    def send(self, message: bytes) -> None:
        """Write a whole message outside any log.

        A client that does not read is closed when too much of that waits for it.
        """
        if self.state is State.CLOSED:
            return
        if self.paused:
            self._unread += len(message)
        if self._unread > self._owner.limits.unread_answers:
            self.close(CloseCode.SLOW, "answers were not read")
        else:
            self.write(self.encode(message))

    def refuse(self, refused: Refused) -> None:
        """Tell the client what was refused and why. Where the server failed, the log says more under the same id."""
        self._owner.metrics.refused(refused.code)
        payload, id = {"code": refused.code, "message": refused.reason}, self._owner.ids()
        if refused.channel is not None:
            payload["channel"] = refused.channel
        if refused.code is ErrorCode.INTERNAL_ERROR:
            log.error("error %s, connection %s: %s", id, self.id, refused.reason, exc_info=refused.__cause__)
        self.answer(WSEventType.CONNECTION_ERROR, payload, reply_to=refused.reply_to, id=id)

    # Follow channels.

    def enter(self, audience: Audience, cursor: Position | None) -> None:
        """Follow a channel: live from its position on, or from a cursor that the log covers.

        A connection that has ended meanwhile follows nothing.
        """
        if self.state is State.CLOSED:
            return
        self.audiences[audience.name] = audience
        if cursor in (None, audience.position) and not (self.paused or audience.held):
            audience.go_live(self)
        else:
            audience.lag(self, cursor or audience.position, slow=cursor is None)
            self.catch_up()

    def reset(self, audience: Audience) -> None:
        """What comes next in a channel cannot be had: have the client start anew from the audience's position."""
        self.enter(audience, None)
        self._owner.metrics.resets += 1
        payload = {"channel": audience.name, "position": audience.position.document(), "reason": "history"}
        self.answer(WSEventType.CHANNEL_RESET, payload)
        self._owner.restarted(self, audience)

    def leave(self, channels: Sequence[str]) -> list[str]:
        """Follow these channels no longer; returns those that were followed. The user's own channel is not left."""
        left = [name for name in channels if name in self.audiences and not self._is_own(name)]
        for name in left:
            audience = self.audiences.pop(name)
            audience.leave(self)
            self._owner.leave(self, audience)
        return left

    def subscriptions(self) -> int:
        """How many channels are followed, the user's own not counted."""
        return sum(not self._is_own(name) for name in self.audiences)

    def _is_own(self, name: str) -> bool:
        return self.user_id is not None and name == own_channel(self.user_id)

    # Flow control.

    def pause(self) -> None:
        """The transport's buffer is full: stop writing events, become a cursor in each log, and read nothing."""
        if self.paused or self.state is State.CLOSED:
            return
        self.paused = True
        self._owner.metrics.slowed += 1
        for audience in self.audiences.values():
            audience.lag(self)
        self.transport.pause_reading()

    def resume(self) -> None:
        """The buffer has drained: read on from the cursors."""
        if not self.paused:
            return
        self.paused, self._unread = False, 0
        self._read_again()
        self.catch_up()

    def catch_up(self) -> None:
        """Read on from the cursors."""
        if self._catching_up is None and not self.paused:
            self._catching_up = self._owner.run_later(self._read_on())

    async def _read_on(self) -> None:
        try:
            await read_on(self, self._owner.since, self._owner.metrics)
        except Exception:
            log.exception("connection %s: a log could not be read", self.id)
            self.close(CloseCode.INTERNAL_ERROR, "a log could not be read")
        finally:
            self._catching_up = None

    # The clock, and the end.

    def check(self, now: float) -> float | None:
        """Do what is overdue at `now` (seconds of the loop); returns when to look again, None at the end."""
        if self.state is State.CLOSED:
            return None
        if self.user_id is None:
            return self._check_opening(now)
        return self._check_life(now)

    def _check_opening(self, now: float) -> float | None:
        """The client has `auth_timeout` to send its token, the server then `rule_timeout` to look at it."""
        limits, looking = self._owner.limits, self.state is State.AUTHENTICATING
        until = self.opened_at + limits.auth_timeout + (limits.rule_timeout if looking else 0.0)
        if now < until:
            return until
        self.advance(Input.AUTH_TIMEOUT)
        if looking:
            self._end(CloseCode.INTERNAL_ERROR, "the token could not be looked at in time")
        else:
            self._end(CloseCode.AUTH_TIMEOUT, f"no `auth` within {limits.auth_timeout:g} s")
        return None

    def _check_life(self, now: float) -> float | None:
        limits = self._owner.limits
        self._silent = 0 if self._heard else self._silent + 1
        if self._silent * limits.ping_interval >= limits.idle_timeout:
            self.close(CloseCode.IDLE, f"nothing was heard for {limits.idle_timeout:g} s")
            return None
        self._heard = False
        if self._silent:
            self.transport.ping()
        return now + limits.ping_interval

    def check_expiry(self, now: float) -> float | None:
        """Look at the token's time (seconds of the loop): warn, then close; returns when to look again."""
        if self.expires_at is None or self.state is State.CLOSED:
            return None
        if now + 1 > self.expires_at:
            self.refuse(Refused(ErrorCode.TOKEN_EXPIRED, "the token has expired; connect with a new one"))
            self.advance(Input.EXPIRED)
            self._end(CloseCode.EXPIRED, "the token has expired")
            return None
        if not self.expiry_told and now + 1 > self.notice_at:
            self.expiry_told = True
            self.refuse(Refused(ErrorCode.TOKEN_EXPIRING, "the token expires soon; send `auth` with a new one"))
        return self.expiry_look

    @property
    def expiry_look(self) -> float | None:
        """When `check_expiry` is due (seconds of the loop); None where the token has no end."""
        return self.expires_at if self.expires_at is None or self.expiry_told else self.notice_at

    def close(self, code: int, reason: str) -> None:
        """Close the connection from this side. Nothing is sent or taken after it."""
        if self.advance(Input.CLOSE):
            self._end(code, reason)

    def announce(self, seconds: float) -> None:
        """The server goes away: have the client come back, to another one or to the next, when this connection is
        closed or after so many seconds. Until then all goes on."""
        self.answer(WSEventType.CONNECTION_CLOSING, {"reconnect_after": seconds})

    def drain(self) -> None:
        """Close, as the server goes away."""
        self.close(CloseCode.SERVICE_RESTART, "the server restarts")

    def reject(self, code: int, reason: str) -> None:
        """The token was refused: a connection that lives on an earlier one goes on, another is closed."""
        if self.advance(Input.REFUSED) and self.state is State.CLOSED:
            self._end(code, reason)

    def lost(self, code: int = CloseCode.ABNORMAL) -> None:
        """The socket is gone; the client closed it with this code. Idempotent."""
        if self.advance(Input.CLOSE):
            self._owner.metrics.ended("lost")
            self._owner.ended(self, code, "")
        self._clear()

    def _end(self, code: int, reason: str) -> None:
        self.expelled = code >= CloseCode.PROTOCOL_ERROR
        self._owner.metrics.ended(int(code))
        self._owner.ended(self, code, reason)
        self._clear()
        self.transport.close(code, close_reason(reason))

    def _clear(self) -> None:
        for audience in self.audiences.values():
            audience.leave(self)
            self._owner.leave(self, audience)
        self.audiences = {}
        self._waiting = None
        for task in (self._work, self._catching_up):
            if task is not None and task is not asyncio.current_task():
                task.cancel()
        self._owner.forget(self)
