"""A thread with an event loop, for callers on others."""

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tidings.concurrency.background import Background


@asynccontextmanager
async def nothing() -> AsyncIterator[None]:
    """What needs no more than the thread."""
    yield


async def test_how_work_fails_whose_caller_was_cancelled_is_one_line(caplog: pytest.LogCaptureFixture) -> None:
    told: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
    began, free = asyncio.Event(), asyncio.Event()
    background, here = Background("test", nothing), asyncio.get_running_loop()

    async def work(_: object) -> None:
        here.call_soon_threadsafe(began.set)
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(free.wait(), here))
        raise LookupError("too late\n[parameters: secret]")

    caller = asyncio.create_task(background.do(work))
    await began.wait()
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    free.set()
    await background.close()
    await asyncio.sleep(0)  # in which this loop hears of the end
    await asyncio.sleep(0)
    del caller
    gc.collect()
    assert told == []
    assert caplog.messages == ["work of test failed after its caller was cancelled: LookupError: too late"]
    assert caplog.records[0].exc_info is None


async def test_how_work_fails_is_told_to_who_waits_alone(caplog: pytest.LogCaptureFixture) -> None:
    background = Background("test", nothing)

    async def work(_: object) -> None:
        raise LookupError("in time")

    with pytest.raises(LookupError, match="in time"):
        await background.do(work)
    await background.close()
    assert caplog.messages == []


async def test_work_that_is_cancelled_with_its_caller_has_not_failed(caplog: pytest.LogCaptureFixture) -> None:
    began, background, here = asyncio.Event(), Background("test", nothing), asyncio.get_running_loop()

    async def work(_: object) -> None:
        here.call_soon_threadsafe(began.set)
        await asyncio.Event().wait()

    caller = asyncio.create_task(background.do(work, cancel=True))
    await began.wait()
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    await background.close()
    assert caplog.messages == []
