"""Changes: written, and told with the same commit."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from scheduling.server.domain.instants import Clock

from .ports import Notifier, Store, Transaction

Tx = TypeVar("Tx", bound=Transaction)


@dataclass(frozen=True, slots=True)
class Change:
    """A write in progress: its transaction, its instant, and who tells of it once it is committed."""

    tx: Transaction
    now: datetime
    notifier: Notifier


class Desk:
    """Where changes are made.

    Guarantees that what is committed is told, that nothing else is, and that it is told in the order of the commits:
    telling is a part of the transaction.
    """

    def __init__(self, store: Store[Tx], notifier: Callable[[Tx, str | None], Notifier], clock: Clock) -> None:
        """`notifier` makes the one that tells of what a transaction changes, for a request of this name, if any."""

        @asynccontextmanager
        async def change(request_id: str | None) -> AsyncIterator[Change]:
            async with store.write() as tx:
                telling = notifier(tx, request_id)
                yield Change(tx, clock(), telling)
            telling.committed()

        self.store: Store[Transaction] = store
        self.clock = clock
        self._change = change  # a closure, so that only whoever made the desk knows the transaction's own type

    def change(self, request_id: str | None = None) -> AbstractAsyncContextManager[Change]:
        """A change, committed at the end of the block.

        `request_id` is the name that the client gave the request, by which it knows its own change again.
        """
        return self._change(request_id)
