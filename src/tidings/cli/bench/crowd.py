"""Many clients on one channel, and when each event has come to all of them."""

import asyncio
import ssl
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from statistics import quantiles
from time import perf_counter

from websockets.uri import WebSocketURI

from tidings.cli.bench.follower import BenchError, Follower

AT_ONCE = 64  # clients in the middle of getting in
SILENCE = 10.0  # seconds without an event that end the wait for one
MAX_LATENCIES = 1_000_000


class Crowd:
    """Clients on a channel on which nothing else happens: the k-th event that one gets is the k-th that was published.

    Raises BenchError where a client is refused, sent away or cut off, and where an event does not come.
    """

    def __init__(self, uri: WebSocketURI, channel: str, publish: Callable[[], Awaitable[None]]) -> None:
        self._uri, self._channel, self._publish = uri, channel, publish
        self._followers: list[Follower] = []
        self._due: list[float] = []  # when each event was
        self._left: list[int] = []  # clients that do not have it yet
        self._broken: str | None = None
        self._changed = asyncio.Event()
        self.deliveries = self.completed = 0
        self.latencies: deque[float] = deque(maxlen=MAX_LATENCIES)

    def __len__(self) -> int:
        return len(self._followers)

    async def open(self, tokens: Sequence[str | None]) -> float:
        """Let in a client for each token; returns the seconds that it took."""
        begin, waiting = perf_counter(), iter(tokens)
        await _all(self._let_in(waiting) for _ in range(AT_ONCE))
        return perf_counter() - begin

    async def close(self) -> None:
        """Be gone at once."""
        self._broken = "closed"
        for follower in self._followers:
            follower.close()
        await asyncio.sleep(0)  # in which the loop closes their sockets

    async def steady(self, per_second: float, seconds: float) -> None:
        """Publish at even intervals; returns when all have come. An event is due at its time, however late it went."""
        begin, sending = perf_counter(), []
        for number in range(max(1, round(per_second * seconds))):
            due = begin + number / per_second
            await asyncio.sleep(due - perf_counter())
            self._expect(due)
            sending.append(asyncio.ensure_future(self._publish()))
        await _all(sending)
        await self._until(partial(self._has_come, len(self._due)))

    async def closed(self, in_flight: int, seconds: float) -> float:
        """Keep so many events on their way; returns the seconds from the first's beginning to the last's arrival."""
        begin = perf_counter()

        async def keep_on() -> None:
            while perf_counter() < begin + seconds:
                self._expect(perf_counter())
                everything = partial(self._has_come, len(self._due))
                await self._publish()
                await self._until(everything)

        await _all(keep_on() for _ in range(in_flight))
        return perf_counter() - begin

    def quantiles(self) -> tuple[float, float, float]:
        """Latencies in seconds: half, 99% and 99.9% of all deliveries were faster."""
        cuts = quantiles(self.latencies, n=1_000) if len(self.latencies) > 1 else [0.0] * 999
        return cuts[499], cuts[989], cuts[998]

    def forget(self) -> None:
        """Count from nothing. All that was published must have come."""
        self.deliveries = 0
        self.latencies.clear()

    async def _let_in(self, tokens: Iterable[str | None]) -> None:
        loop = asyncio.get_running_loop()
        context = ssl.create_default_context() if self._uri.secure else None
        for token in tokens:
            follower = Follower(self._uri, token, self._channel, self._arrived, self._failed)
            self._followers.append(follower)
            try:
                async with asyncio.timeout(SILENCE):
                    await loop.create_connection(lambda it=follower: it, self._uri.host, self._uri.port, ssl=context)
                    await follower.inside
            except (OSError, TimeoutError) as error:
                raise BenchError(
                    f"no connection to {self._uri.host}:{self._uri.port}: {str(error) or 'no answer'}"
                ) from error
            follower.events = len(self._due)

    def _expect(self, due: float) -> None:
        self._due.append(due)
        self._left.append(len(self._followers))

    def _arrived(self, follower: Follower, events: int) -> None:
        now = perf_counter()
        last = follower.events
        if last > len(self._due):
            self._failed(f"events came that were not published here: is something else happening on {self._channel}?")
            return
        self.deliveries += events
        for number in range(last - events, last):
            self.latencies.append(now - self._due[number])
            self._left[number] -= 1
            if not self._left[number]:
                self.completed += 1
                self._changed.set()

    def _has_come(self, events: int) -> bool:
        return self.completed >= events

    def _failed(self, reason: str) -> None:
        self._broken = self._broken or reason
        self._changed.set()

    async def _until(self, reached: Callable[[], bool]) -> None:
        while not reached():
            if self._broken:
                raise BenchError(self._broken)
            before = self.deliveries
            self._changed.clear()
            try:
                async with asyncio.timeout(SILENCE):
                    await self._changed.wait()
            except TimeoutError:
                if self.deliveries == before:
                    missing = len(self._due) - self.completed
                    raise BenchError(
                        f"{missing} of {len(self._due)} events did not come to all {len(self)} clients, and none for "
                        f"{SILENCE:g} s: does the request publish one event on {self._channel}?"
                    ) from None


async def _all(works: Iterable[Awaitable[None]]) -> None:
    """Await all of them; the first error ends the others."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
