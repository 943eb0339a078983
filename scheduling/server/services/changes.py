"""Changes: written, and told with the same commit; those of a request that its client named, once only."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from scheduling.server.domain.instants import Clock

from .errors import AnswerToldOnce, RequestIdReused
from .ports import KeptAnswer, Notifier, Store, Transaction

Tx = TypeVar("Tx", bound=Transaction)

ANSWER_RETENTION = timedelta(days=1)
SWEEP_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Change:
    """A write in progress: its transaction, its instant, and who tells of it once it is committed."""

    tx: Transaction
    now: datetime
    notifier: Notifier


class Repeated(Exception):
    """This request was carried out before; `answer` is what it was answered with."""

    def __init__(self, answer: KeptAnswer) -> None:
        super().__init__()
        self.answer = answer


class NamedRequest:
    """A request that its client has named, and sends again by that name if it hears nothing: it is carried out once.

    Its change and its answer commit together, so one is never there without the other: the change stays open when
    its block ends, and is committed when `until_answered` is closed, or rolled back if that is by an error.
    """

    def __init__(self, request_id: str, staff_id: int, digest: str, until_answered: AsyncExitStack) -> None:
        """`request_id` is good for this person; `digest` tells whether all that is asked for is the same."""
        self.id = request_id
        self._staff_id, self._digest, self._until_answered = staff_id, digest, until_answered
        self._change: Change | None = None

    async def answered(self, status: int, media_type: str | None, body: bytes | None) -> None:
        """Keep the answer, without its `body` where that is for one reader once, if there was a change."""
        if self._change is not None:
            answer = KeptAnswer(self._digest, status, media_type, body)
            await self._change.tx.answers.add(self._staff_id, self.id, answer, self._change.now)

    async def refuse_repeated(self, change: Change) -> None:
        """Raises Repeated, RequestIdReused for another request of that name, AnswerToldOnce."""
        kept = await change.tx.answers.find(self._staff_id, self.id)
        if kept is None:
            return
        if kept.digest != self._digest:
            raise RequestIdReused(
                f"X-Request-ID: {self.id} was the name of another request. Use a new one for each, "
                "and the same only to send the very same request again."
            )
        if kept.body is None:
            raise AnswerToldOnce(
                "This was done already. Its answer is a secret that is told only once: undo it, and do it anew."
            )
        raise Repeated(kept)

    async def hold(self, change: Change, transaction: AsyncExitStack) -> None:
        """Leave the change open, which is done but for its answer; to close its `transaction` commits it."""
        self._change = change
        await self._until_answered.enter_async_context(transaction)


class Desk:
    """Where changes are made.

    Guarantees that what is committed is told, that nothing else is, and that it is told in the order of the commits:
    telling is a part of the transaction.
    """

    def __init__(
        self,
        store: Store[Tx],
        notifier: Callable[[Tx, str | None], Notifier],
        clock: Clock,
        answer_retention: timedelta = ANSWER_RETENTION,
    ) -> None:
        """`notifier` makes the one that tells of what a transaction changes, for a request of this name, if any.

        Answers to named requests are swept at the first change a minute after they are `answer_retention` old.
        """

        @asynccontextmanager
        async def begin(request_id: str | None) -> AsyncIterator[Change]:
            async with store.write() as tx:
                telling = notifier(tx, request_id)
                yield Change(tx, clock(), telling)

        self.store: Store[Transaction] = store
        self.clock = clock
        self._begin = begin  # a closure, so that only whoever made the desk knows the transaction's own type
        self._answer_retention = answer_retention
        self._swept_at: datetime | None = None

    @asynccontextmanager
    async def change(self, named: NamedRequest | None = None) -> AsyncIterator[Change]:
        """A change, committed at the end of the block; that of a named request once it is answered.

        Until then nobody else changes anything: a named request begins no second change, as that would wait for its
        first. The name reaches the screens with the change, so that its client knows it again. Raises what
        `NamedRequest.refuse_repeated` does.
        """
        async with AsyncExitStack() as stack:
            change = await stack.enter_async_context(self._begin(None if named is None else named.id))
            await self._sweep(change)
            if named is not None:
                await named.refuse_repeated(change)
            yield change
            if named is not None:
                await named.hold(change, stack.pop_all())

    async def _sweep(self, change: Change) -> None:
        if self._swept_at is None or change.now - self._swept_at >= SWEEP_EVERY:
            await change.tx.answers.delete_before(change.now - self._answer_retention)
            self._swept_at = change.now
