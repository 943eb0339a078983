"""Writers and screens on one application, what they did and saw, and the judgement on it."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from random import Random
from random import random as system_random

import httpx2
from sqlalchemy import URL

from tidings.client import connect
from tidings.client.connection import Connect
from tidings.protocol.log import Position
from tidings.testing.history import History, check
from torture import logs, tables
from torture.balancer import Balancer
from torture.outcome import Outcome
from torture.screen import Screen
from torture.server import Server
from torture.settings import Settings
from torture.truth import Truth
from torture.writer import OWNERS, Habits, Writer

PATIENCE = 60.0  # seconds that screens have to show all, where nothing shorter is promised


class Scene:
    """One history. `server` is the first of the servers."""

    def __init__(
        self, servers: Sequence[Server], truth: Truth, http: httpx2.AsyncClient, stack: AsyncExitStack
    ) -> None:
        self.servers, self.server, self.truth, self.history = servers, servers[0], truth, History()
        self.screens: list[Screen] = []
        self.writers: list[Writer] = []
        self._http, self._stack = http, stack
        self._writing: list[asyncio.Task[None]] = []
        self._stopping = asyncio.Event()
        self._told = asyncio.Event()

    @property
    def committed(self) -> int:
        """How many changes were made."""
        return sum(len(writer.committed) for writer in self.writers)

    async def show(
        self,
        screens: int,
        websocket: str,
        random: Callable[[], float] = system_random,
        connect: Connect = connect,
    ) -> None:
        """Add screens: the first, and every second, of all items, the others of one owner's."""
        for _ in range(screens):
            number = len(self.screens)
            owner = OWNERS[number // 2 % len(OWNERS)] if number % 2 else None
            screen = Screen(f"screen-{number + 1}", self._http, self.history, owner)
            await self._stack.enter_async_context(screen.shown(websocket, random, connect))
            self.screens.append(screen)

    def write(self, writers: int, random: Random, habits: Habits, changes: int | None = None) -> None:
        """Have new writers write, so many changes each, or until `stop`."""
        for number in range(len(self.writers), len(self.writers) + writers):
            chance = Random(random.random())
            self.writers.append(Writer(number, self._http, self.history, chance, habits, self._tell))
        self.resume(changes)

    def resume(self, changes: int | None = None) -> None:
        """Have the writers write, after they have ended."""
        for writer in self.writers:
            task = asyncio.create_task(writer.run(self._stopping, changes))
            task.add_done_callback(lambda _: self._tell())
            self._writing.append(task)

    async def progress(self, changes: int) -> None:
        """Return when so many more changes were made. Raises what a writer raised."""
        goal = self.committed + changes
        while self.committed < goal:
            for task in self._writing:
                if task.done():
                    task.result()
            await self._told.wait()

    async def stop(self) -> None:
        """Have writers end, each with the outcome of its last change. Raises what one of them raised."""
        self._stopping.set()
        await self.written()
        self._stopping.clear()

    async def written(self) -> None:
        """Return when the writers have ended. Raises what one of them raised."""
        await asyncio.gather(*self._writing)
        self._writing.clear()

    async def abandon(self) -> None:
        """Have writers end at once."""
        for task in self._writing:
            task.cancel()
        await asyncio.gather(*self._writing, return_exceptions=True)

    async def caught_up(self, outcome: Outcome, within: float = PATIENCE) -> float:
        """Return when every screen is connected and shows all that the database holds now, with the seconds that it
        took; a screen that is late is a violation.
        """
        begin = time.monotonic()
        await self._shown(outcome, await self.truth.tops(), begin, within)
        return time.monotonic() - begin

    async def back(self, outcome: Outcome, restart: float, within: float) -> float:
        """While writers write, and once all is up again that was started at `restart` (`time.monotonic`): return when
        every screen is connected and shows a change that was committed since now, with the seconds since `restart`.

        What a screen had before it lost its connection does not count. A screen that is late is a violation.
        """
        try:
            async with asyncio.timeout(restart + within - time.monotonic()):
                tops = await self._new_changes()
        except TimeoutError:
            outcome.violated(f"{within:g} s after a restart not every channel has a new change")
        else:
            await self._shown(outcome, tops, restart, within)
        return time.monotonic() - restart

    async def _new_changes(self) -> dict[str, Position]:
        """Where the logs end, once that of each screen's channel has gone on."""
        tops = before = await self.truth.tops()
        while any(tops.get(name) == before.get(name) for name in {screen.channel.name for screen in self.screens}):
            await self.progress(1)
            tops = await self.truth.tops()
        return tops

    async def _shown(self, outcome: Outcome, tops: dict[str, Position], begin: float, within: float) -> None:
        waiting = {
            asyncio.create_task(screen.reached(tops[screen.channel.name])): screen
            for screen in self.screens
            if screen.channel.name in tops
        }
        left = max(0.0, begin + within - time.monotonic())
        done, late = await asyncio.wait(waiting, timeout=left) if waiting else (set(), set())
        for task in done:
            task.result()
        for task in late:
            task.cancel()
            screen = waiting[task]
            top = tops[screen.channel.name]
            outcome.violated(f"{within:g} s later {screen.name} is not at {top}: {screen.standing}")

    async def judge(self, outcome: Outcome, *, mark: str = "", holds: int | None = None) -> None:
        """Once writers have ended and screens have caught up: check the history, and that nothing was missed by it.
        `mark` is that of the screens. `holds`: how many events a log keeps, where it does not keep all.
        """
        outcome.violated(*await self.truth.record(self.history, mark))
        for screen in self.screens:
            screen.record_end()
        known = {id for writer in self.writers for id in writer.committed}
        made = await self.truth.changes()
        outcome.require(known <= made, f"{len(known - made)} changes were told to be made, and were not")
        outcome.require(made <= known, f"{len(made - known)} changes were made, and nobody was told")
        outcome.take(await asyncio.to_thread(check, self.history.records, holds=holds))
        outcome.figures["requests repeated"] = sum(writer.repeated for writer in self.writers)
        outcome.figures["tracebacks in the server's log"] = sum(server.tracebacks for server in self.servers)

    def _tell(self) -> None:
        self._told.set()
        self._told = asyncio.Event()


@asynccontextmanager
async def scene(
    server: Server | Sequence[Server], database: URL, settings: Settings | None = None
) -> AsyncIterator[Scene]:
    """A scene on a server, or on several, that run; screens and writers are gone at the end of the block. `settings`
    say where the logs are read, where that is not as the servers do it.
    """
    servers = [server] if isinstance(server, Server) else server
    engine = tables.engine(database, 2)
    try:
        async with AsyncExitStack() as stack:
            http = await stack.enter_async_context(Balancer(servers).http())
            read = await stack.enter_async_context(logs.read(settings or servers[0].settings, engine))
            made = Scene(servers, Truth(engine, read), http, stack)
            try:
                yield made
            finally:
                await made.abandon()
    finally:
        await engine.dispose()
