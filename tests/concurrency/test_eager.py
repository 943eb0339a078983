"""Work that starts at once and becomes a task only where it waits."""

import asyncio
from typing import Any

import pytest

from tidings.concurrency import eager


class Work:
    """A coroutine that notes how far it came: before its wait, behind it, and how it ended."""

    def __init__(self, *waits: Any) -> None:
        self.waits = waits
        self.came: list[str] = []

    async def run(self) -> None:
        try:
            self.came.append("begun")
            for wait in self.waits:
                await wait
                self.came.append("went on")
        except asyncio.CancelledError:
            self.came.append("cancelled")
            raise
        finally:
            self.came.append("ended")


async def test_work_that_does_not_wait_is_done_when_start_returns() -> None:
    work = Work()
    assert eager.start(work.run()) is None
    assert work.came == ["begun", "ended"]


async def test_work_that_waits_goes_on_as_a_task() -> None:
    ready = asyncio.Event()
    work = Work(asyncio.sleep(0), ready.wait(), asyncio.sleep(0))
    task = eager.start(work.run())
    assert task is not None
    assert work.came == ["begun"]
    ready.set()
    await task
    assert work.came == ["begun", "went on", "went on", "went on", "ended"]


async def test_what_it_waits_for_may_be_done_before_its_task_runs() -> None:
    future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    work = Work(future)
    task = eager.start(work.run())
    future.set_result(None)
    assert task is not None
    await task
    assert work.came == ["begun", "went on", "ended"]


@pytest.mark.parametrize("turns", [0, 1, 2])
async def test_a_cancellation_reaches_the_work_however_early_it_comes(turns: int) -> None:
    work = Work(asyncio.Event().wait())
    task = eager.start(work.run())
    assert task is not None
    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert work.came == ["begun", "cancelled", "ended"]


async def test_a_failure_is_the_callers_before_the_wait_and_the_tasks_behind_it() -> None:
    async def fail(wait: bool) -> None:
        if wait:
            await asyncio.sleep(0)
        raise LookupError

    with pytest.raises(LookupError):
        eager.start(fail(wait=False))
    task = eager.start(fail(wait=True))
    assert task is not None
    with pytest.raises(LookupError):
        await task


async def test_behind_the_wait_it_runs_in_a_task_and_may_use_what_needs_one() -> None:
    async def timed() -> None:
        await asyncio.sleep(0)
        async with asyncio.timeout(20):
            await asyncio.sleep(0)

    task = eager.start(timed())
    assert task is not None
    await task
