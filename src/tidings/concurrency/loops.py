"""The event loop that runs here, and work for one that may run elsewhere."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

Loop = asyncio.AbstractEventLoop


def running_loop() -> Loop | None:
    """The event loop that runs on this thread, if one does."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


async def work_on(loop: Loop | None, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """What the work returns or raises, done on this loop, or on the running one where there is none."""
    if loop is None or loop is asyncio.get_running_loop():
        return await work()
    return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work(), loop))


def act_on(loop: Loop | None, act: Callable[[], object]) -> None:
    """Act on this loop: now, or, from another thread, as soon as the loop comes to it."""
    if loop is None or loop is running_loop():
        act()
    else:
        loop.call_soon_threadsafe(act)
