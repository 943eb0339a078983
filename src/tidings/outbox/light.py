"""`manager.publish_after_commit`: the light form, without a table."""

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from weakref import WeakKeyDictionary

from sqlalchemy.orm import Session

from tidings.manager import ConnectionManager, Prepared
from tidings.outbox.sessions import AnySession, note
from tidings.sync import running_loop

MOST_WAITING = 10_000
"""Events that are committed and not yet taken by the broker; what comes on top of them is lost."""

TIMEOUT = 10.0
"""Seconds that a commit waits for the broker on a thread without an event loop, before a server has started."""

log = logging.getLogger("tidings")


def after_commit(manager: ConnectionManager, session: AnySession, prepared: Prepared) -> None:
    """Publish the event once the session's transaction has committed; drop it where that is rolled back.

    Events reach the logs in the order of their commits in this process. What goes wrong after the commit (the broker
    fails, the process ends, more than MOST_WAITING wait) loses the event: it is logged as an error and raised nowhere,
    since the data is committed. Raises OutboxError in a transaction that has ended or failed.
    """
    note(session, _Light(manager), prepared)


@dataclass(frozen=True)
class _Light:
    """The sink of one manager: writes nothing, and publishes after the commit."""

    manager: ConnectionManager

    def write(self, session: Session, events: Sequence[Prepared]) -> Sequence[Prepared]:
        return events

    def committed(self, batches: Sequence[Sequence[Prepared]]) -> None:
        with _making:
            queue = _queues.setdefault(self.manager, _Queue())
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
                asyncio.run(self._drain_in_time())
        elif loop is here:
            self._start_pump()
        else:
            loop.call_soon_threadsafe(self._start_pump)

    def _start_pump(self) -> None:
        loop = asyncio.get_running_loop()
        if self._pump is None or self._pump.done() or self._pump.get_loop() is not loop:
            self._pump = loop.create_task(self._drain())

    async def _drain_in_time(self) -> None:
        try:
            await asyncio.wait_for(self._drain(), TIMEOUT)
        except TimeoutError:
            log.exception("committed events still wait: no answer from the broker within %g s", TIMEOUT)

    async def _drain(self) -> None:
        while self._waiting:
            manager, prepared = self._waiting.popleft()
            for name in prepared.names:
                try:
                    await manager.broker.append(name, prepared.draft)
                except Exception:
                    draft = prepared.draft
                    log.exception("%s (%s) was committed, and is lost on %s", draft.type, draft.id, name)


_queues: WeakKeyDictionary[ConnectionManager, _Queue] = WeakKeyDictionary()
_making = threading.Lock()
