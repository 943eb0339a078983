"""Sentinel makes a replica the master that lacks what the old one had acknowledged last."""

import asyncio
import time
from contextlib import AsyncExitStack, suppress
from pathlib import Path

from redis import Redis, RedisError

from tidings.testing.proxy import FaultProxy
from torture import cluster, tables
from torture.balancer import Balancer
from torture.ground import Ground
from torture.outcome import Outcome
from torture.scene import PATIENCE, Scene, scene
from torture.settings import Settings
from torture.valkey import SERVICE, Valkey
from torture.writer import Habits

SCREENS, WRITERS = 12, 3
BACK = 5.0  # seconds after the new master until every screen shows a new change
ANSWERED = 15.0  # seconds that a publisher waits for an answer, at most: never silence

_LONG, _SHORT = 300, 20  # changes before the replica is cut off, and after it
_VANISH = 1 << 40  # bytes: more than will come
_DOWN_AFTER = 1_000  # milliseconds until the sentinel takes the master for dead
_FAILOVER_TIMEOUT = 10_000  # milliseconds
_LOOK = 0.02  # seconds between two looks


async def run(ground: Ground) -> Outcome:
    """A new epoch, and everybody is reset, since what was acked last is gone."""
    changes, size = _SHORT if ground.short else _LONG, cluster.Size.of(ground, servers=1)
    outcome = Outcome(
        f"{WRITERS} writers, whose changes are published after their commit, and {SCREENS} screens on {size}, "
        "over Valkey with a replica and a sentinel; the replica hears no more of the "
        f"master, which is killed (SIGKILL) {changes} changes later, and takes its place"
    )
    async with AsyncExitStack() as stack:
        url = stack.enter_context(ground.database("postgres"))
        await tables.create(url)
        pair = await _Pair.started(stack, ground.directory)
        settings = Settings(url, redis=f"redis+sentinel://127.0.0.1:{pair.sentinel.port}/{SERVICE}/0", direct=True)
        servers = await stack.enter_async_context(cluster.started(size, settings, ground.directory))
        made = await stack.enter_async_context(scene(servers, url))
        await made.show(SCREENS, servers[0].websocket, connect=Balancer(servers).connect)
        made.write(WRITERS, ground.random(), Habits(pause=0.005))
        await made.progress(changes)
        outcome.require(not _resets(made), f"{_resets(made)} resets before the failover")
        pair.cut_off()
        await made.progress(changes)
        made.history.renumbered()
        pair.fail()
        failed = time.monotonic()
        await pair.failed_over()
        outcome.figures["seconds until the replica was the master"] = time.monotonic() - failed
        took = await made.back(outcome, time.monotonic(), PATIENCE if ground.short else BACK)
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(*(screen.was_reset() for screen in made.screens))
        await made.stop()
        await made.caught_up(outcome)
        await made.judge(outcome)
        outcome.figures["seconds from then until every screen was back"] = took
        longest = max(writer.longest_answer for writer in made.writers)
    if not ground.short:
        outcome.figures["seconds until a publisher was answered, at most"] = longest
        outcome.require(longest <= ANSWERED, f"a publisher was not answered for {longest:.1f} s")
    return outcome


def _resets(made: Scene) -> int:
    return sum(screen.resets for screen in made.screens)


class _Pair:
    """A master, known to all by its proxy's address, its replica, and a sentinel."""

    def __init__(self, master: Valkey, replica: Valkey, sentinel: Valkey, proxy: FaultProxy) -> None:
        self.master, self.replica, self.sentinel, self.proxy = master, replica, sentinel, proxy

    @classmethod
    async def started(cls, stack: AsyncExitStack, directory: Path) -> "_Pair":
        """All three, until the stack unwinds."""
        master = _valkey(stack, directory / "master", repl_diskless_sync_delay=0)
        proxy = await stack.enter_async_context(FaultProxy(("127.0.0.1", master.port)))
        port = proxy.address[1]
        await asyncio.to_thread(master.start)
        replica = _valkey(stack, directory / "replica", replicaof=f"127.0.0.1 {port}")
        await asyncio.to_thread(replica.start)
        await _until(replica, "master_link_status", "up")
        lines = [
            f"monitor {SERVICE} 127.0.0.1 {port} 1",
            f"down-after-milliseconds {SERVICE} {_DOWN_AFTER}",
            f"failover-timeout {SERVICE} {_FAILOVER_TIMEOUT}",
        ]
        sentinel = _valkey(stack, directory / "sentinel", watches=master, sentinel=lines)
        await asyncio.to_thread(sentinel.start)
        await _until_known(sentinel)
        return cls(master, replica, sentinel, proxy)

    def cut_off(self) -> None:
        """From now on the replica hears nothing of the master."""
        with self.master.client() as client:
            ports = {int(peer["addr"].rpartition(":")[2]) for peer in client.client_list(_type="replica")}
        for link in self.proxy.links:
            if link.port in ports:
                link.to_client.drop(_VANISH)

    def fail(self) -> None:
        """The master dies."""
        self.proxy.refusing = True
        self.master.kill()

    async def failed_over(self) -> None:
        """Return when the replica is the master."""
        await _until(self.replica, "role", "master")


def _valkey(stack: AsyncExitStack, directory: Path, **options: object) -> Valkey:
    directory.mkdir()
    made = Valkey(directory, **options)  # type: ignore[arg-type]
    stack.callback(made.close)
    return made


async def _until(server: Valkey, field: str, value: str) -> None:
    """Return when it says so of its replication. A sentinel that reconfigures a server closes its connections."""
    with server.client() as client:
        async with asyncio.timeout(PATIENCE):
            while True:
                with suppress(RedisError):
                    if (await asyncio.to_thread(client.info, "replication")).get(field) == value:
                        return
                await asyncio.sleep(_LOOK)


async def _until_known(sentinel: Valkey) -> None:
    """Return when it knows of the replica."""
    with Redis(port=sentinel.port, decode_responses=True) as client:
        async with asyncio.timeout(PATIENCE):
            while not await asyncio.to_thread(client.sentinel_slaves, SERVICE):  # noqa: ASYNC110
                await asyncio.sleep(_LOOK)
