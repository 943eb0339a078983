"""An event loop that a test runs step by step: no clock and no thread decides what happens in which order."""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from contextvars import Context
from typing import Any, TypeVar, TypeVarTuple

from tests.stage import TURNS, HandLoop

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class SteppedLoop(HandLoop):
    """A loop that counts as running between the steps.

    What is given to an executor is done on the loop; each answer of it takes `turns` turns.
    """

    turns = 0

    def __init__(self) -> None:
        self._between = False
        self._calls = 0
        super().__init__()

    def is_running(self) -> bool:
        return self._between or super().is_running()

    def step(self, work: Coroutine[Any, Any, T]) -> T:
        """Run until the work is done; other tasks go as far as they come meanwhile."""
        self._between = False
        try:
            return self.run_until_complete(work)
        finally:
            self._between = True

    async def quiet(self) -> None:
        """Let everything go on until nothing does without the clock."""
        for _ in range(TURNS):
            calls = self._calls
            await asyncio.sleep(0)
            if self._calls == calls + 1:  # the one that goes on here
                return
        raise AssertionError("there is no end of it")

    def call_soon(
        self, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.Handle:
        self._calls += 1
        return super().call_soon(callback, *args, context=context)

    def call_soon_threadsafe(
        self, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.Handle:
        self._calls += 1
        return super().call_soon_threadsafe(callback, *args, context=context)

    def run_in_executor(self, executor: Executor | None, func: Callable[[*Ts], T], *args: *Ts) -> asyncio.Future[T]:
        async def done() -> T:
            result = func(*args)
            for _ in range(self.turns):
                await asyncio.sleep(0)
            return result

        return self.create_task(done())

    def close(self) -> None:
        self._between = False
        super().close()
