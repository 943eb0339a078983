"""Waits that end, whatever clock the event loop goes by."""

import asyncio
import threading
from contextlib import suppress
from typing import Any


async def within(seconds: float, *awaited: "asyncio.Future[Any]") -> bool:
    """Whether one of these is done before so many seconds have really passed. None of them is cancelled.

    A timer of the event loop would not do: under `FakeClock`, or where a test has stopped time, it never rings.
    """
    loop = asyncio.get_running_loop()
    late: asyncio.Future[None] = loop.create_future()
    timer = threading.Timer(seconds, _ring, (loop, late))
    timer.daemon = True
    timer.start()
    try:
        await asyncio.wait([late, *awaited], return_when=asyncio.FIRST_COMPLETED)
        return any(each.done() for each in awaited)
    finally:
        timer.cancel()
        late.cancel()


def _ring(loop: asyncio.AbstractEventLoop, late: "asyncio.Future[None]") -> None:
    with suppress(RuntimeError):  # the loop was closed meanwhile
        loop.call_soon_threadsafe(late.cancel)
