"""A thread with an event loop, for what serves callers on any other."""

import asyncio
import contextlib
import logging
import os
import selectors
import threading
from collections.abc import Callable, Coroutine, Iterator, Mapping
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Any, Generic, TypeVar

from tidings.protocol.errors import in_one_line

log = logging.getLogger("tidings")

A = TypeVar("A", bound=AbstractAsyncContextManager[Any])
T = TypeVar("T")


class Background(Generic[A]):
    """A thread with an event loop of its own. It serves callers on any loop, and is not cut off when theirs ends: a
    driver that is interrupted leaves connections and locks behind.

    It begins with the first work and ends with `close`; then the next begins anew, as it does in a process that was
    forked. `open` makes what the work is done with, which is entered on the thread, without waiting, and left at its
    end. `always` is work that goes on for as long as the thread does.
    """

    def __init__(
        self,
        name: str,
        open: Callable[[], A],
        always: Callable[[A], Coroutine[Any, Any, None]] | None = None,
    ) -> None:
        self._name, self._open, self._always = name, open, always
        self._inherited: _Worker[A] | None = None
        self._begin()

    def _begin(self) -> None:
        self._process = os.getpid()
        self._lock = threading.Lock()
        self._worker: _Worker[A] | None = None

    async def do(self, work: Callable[[A], Coroutine[Any, Any, T]], *, cancel: bool = False) -> T:
        """What the work returns or raises. It goes on where the caller is cancelled, and is waited for by `close`; how
        it fails then is a line in the log. `cancel` says that it is cancelled by both.
        """
        with self._working() as worker:
            working = worker.submit(work, cancel)
        future = asyncio.wrap_future(working)
        future.add_done_callback(_ended)
        try:
            return await (future if cancel else asyncio.shield(future))
        except asyncio.CancelledError:
            working.add_done_callback(partial(_report, self._name))
            raise

    def start(self) -> None:
        """Have the thread run, and with it what is always done there. From any thread."""
        with self._working():
            pass

    async def close(self) -> None:
        """End the thread, once all work is done, and close its connections."""
        with self._lock:
            worker, self._worker = self._worker, None
        if worker is not None:
            worker.end()
            await asyncio.to_thread(worker.thread.join)

    def let_go(self) -> None:
        """End the thread, once all work is done, and wait for nothing: nobody will call this again."""
        if (worker := self._worker) is not None:  # without the lock: the garbage collector calls this anywhere
            with contextlib.suppress(RuntimeError):  # it has ended
                worker.end()

    @contextlib.contextmanager
    def _working(self) -> Iterator["_Worker[A]"]:
        """The thread's worker, which is not ended within the block."""
        if self._process != os.getpid():  # a fork has a copy of this, but no thread
            self._inherited = self._worker  # its connections are the parent's, and are to stay open
            self._begin()
        with self._lock:
            if self._worker is None or not self._worker.thread.is_alive():
                self._worker = _Worker(self._name, self._open, self._always)
            yield self._worker


def _ended(future: "asyncio.Future[Any]") -> None:
    """Work is over. Who was cancelled does not ask how it failed."""
    if not future.cancelled():
        future.exception()


def _report(name: str, working: Future[Any]) -> None:
    """Log how work failed that nobody waits for any more."""
    if not working.cancelled() and (error := working.exception()) is not None:
        log.warning("work of %s failed after its caller was cancelled: %s", name, in_one_line(error))


class _Worker(Generic[A]):
    """The thread, from its beginning to its end."""

    def __init__(
        self,
        name: str,
        open: Callable[[], A],
        always: Callable[[A], Coroutine[Any, Any, None]] | None,
    ) -> None:
        self._access, self._always = open(), always
        self._loop = asyncio.SelectorEventLoop(_OwnSelector())  # also on Windows: psycopg needs it
        self._ended = asyncio.Event()
        self._cancelled_at_end: set[asyncio.Task[Any]] = set()
        # A daemon: a program that does not close its broker ends all the same.
        self.thread = threading.Thread(target=self._run, name=name, daemon=True)
        self.thread.start()

    def submit(self, work: Callable[[A], Coroutine[Any, Any, T]], cancel: bool) -> Future[T]:
        return asyncio.run_coroutine_threadsafe(self._do(work, cancel), self._loop)

    def end(self) -> None:
        self._loop.call_soon_threadsafe(self._ended.set)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._work())

    async def _work(self) -> None:
        async with self._access:
            if self._always is not None:
                self._cancelled_at_end.add(asyncio.create_task(self._always(self._access)))
            await self._ended.wait()
            for task in self._cancelled_at_end:
                if not task.cancelling():  # twice would cut off how it closes its connection
                    task.cancel()
            await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()}, return_exceptions=True)

    async def _do(self, work: Callable[[A], Coroutine[Any, Any, T]], cancel: bool) -> T:
        task = asyncio.current_task()
        if cancel and task is not None:
            self._cancelled_at_end.add(task)
            task.add_done_callback(self._cancelled_at_end.discard)
        return await work(self._access)


class _OwnSelector(selectors.DefaultSelector):
    """A selector that a forked process leaves alone: the kernel's part of it is shared, so that to close a copy of a
    connection there would end the watch over it here.
    """

    def __init__(self) -> None:
        super().__init__()
        self._process = os.getpid()

    def get_key(self, fileobj: Any) -> selectors.SelectorKey:
        if self._process != os.getpid():
            raise KeyError(fileobj)
        return super().get_key(fileobj)

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return super().get_map() if self._process == os.getpid() else {}
