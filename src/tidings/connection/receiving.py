"""What a client says: how much of it is taken, and one message after the other."""

import asyncio
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Collection, Coroutine
from typing import Any, Protocol

from tidings.protocol import messages
from tidings.protocol.codes import CloseCode, ErrorCode
from tidings.protocol.limits import Limits, TokenBucket
from tidings.protocol.messages import ClientMessage, Refused, WSEventType
from tidings.protocol.session import Input, State, step
from tidings.transport import Transport

_INPUTS = {
    WSEventType.AUTH.value: Input.AUTH,
    WSEventType.SUBSCRIBE.value: Input.SUBSCRIBE,
    WSEventType.UNSUBSCRIBE.value: Input.UNSUBSCRIBE,
    WSEventType.PING.value: Input.PING,
}


class Host(Protocol):
    """What a receiver asks of the hub that it belongs to."""

    limits: Limits

    @property
    def application_types(self) -> Collection[str]: ...
    def loop_time(self) -> float: ...
    def run_eagerly(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None] | None: ...


class Receiver(ABC):
    """The receiving half of a connection: rates, sizes, and the messages that wait while another takes time."""

    __slots__ = ("_bucket", "_busy", "_heard", "_owner", "_waiting", "_work", "paused", "state", "transport")

    def __init__(self, owner: Host, transport: Transport) -> None:
        self._owner, self.transport = owner, transport
        self.state = State.OPENED
        self.paused = self._busy = False
        self._heard = True
        self._bucket: TokenBucket | None = None
        self._waiting: deque[ClientMessage] | None = None
        self._work: asyncio.Task[None] | None = None

    @property
    def closed(self) -> bool:
        """Whether it has ended: nothing is taken or sent any more."""
        return self.state is State.CLOSED

    # What the sending half does.

    @abstractmethod
    def answer(self, type: str, payload: Any, *, reply_to: str | None = None, id: str | None = None) -> None: ...
    @abstractmethod
    def refuse(self, refused: Refused) -> None: ...
    @abstractmethod
    def close(self, code: int, reason: str) -> None: ...
    @abstractmethod
    async def _perform(self, message: ClientMessage) -> None:
        """Carry out a message that takes time. Raises Refused."""

    @abstractmethod
    def _fail(self, message: ClientMessage, error: BaseException) -> None:
        """What `_perform` raised beside Refused."""

    @abstractmethod
    def _unsubscribe(self, message: ClientMessage, body: messages.Unsubscribe) -> None: ...

    # Receive data.

    def heard(self) -> None:
        """Something arrived: the client lives."""
        self._heard = True

    def receive(self, text: str | bytes) -> None:
        """One whole text message. Never raises: what is wrong with it is answered."""
        self._heard = True
        if self.state is State.CLOSED:
            return
        within_rate = self._within_rate()
        if not within_rate and not self._answers_excess():
            return
        try:
            if _exceeds(text, self._owner.limits.message_size):
                raise self._too_large()
            message = messages.read(text, self._owner.application_types)
            if not within_rate:
                raise self._too_many(message.id)
            self._dispatch(message)
        except Refused as refused:
            self.refuse(refused)

    def receive_binary(self, data: bytes = b"") -> None:
        """A binary message, which the protocol does not have."""
        self._heard = True
        self._refuse_unread(
            Refused(ErrorCode.INVALID_MESSAGE, "messages are text frames with JSON; this one was binary")
        )

    def receive_oversized(self) -> None:
        """A message over the limit that was read to its end and thrown away."""
        self._heard = True
        self._refuse_unread(self._too_large())

    def _refuse_unread(self, refused: Refused) -> None:
        if self._within_rate():
            self.refuse(refused)
        elif self._answers_excess():
            self.refuse(self._too_many())

    def _too_large(self) -> Refused:
        return Refused(ErrorCode.MESSAGE_TOO_LARGE, f"a message has at most {self._owner.limits.message_size} bytes")

    def _within_rate(self) -> bool:
        limits, now = self._owner.limits, self._owner.loop_time()
        if self._bucket is None:
            self._bucket = TokenBucket(limits.message_burst, now)
        if self._bucket.take(now, limits.messages_per_second, limits.message_burst):
            return True
        if self._bucket.refused > limits.refused_messages:
            self.close(CloseCode.RATE_LIMITED, "messages went on after many refusals")
        return False

    def _answers_excess(self) -> bool:
        """Whether one message over the rate is still answered: a burst of them is, a flood is not worth the answers."""
        return self._bucket is not None and self._bucket.refused <= self._owner.limits.message_burst

    def _too_many(self, reply_to: str | None = None) -> Refused:
        rate = self._owner.limits.messages_per_second
        return Refused(ErrorCode.RATE_LIMITED, f"at most {rate:g} messages a second; wait a little", reply_to=reply_to)

    def _dispatch(self, message: ClientMessage) -> None:
        if message.type == WSEventType.PING:
            self.answer(WSEventType.PONG, {}, reply_to=message.id)
        elif self._busy:
            self._wait(message)
        elif self._needs_time(message):
            self._begin(message)

    def _wait(self, message: ClientMessage) -> None:
        self._waiting = self._waiting if self._waiting is not None else deque()
        self._waiting.append(message)
        if len(self._waiting) >= self._owner.limits.waiting_messages:
            self.transport.pause_reading()

    def authenticate(self, token: str) -> None:
        """Take a token that came with the handshake as the first message would have brought it."""
        self._begin(ClientMessage(WSEventType.AUTH, None, messages.Auth(token)))

    def _begin(self, message: ClientMessage) -> None:
        """Start what takes time. Messages that come meanwhile wait for its end."""
        self.advance(_input(message))
        self._busy = True
        self._work = self._owner.run_eagerly(self._carry_out(message))

    async def _carry_out(self, message: ClientMessage) -> None:
        following: ClientMessage | None = message
        try:
            while following is not None and self.state is not State.CLOSED:
                await self._answer(following)
                following = self._next_waiting()
        finally:
            self._busy, self._work = False, None

    async def _answer(self, message: ClientMessage) -> None:
        try:
            await self._perform(message)
        except Refused as refused:
            self.refuse(refused)
        except (Exception, asyncio.CancelledError) as error:
            task = asyncio.current_task()
            if task is not None and task.cancelling():  # the connection has ended
                raise
            self._fail(message, error)

    def _next_waiting(self) -> ClientMessage | None:
        """The next message that needs time; what does not is answered on the way."""
        while self._waiting:
            message = self._waiting.popleft()
            if len(self._waiting) == self._owner.limits.waiting_messages // 2:
                self._read_again()
            if self._needs_time(message):
                self.advance(_input(message))
                return message
        self._waiting = None
        return None

    def _needs_time(self, message: ClientMessage) -> bool:
        """Refuse or answer what needs none; True for the rest."""
        if step(self.state, _input(message)) is None:
            self.refuse(Refused(ErrorCode.NOT_AUTHENTICATED, "send `auth` with a token first", reply_to=message.id))
        elif isinstance(message.body, messages.Unsubscribe):
            self._unsubscribe(message, message.body)
        else:
            return True
        return False

    def _read_again(self) -> None:
        """Take messages again, where neither what is written nor what waits is too much."""
        if not self.paused and len(self._waiting or ()) <= self._owner.limits.waiting_messages // 2:
            self.transport.resume_reading()

    def advance(self, input: Input) -> bool:
        """Take an input to the session; False where the state does not take it."""
        following = step(self.state, input)
        if following is None:
            return False
        self.state = following
        return True


def _input(message: ClientMessage) -> Input:
    return _INPUTS.get(message.type, Input.APPLICATION)


def _exceeds(text: str | bytes, limit: int) -> bool:
    """Whether a text has more than `limit` bytes of UTF-8, without encoding what is plainly short or long enough."""
    if len(text) > limit or len(text) * 4 <= limit:
        return len(text) > limit
    return isinstance(text, str) and len(text.encode(errors="surrogatepass")) > limit
