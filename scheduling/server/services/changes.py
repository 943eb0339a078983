"""One change at a time: written, committed, then told."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import ParamSpec

from scheduling.server.domain.instants import Clock

from .ports import Notifier, Store, Transaction

logger = logging.getLogger(__name__)
P = ParamSpec("P")


@dataclass(slots=True)
class Change:
    """A write in progress: its transaction, its instant, and what to tell once it is committed."""

    tx: Transaction
    now: datetime
    _news: list[Callable[[], Awaitable[None]]] = field(default_factory=list)

    def tell(self, notify: Callable[P, Awaitable[None]], *args: P.args, **kwargs: P.kwargs) -> None:
        """Call `notify` after the commit; never, when it does not come to that."""
        self._news.append(partial(notify, *args, **kwargs))

    async def told(self) -> None:
        """Call all that `tell` was given, in its order; one that fails is logged and keeps nothing from the rest."""
        for notify in self._news:
            try:
                await notify()
            except Exception:
                logger.exception("A committed change could not be told to the screens.")


class Desk:
    """Where changes are made.

    Guarantees that nothing is told before it is committed, and that what this process tells is in the order of its
    commits. A notifier that fails is logged and fails neither the request nor what else the change has to tell:
    the change stands, and a client that was told otherwise would make it twice.
    """

    def __init__(self, store: Store, notifier: Notifier, clock: Clock) -> None:
        self.store = store
        self.notifier = notifier
        self.clock = clock
        self._turn = asyncio.Lock()

    @asynccontextmanager
    async def change(self) -> AsyncIterator[Change]:
        async with self._turn:
            async with self.store.write() as tx:
                change = Change(tx, self.clock())
                yield change
            await change.told()
