"""Work in rounds: what there is to do is done together, now and then, and what failed with the next round."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from tidings.protocol.errors import in_one_line

log = logging.getLogger("tidings")

T = TypeVar("T")

_AT_ONCE = 32  # things that are worked on at the same time


class Rounds:
    """Does `work` when it is `due` (seconds of the loop), or woken before, until it is no longer `needed`; then it
    calls `ended`, and rests until the next start. `work` returns what failed.
    """

    def __init__(
        self,
        work: Callable[[], Awaitable[Sequence[Exception]]],
        *,
        needed: Callable[[], bool],
        ended: Callable[[], None],
    ) -> None:
        self._work, self._needed, self._ended = work, needed, ended
        self.due = 0.0
        self._woken = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._failing = False

    def start(self) -> None:
        """Begin on the running loop, unless it has."""
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run())

    def wake(self) -> None:
        """Do a round now."""
        self._woken.set()

    async def stop(self) -> bool:
        """End where it is; returns whether it ran."""
        task, self._task = self._task, None
        if task is None:
            return False
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return True

    async def _run(self) -> None:
        while self._needed():
            self._woken.clear()
            errors = await self._work()
            if errors and not self._failing:
                log.warning("presence: a log cannot be written or read; it is tried again: %s", in_one_line(errors[0]))
            self._failing = bool(errors)
            await self._wait()
        self._ended()
        self._task = None

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout_at(self.due):
                await self._woken.wait()
        except TimeoutError:
            return


async def failures(things: Sequence[T], work: Callable[[T], Awaitable[None]]) -> list[tuple[T, Exception]]:
    """Do something for each of these, a few at a time; returns those for which it failed, and how."""
    failed: list[tuple[T, Exception]] = []
    for first in range(0, len(things), _AT_ONCE):
        some = things[first : first + _AT_ONCE]
        outcomes = await asyncio.gather(*map(work, some), return_exceptions=True)
        failed += [(it, outcome) for it, outcome in zip(some, outcomes, strict=True) if isinstance(outcome, Exception)]
    return failed
