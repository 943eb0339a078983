"""The application's database, as the relay uses it."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.ext.asyncio import AsyncEngine

R = TypeVar("R")


class Database:
    """Does one thing at a time, in a transaction of its own, for at most `timeout` seconds.

    `explained` turns what the driver says of missing tables into what to do about it.
    """

    def __init__(
        self, engine: Engine | AsyncEngine, *, timeout: float, explained: Callable[[], AbstractContextManager[None]]
    ) -> None:
        self._engine, self._timeout, self._explained = engine, timeout, explained
        # What came to no end in time, and may still hold a connection; no more is begun until it has let go.
        self._given_up: set[asyncio.Task[Any]] = set()
        self._thread = ThreadPoolExecutor(1, "tidings-relay")  # for an engine without async; one, for the same reason

    async def do(self, work: Callable[[Connection], R]) -> R:
        """What a function of a connection returns. Raises TimeoutError, TablesMissing, and what the driver raises."""
        async with asyncio.timeout(self._timeout):
            if self._given_up:
                await asyncio.wait(self._given_up)
            task = asyncio.ensure_future(self._in_transaction(work))
            try:
                await asyncio.wait([task])
            finally:
                if not task.done():
                    self._give_up(task)
            with self._explained():
                return task.result()

    def _give_up(self, task: asyncio.Task[Any]) -> None:
        """Cancel it, and do not wait: a driver may need long to let go of its connection."""
        task.cancel()
        self._given_up.add(task)
        task.add_done_callback(self._given_up.discard)
        task.add_done_callback(lambda task: task.cancelled() or task.exception())  # nobody else asks how it ended

    async def _in_transaction(self, work: Callable[[Connection], R]) -> R:
        if isinstance(self._engine, AsyncEngine):
            async with self._engine.begin() as connection:
                return await connection.run_sync(work)
        there = partial(_in_transaction, self._engine, work)
        return await asyncio.get_running_loop().run_in_executor(self._thread, there)


def _in_transaction(engine: Engine, work: Callable[[Connection], R]) -> R:
    with engine.begin() as connection:
        return work(connection)
