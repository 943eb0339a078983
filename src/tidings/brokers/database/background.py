"""The thread on which a broker uses the database."""

import asyncio
import os
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

from tidings.brokers.database.access import Access

T = TypeVar("T")
Work = Callable[[Access], Coroutine[Any, Any, T]]

_IDLE = 5.0  # seconds without work after which the thread ends


class Background:
    """A thread with an event loop of its own. It serves callers on any loop, and is not cut off when theirs ends: a
    driver that is interrupted leaves connections and locks behind.

    It begins with the first work, and ends when there was none for a while; then the next begins anew.
    """

    def __init__(self, open: Callable[[], Access]) -> None:
        self._open = open
        self._begin()

    def _begin(self) -> None:
        self._process = os.getpid()
        self._lock = threading.Lock()
        self._shift: _Shift | None = None

    async def do(self, work: Work[T], *, cancel: bool = False) -> T:
        """What the work returns or raises. Where the caller is cancelled it goes on, unless `cancel` says otherwise."""
        if self._process != os.getpid():  # a fork has a copy of this, but no thread
            self._begin()
        with self._lock:
            if self._shift is None or not self._shift.thread.is_alive():
                self._shift = _Shift(self._open, self._end_idle)
            future = asyncio.wrap_future(self._shift.submit(work))
        return await (future if cancel else asyncio.shield(future))

    async def close(self) -> None:
        """End the thread, once all work is done, and close its connections."""
        with self._lock:
            shift, self._shift = self._shift, None
        if shift is not None:
            shift.end()
            await asyncio.to_thread(shift.thread.join)

    def _end_idle(self, shift: "_Shift") -> bool:
        """Whether a shift may end because it has nothing to do."""
        with self._lock:
            if shift.working:
                return False
            if self._shift is shift:
                self._shift = None
            return True


class _Shift:
    """From the beginning of the thread to its end."""

    def __init__(self, open: Callable[[], Access], may_end: Callable[["_Shift"], bool]) -> None:
        self._access, self._may_end = open(), may_end
        self._loop = asyncio.SelectorEventLoop()  # also on Windows: psycopg needs it
        self._ended = asyncio.Event()
        self._counting = threading.Lock()
        self.working = 0
        # A daemon: a program that does not close its broker ends all the same.
        self.thread = threading.Thread(target=self._run, name="tidings-database", daemon=True)
        self.thread.start()

    def submit(self, work: Work[T]) -> Future[T]:
        self._count(1)
        return asyncio.run_coroutine_threadsafe(self._do(work), self._loop)

    def end(self) -> None:
        self._loop.call_soon_threadsafe(self._ended.set)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._work())

    async def _work(self) -> None:
        async with self._access:
            while not self._ended.is_set():
                try:
                    async with asyncio.timeout(_IDLE):
                        await self._ended.wait()
                except TimeoutError:
                    if self._may_end(self):
                        break
            await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()}, return_exceptions=True)

    async def _do(self, work: Work[T]) -> T:
        try:
            return await work(self._access)
        finally:
            self._count(-1)

    def _count(self, change: int) -> None:
        with self._counting:  # callers are in other threads
            self.working += change
