"""Many questions, few calls."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Question = TypeVar("Question")
Answer = TypeVar("Answer")


class Batch(Generic[Question, Answer]):
    """Answers what many ask at once with few calls: while one call runs, the questions for the next one gather.

    `work` is given at most `limit` questions and returns an answer for each, in their order; what it raises, and an
    answer that is an exception, is raised at those who asked. It runs in a task of its own: an asker that is
    cancelled disturbs nobody. More than `waiting` questions are refused with OverflowError. A batch belongs to the
    event loop that it was first asked on.
    """

    def __init__(
        self,
        work: Callable[[Sequence[Question]], Awaitable[Sequence[Answer | Exception]]],
        *,
        limit: int,
        waiting: int = 100_000,
    ) -> None:
        self._work, self._limit, self._bound = work, limit, waiting
        self._waiting: deque[tuple[Question, asyncio.Future[Answer]]] = deque()
        self._task: asyncio.Task[None] | None = None

    async def ask(self, question: Question) -> Answer:
        """The answer to a question, with the next call."""
        if len(self._waiting) >= self._bound:
            raise OverflowError(f"{self._bound} are waiting already; try again later")
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((question, answer))
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._run())
        return await answer

    async def close(self) -> None:
        """Wait until what was asked is answered."""
        if self._task is not None:
            await self._task

    async def _run(self) -> None:
        taken: list[tuple[Question, asyncio.Future[Answer]]] = []
        try:
            while self._waiting:
                taken = [self._waiting.popleft() for _ in range(min(self._limit, len(self._waiting)))]
                for (_, future), answer in zip(taken, await self._answers([it for it, _ in taken]), strict=True):
                    _settle(future, answer)
        finally:  # cancelled: nobody is left waiting
            for _, future in [*taken, *self._waiting]:
                future.cancel()
            self._waiting.clear()
            self._task = None  # which holds the event loop, also once that is closed

    async def _answers(self, questions: Sequence[Question]) -> Sequence[Answer | Exception]:
        try:
            return await self._work(questions)
        except Exception as error:  # noqa: BLE001
            return [error] * len(questions)


def _settle(future: "asyncio.Future[Answer]", answer: Answer | Exception) -> None:
    if future.done():  # its asker was cancelled
        return
    if isinstance(answer, Exception):
        future.set_exception(answer)
    else:
        future.set_result(answer)
