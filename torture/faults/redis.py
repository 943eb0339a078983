"""Redis crashes, forgets, hangs and is full, under publishers who publish after their commit."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, AsyncExitStack, contextmanager
from shutil import rmtree

from torture import cluster, tables, valkey
from torture.balancer import Balancer
from torture.ground import Ground
from torture.outcome import Outcome
from torture.scene import PATIENCE, Scene, scene
from torture.settings import Settings
from torture.valkey import Valkey
from torture.writer import Habits

SCREENS, WRITERS = 20, 3
BACK = 5.0  # seconds after Redis until every screen shows a new change
ANSWERED = 15.0  # seconds that a publisher waits for an answer, at most: never silence

_LONG, _SHORT = (3, 200), (1, 20)  # times that each is done, and changes before each
_LOOK = 0.01  # seconds between two looks whether a publisher was told
_PAUSE = 8.0  # seconds that Redis answers nobody: more than anybody's patience


async def run(ground: Ground) -> Outcome:
    """Nothing acked is lost while Redis keeps its data; else a new epoch, and everybody is reset."""
    times, changes = _SHORT if ground.short else _LONG
    size = cluster.Size.of(ground)
    outcome = Outcome(
        f"{WRITERS} writers, whose changes are published after their commit, and {SCREENS} screens on "
        f"{size}, over Valkey with an append-only file: it is "
        f"killed (SIGKILL) and started again, has no memory left for a while, and answers nobody for {_PAUSE:g} s "
        f"(CLIENT PAUSE); then it forgets all (FLUSHALL), and is killed and started without its file; {times} times "
        "each"
    )
    async with AsyncExitStack() as stack:
        url = stack.enter_context(ground.database("postgres"))
        await tables.create(url)
        kept = stack.enter_context(valkey.running(appendonly="yes", appendfsync="always"))
        settings = Settings(url, redis=kept.url, direct=True)
        servers = await stack.enter_async_context(cluster.started(size, settings, ground.directory))
        made = await stack.enter_async_context(scene(servers, url))
        await made.show(SCREENS, servers[0].websocket, connect=Balancer(servers).connect)
        made.write(WRITERS, ground.random(), Habits(pause=0.01))
        faults = _Faults(made, kept, outcome, changes, short=ground.short)
        for _ in range(times):
            for fault in (_crash, _fill) if ground.short else (_crash, _fill, _hang):
                await faults.kept(fault)
        outcome.require(not faults.resets, f"{faults.resets} resets while Redis kept its data")
        for _ in range(times):
            for fault in (_flush, _crash_without_file):
                await faults.forgotten(fault)
        await made.stop()
        await made.caught_up(outcome)
        await made.judge(outcome)
        outcome.figures["resets while Redis kept its data"] = 0
        faults.judge()
    return outcome


class _Faults:
    """What befalls Redis, and how everybody comes out of it."""

    def __init__(self, made: Scene, server: Valkey, outcome: Outcome, changes: int, *, short: bool) -> None:
        self._made, self._server, self._outcome = made, server, outcome
        self._changes, self._short = changes, short
        self._slowest = 0.0

    @property
    def resets(self) -> int:
        """Of all screens."""
        return sum(screen.resets for screen in self._made.screens)

    async def kept(self, fault: "Fault") -> None:
        """One after which every log goes on. It lasts until a publisher was told of it."""
        await self._made.progress(self._changes)
        await self._befall(fault, self._told())

    async def forgotten(self, fault: "Fault") -> None:
        """One after which every log is another one: every screen is told."""
        await self._made.progress(self._changes)
        before = {screen: screen.resets for screen in self._made.screens}
        self._made.history.renumbered()
        await self._befall(fault, None)
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(*(screen.was_reset(times + 1) for screen, times in before.items()))

    async def _befall(self, fault: "Fault", told: int | None) -> None:
        with fault(self._server):
            if told is not None:
                await self._until_told(fault, told)
        took = await self._made.back(self._outcome, time.monotonic(), PATIENCE if self._short else BACK)
        self._slowest = max(self._slowest, took)

    async def _until_told(self, fault: "Fault", told: int) -> None:
        try:
            async with asyncio.timeout(ANSWERED):
                while self._told() == told:  # noqa: ASYNC110
                    await asyncio.sleep(_LOOK)
        except TimeoutError:
            self._outcome.violated(f"no publisher was told of an error within {ANSWERED:g} s: {fault.__name__}")

    def _told(self) -> int:
        return sum(writer.repeated for writer in self._made.writers)

    def judge(self) -> None:
        """How long anybody waited."""
        if not self._short:
            longest = max(writer.longest_answer for writer in self._made.writers)
            self._outcome.figures["seconds after Redis until every screen was back, at most"] = self._slowest
            self._outcome.figures["seconds until a publisher was answered, at most"] = longest
            self._outcome.require(longest <= ANSWERED, f"a publisher was not answered for {longest:.1f} s")


Fault = Callable[[Valkey], AbstractContextManager[None]]
"""Begins with the block, and is over at its end."""


@contextmanager
def _crash(server: Valkey) -> Iterator[None]:
    server.kill()
    yield
    server.start()


@contextmanager
def _fill(server: Valkey) -> Iterator[None]:
    """All that it holds is more than it may."""
    with server.client() as client:
        client.config_set("maxmemory", 1)
        yield
        client.config_set("maxmemory", 0)


@contextmanager
def _hang(server: Valkey) -> Iterator[None]:
    with server.client() as client:
        client.client_pause(int(_PAUSE * 1_000), all=True)
        yield
    with server.client() as client:
        client.ping()  # answered when the pause is over


@contextmanager
def _flush(server: Valkey) -> Iterator[None]:
    with server.client() as client:
        client.flushall()
    yield


@contextmanager
def _crash_without_file(server: Valkey) -> Iterator[None]:
    server.kill()
    rmtree(server.directory / "appendonlydir")
    server.start()
    yield
