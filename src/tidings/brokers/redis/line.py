"""One connection to a server, after the driver has made it."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, cast

from hiredis import Reader, pack_command
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import ConnectionError as Disconnected
from redis.exceptions import InvalidResponse

Command = Sequence[str | bytes | int]

_MORE = object()  # what hiredis gives where an answer is not whole yet


class Line(asyncio.Protocol):
    """Writes commands and takes what comes where the event loop reads it. The driver connects, greets and
    authenticates; its streams would take a task's turn for each answer, and a task for each write.

    One asks at a time. Who is cancelled leaves the answers to come, and nobody else gets them: `freed` is called when
    they have come. On a line that is `heard`, nobody asks: it is called with all that comes, and its exceptions end the
    line. `ended` is called with the reason when it ends but by `close`, and `lost` raises that.
    """

    def __init__(
        self,
        connection: AbstractConnection,
        *,
        freed: Callable[["Line"], None] = lambda line: None,
        heard: Callable[[Any], None] | None = None,
        ended: Callable[["Line", Exception], None] = lambda line, reason: None,
    ) -> None:
        writer = cast(asyncio.StreamWriter, connection._writer)
        self._connection, self._freed, self._on_end = connection, freed, ended
        self._take = heard or self._answer
        self._transport: asyncio.WriteTransport = writer.transport
        self._streams: asyncio.BaseProtocol = writer.transport.get_protocol()
        self._reader = Reader(
            protocolError=InvalidResponse, replyError=connection._parser.parse_error, notEnoughData=_MORE
        )
        self._answers: list[Any] = []
        self._count = 0
        self._asked: asyncio.Future[list[Any]] | None = None
        self._deadline, self._overdue = 0.0, ""
        self._timer: asyncio.TimerHandle | None = None  # which looks at the deadline, of this question or a later one
        self._loop = asyncio.get_running_loop()
        self._end: asyncio.Future[None] = self._loop.create_future()
        self._transport.set_protocol(self)

    @property
    def is_open(self) -> bool:
        """Whether it has not ended, and is not about to."""
        return not self._transport.is_closing()

    async def ask(self, packed: bytes, count: int, deadline: float, overdue: str) -> list[Any]:
        """The answers to so many commands that are sent together; each is what the server says, or its exception.

        Raises TimeoutError with the text `overdue` where they have not come by then (of the loop's time), and what
        ended the line where that did.
        """
        loop = self._loop
        self._answers, self._count = [], count
        self._deadline, self._overdue = deadline, overdue
        asked = self._asked = loop.create_future()
        if self._timer is None or self._timer.when() > deadline:
            self._look_at(deadline)
        self._transport.write(packed)
        answers: list[Any] = await asked
        return answers

    def write(self, commands: Sequence[Command]) -> None:
        """Send commands; what the server says is heard."""
        self._transport.write(pack(commands))

    async def lost(self) -> None:
        """Wait until the line ends. Raises what ended it."""
        await asyncio.shield(self._end)

    def close(self) -> None:
        """End it at once."""
        if not self._end.done():
            self._end.set_result(None)
        self._finish(Disconnected("the connection was closed here"))

    # What the event loop calls.

    def data_received(self, data: bytes) -> None:
        """A part of what the server says."""
        reader = self._reader
        reader.feed(data)
        try:
            while (answer := reader.gets()) is not _MORE:
                self._take(answer)
        except Exception as error:  # noqa: BLE001
            self._fail(error)

    def connection_lost(self, exc: Exception | None) -> None:
        """The socket is gone."""
        self._streams.connection_lost(exc)
        self._fail(Disconnected(f"the server closed the connection{f': {exc}' if exc else ''}"))

    # Inside.

    def _answer(self, answer: Any) -> None:
        if self._asked is None:
            raise InvalidResponse("the server said something that nobody asked for")
        if isinstance(answer, Disconnected):  # such as a server that is loading: the driver's word for it
            raise answer
        self._answers.append(answer)
        if len(self._answers) == self._count:
            self._settle(None)
            self._freed(self)

    def _fail(self, error: Exception) -> None:
        if not self._end.done():
            self._end.set_exception(error)
            self._end.exception()  # there may be nobody who waits
            self._finish(error)
            self._on_end(self, error)

    def _finish(self, error: Exception) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._transport.abort()
        self._connection._close()  # type: ignore[no-untyped-call]
        self._settle(error)

    def _look_at(self, deadline: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(deadline, self._look)

    def _look(self) -> None:
        """End the line where its deadline has passed. A timer for each question would cost more than the question."""
        self._timer = None
        if self._asked is None:
            return
        if self._loop.time() < self._deadline:
            self._look_at(self._deadline)
        else:
            self._fail(TimeoutError(self._overdue))

    def _settle(self, error: Exception | None) -> None:
        asked, self._asked = self._asked, None
        if asked is None or asked.done():
            return
        if error is None:
            asked.set_result(self._answers)
        else:
            asked.set_exception(error)


def pack(commands: Sequence[Command]) -> bytes:
    """Commands as they are sent."""
    return b"".join([pack_command(tuple(it)) for it in commands])  # type: ignore[arg-type]
