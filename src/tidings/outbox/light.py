"""`manager.publish_after_commit`: the light form, without a table."""

import asyncio
import logging
import threading
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from weakref import WeakKeyDictionary

from sqlalchemy.orm import Session

from tidings.concurrency.loops import running_loop
from tidings.manager import ConnectionManager, Prepared
from tidings.outbox.sessions import AnySession, note

MOST_WAITING = 10_000
"""Events that are committed and not yet taken by the broker; what comes on top of them is lost."""

TIMEOUT = 10.0
"""Seconds that the broker has for what waits: when the manager stops, and in a commit on a thread without an event
loop, before a server has started."""

CANCEL_TIME = 1.0
"""Seconds for which the end of a broker's call is awaited that was cancelled."""

log = logging.getLogger("tidings")


def after_commit(manager: ConnectionManager, session: AnySession, prepared: Prepared) -> None:
    """Publish the event once the session's transaction has committed; drop it where that is rolled back.

    Events reach the logs in the order of their commits in this process; `manager.stop` waits for them. What goes wrong
    after the commit (the broker fails or gives no answer, the event loop ends first, more than MOST_WAITING wait) is
    logged as an error and raised nowhere, since the data is committed; only a process that is killed says nothing.
    What was not published when its loop ended is published before the next event, if this process has one.
    Raises OutboxError in a transaction that has ended or failed.
    """
    note(session, _Light(manager), prepared)


@dataclass(frozen=True)
class _Light:
    """The sink of one manager: writes nothing, and publishes after the commit."""

    manager: ConnectionManager

    def write(self, session: Session, events: Sequence[Prepared]) -> Sequence[Prepared]:
        return events

    def locked(self, batch: Sequence[Prepared]) -> Sequence[str]:
        return ()

    def committed(self, batches: Sequence[Sequence[Prepared]]) -> None:
        queue = _queue_of(self.manager)
        events = list(chain.from_iterable(batches))
        for prepared in events:
            queue.put(self.manager, prepared)
        queue.start(self.manager.home)
        for prepared in events:
            self.manager.published(prepared)


class _Queue:
    """One manager's committed events on their way to the broker, one after the other."""

    def __init__(self) -> None:
        # Each with its manager, which is thereby kept alive only as long as something waits.
        self._waiting: deque[tuple[ConnectionManager, Prepared]] = deque()
        self._pump: asyncio.Task[None] | None = None
        self._turn = threading.Lock()

    def put(self, manager: ConnectionManager, prepared: Prepared) -> None:
        if len(self._waiting) >= MOST_WAITING:
            log.error("%s is lost after its commit: %d events wait already", prepared.draft.type, MOST_WAITING)
            return
        self._waiting.append((manager, prepared))

    def start(self, home: asyncio.AbstractEventLoop | None) -> None:
        """Publish what waits: on the manager's loop, else on the one that runs here, else before this returns."""
        here = running_loop()
        loop = home or here
        if loop is None:
            with self._turn:
                asyncio.run(self._in_time(self._make_pump))
        elif loop is here:
            self._start_pump()
        else:
            loop.call_soon_threadsafe(self._start_pump)

    async def finish(self) -> None:
        """Publish what waits, within TIMEOUT."""
        await self._in_time(self._start_pump)

    def _start_pump(self) -> asyncio.Task[None]:
        loop = asyncio.get_running_loop()
        if self._pump is None or self._pump.done() or self._pump.get_loop() is not loop:
            self._pump = self._make_pump()
        return self._pump

    def _make_pump(self) -> asyncio.Task[None]:
        pump = asyncio.get_running_loop().create_task(self._drain())
        pump.add_done_callback(self._pump_ended)  # also told of a pump that is cancelled before its first step
        return pump

    async def _in_time(self, start: Callable[[], asyncio.Task[None]]) -> None:
        pump = start()
        await asyncio.wait([pump], timeout=TIMEOUT)
        if not pump.done():
            pump.cancel()
            await asyncio.wait([pump], timeout=CANCEL_TIME)

    async def _drain(self) -> None:
        while self._waiting:
            manager, prepared = self._waiting.popleft()
            try:
                await _publish(manager, prepared)
            except BaseException:
                self._waiting.appendleft((manager, prepared))  # what of it is in a log already is not doubled: its id
                raise

    def _pump_ended(self, pump: asyncio.Task[None]) -> None:
        if pump.cancelled() and self._waiting:
            types = Counter(prepared.draft.type for _, prepared in list(self._waiting))
            log.error(
                "committed and not published: %d events, %s. The event loop ended before the broker had them, or the "
                "broker did not answer within %g s. `await manager.stop()` before the loop ends waits so long for "
                "them, and tidings.outbox.Outbox loses none",
                types.total(),
                ", ".join(f"{type} ({count})" for type, count in types.items()),
                TIMEOUT,
            )


async def _publish(manager: ConnectionManager, prepared: Prepared) -> None:
    """Append to each log; one that fails keeps nothing from the others."""
    draft = prepared.draft
    manager.metrics.publishes["committed"] += 1
    for name in prepared.names:
        try:
            await manager.broker.append(name, draft)
        except Exception:
            manager.metrics.publishes["failed"] += 1
            log.exception("%s (%s) was committed, and is lost on %s", draft.type, draft.id, name)


_queues: WeakKeyDictionary[ConnectionManager, _Queue] = WeakKeyDictionary()
_making = threading.Lock()


def _queue_of(manager: ConnectionManager) -> _Queue:
    with _making:
        if (queue := _queues.get(manager)) is None:
            queue = _queues[manager] = _Queue()
            manager.before_stop(queue.finish)
        return queue
