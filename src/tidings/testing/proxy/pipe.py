"""One direction of one connection through the fault proxy."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from enum import Enum
from typing import Protocol

_SLICES = 50  # per second, of a rate


class End(Enum):
    """How a stream ends."""

    CLOSED = "closed"
    RESET = "reset"


class Socket(Protocol):
    """One end of a connection, as a pipe uses it."""

    def write(self, data: bytes) -> None: ...
    def end(self, how: End) -> None: ...
    def pause_reading(self) -> None: ...
    def resume_reading(self) -> None: ...


class Way:
    """What befalls the bytes of one direction, on all connections alike; settings hold at once for what is under way.

    `delay`: seconds from an end to the other. `rate`: bytes per second and connection; None is unlimited. `blackhole`:
    nothing passes, not even the end of a connection; what an end sends waits until it is lifted, as TCP's repeats
    would. `received`, `passed` and `dropped` count bytes.
    """

    def __init__(self, pipes: Callable[[], Iterable["Pipe"]]) -> None:
        self._pipes = pipes
        self._delay, self._blackhole = 0.0, False
        self._rate: float | None = None
        self.received = self.passed = self.dropped = 0

    @property
    def delay(self) -> float:
        """Seconds from one end to the other."""
        return self._delay

    @delay.setter
    def delay(self, seconds: float) -> None:
        if not 0 <= seconds < float("inf"):
            raise ValueError(f"delay={seconds!r}: seconds, 0 or more")
        self._delay = seconds
        self._changed()

    @property
    def rate(self) -> float | None:
        """Bytes per second on each connection; None for as many as there are."""
        return self._rate

    @rate.setter
    def rate(self, rate: float | None) -> None:
        if rate is not None and not rate > 0:
            raise ValueError(f"rate={rate!r}: bytes per second, more than 0, or None; to stop all, set blackhole")
        self._rate = rate
        self._changed()

    @property
    def blackhole(self) -> bool:
        """Whether nothing passes."""
        return self._blackhole

    @blackhole.setter
    def blackhole(self, on: bool) -> None:
        self._blackhole = on
        self._changed()

    def drop(self, count: int) -> None:
        """`Pipe.drop` on every open connection."""
        for pipe in list(self._pipes()):
            pipe.drop(count)

    def cut_after(self, count: int) -> None:
        """`Pipe.cut_after` on every open connection."""
        for pipe in list(self._pipes()):
            pipe.cut_after(count)

    def cut_in_frame(self) -> None:
        """`Pipe.cut_in_frame` on every open connection."""
        for pipe in list(self._pipes()):
            pipe.cut_in_frame()

    def heal(self) -> None:
        """No faults from now on."""
        self._delay, self._rate, self._blackhole = 0.0, None, False
        for pipe in list(self._pipes()):
            pipe.heal()

    def _changed(self) -> None:
        for pipe in list(self._pipes()):
            pipe.pump()


class Pipe:
    """Carries bytes from one end to the other as the way says. Holds at most `buffer` bytes and one read more."""

    def __init__(self, way: Way, source: Socket, target: Socket, cut: Callable[["Pipe"], None], buffer: int) -> None:
        self._way, self._source, self._target, self._cut, self._buffer = way, source, target, cut, buffer
        self._loop = asyncio.get_running_loop()
        self._held: deque[tuple[float, bytes | End]] = deque()  # when it came, and what
        self._size = 0
        self._free_at = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._target_full = self._over = False
        self._drop = 0
        self._cut_after: int | None = None
        self._cut_in_frame = False

    # One-time faults.

    def drop(self, count: int) -> None:
        """The next so many bytes vanish, and the stream goes on behind them."""
        self._drop += count

    def cut_after(self, count: int) -> None:
        """When so many further bytes have passed, the connection ends: closed towards their receiver, so that it has
        them, and reset towards their sender.
        """
        self._cut_after = count
        self.pump()

    def cut_in_frame(self) -> None:
        """The next bytes pass but for the last one; then as `cut_after`."""
        self._cut_in_frame = True

    def heal(self) -> None:
        """Forget one-time faults that have not happened."""
        self._drop, self._cut_after, self._cut_in_frame = 0, None, False
        self.pump()

    # What the ends call.

    def put(self, data: bytes) -> None:
        """The source has sent this."""
        self._way.received += len(data)
        vanishing = min(self._drop, len(data))
        self._drop -= vanishing
        self._way.dropped += vanishing
        data = data[vanishing:]
        if self._cut_in_frame and data:
            self._cut_in_frame = False
            self._cut_after = self._size + len(data) - 1
        if data and not self._over:
            self._held.append((self._loop.time(), data))
            self._size += len(data)
            if self._size > self._buffer:
                self._source.pause_reading()
        self.pump()

    def put_end(self, how: End) -> None:
        """The source has closed, or is gone."""
        self._held.append((self._loop.time(), how))
        self.pump()

    def target_is_full(self, full: bool) -> None:
        """Whether the target takes more."""
        self._target_full = full
        self.pump()

    def stop(self) -> None:
        """Nothing passes any more, and nothing is held."""
        self._over = True
        self._held.clear()
        self._size = 0
        if self._timer is not None:
            self._timer.cancel()

    def pump(self) -> None:
        """Pass on what is due."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for what in self._due():
            if isinstance(what, End):
                self._target.end(what)
                if what is End.RESET:
                    self.stop()
                    return
            else:
                self._target.write(what)
                self._way.passed += len(what)
        if self._cut_after == 0 and not self._over:
            self._cut(self)
        elif self._size <= self._buffer // 2 and not (self._over or self._way.blackhole):
            self._source.resume_reading()

    def _due(self) -> Iterator[bytes | End]:
        """Piece by piece, what may pass now; a timer waits for the next."""
        while self._held and not (self._way.blackhole or self._target_full or self._over or self._cut_after == 0):
            came, what = self._held[0]
            at = max(came + self._way.delay, self._free_at if self._way.rate else 0.0)
            now = self._loop.time()
            if at > now:
                self._timer = self._loop.call_at(at, self.pump)
                return
            self._held.popleft()
            yield what if isinstance(what, End) else self._piece(came, what, now)

    def _piece(self, came: float, data: bytes, now: float) -> bytes:
        """As much as the rate and a cut let pass at once; the rest stays first in the queue."""
        count = len(data)
        if self._way.rate:
            count = min(count, max(1, int(self._way.rate / _SLICES)))
            self._free_at = now + count / self._way.rate
        if self._cut_after is not None:
            count = min(count, self._cut_after)
            self._cut_after -= count
        if count < len(data):
            self._held.appendleft((came, data[count:]))
        self._size -= count
        return data[:count]
