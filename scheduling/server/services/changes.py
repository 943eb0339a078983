"""Changes: written, and told with the same commit."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Concatenate, ParamSpec

from scheduling.server.domain.instants import Clock

from .ports import Notifier, Occasion, Store, Transaction

P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class Change:
    """A write in progress: its transaction, its instant, and the request that it comes from, if that has a name."""

    tx: Transaction
    now: datetime
    request_id: str | None

    def tell(self, notify: Callable[Concatenate[Occasion, P], None], *args: P.args, **kwargs: P.kwargs) -> None:
        """Have the screens told if, and when, this change is committed."""
        notify(self, *args, **kwargs)


class Desk:
    """Where changes are made.

    Guarantees that what is committed is told, that nothing else is, and that it is told in the order of the commits:
    telling is a part of the transaction.
    """

    def __init__(self, store: Store, notifier: Notifier, clock: Clock) -> None:
        self.store = store
        self.notifier = notifier
        self.clock = clock

    @asynccontextmanager
    async def change(self, request_id: str | None = None) -> AsyncIterator[Change]:
        async with self.store.write() as tx:
            yield Change(tx, self.clock(), request_id)
