"""Several servers of several workers each on one database and, with Redis, one log.

`python -m torture.cluster` (`make cluster`) starts the whole set on this machine: Postgres, Valkey, and two servers of
two workers each; puts a short load on it, and has the history checker judge it. With `--keep` it then goes on running
until Ctrl+C.
"""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

from sqlalchemy import URL

from torture import balancer, outcome, postgres, scene, tables, valkey, writer
from torture.ground import Ground
from torture.server import Server
from torture.settings import Settings

SCREENS, WRITERS = 20, 3


@dataclass(frozen=True, slots=True)
class Size:
    """So many servers of so many workers each."""

    servers: int = 2
    workers: int = 2

    def __str__(self) -> str:
        one = "server" if self.servers == 1 else "servers"
        return f"{self.servers} {one} of {self.workers} {'worker' if self.workers == 1 else 'workers'} each"

    @classmethod
    def of(cls, ground: Ground, servers: int = 2) -> "Size":
        """What a run has; in the short form of one worker each, as four take long to start."""
        return cls(servers, 1 if ground.short else 2)


@asynccontextmanager
async def started(size: Size, settings: Settings, directory: Path) -> AsyncIterator[list[Server]]:
    """Servers, every one with a log of its own under this directory."""
    async with AsyncExitStack() as stack:
        servers = []
        for number in range(1, size.servers + 1):
            own = directory / f"server-{number}"
            own.mkdir()
            servers.append(await stack.enter_async_context(Server(settings, own, workers=size.workers)))
        yield servers


def main() -> int:
    """Start, load, judge; returns the exit status."""
    options = _options()
    try:
        with ExitStack() as stack:
            directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tidings-cluster-")))
            database = stack.enter_context(postgres.running()).database().set(drivername="postgresql+asyncpg")
            redis = stack.enter_context(valkey.running(appendonly="yes"))
            settings = Settings(database, redis=redis.url)
            return 0 if asyncio.run(_run(settings, directory, options)) else 1
    except outcome.TortureError as error:
        print(f"the cluster does not start: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


async def _run(settings: Settings, directory: Path, options: argparse.Namespace) -> bool:
    await tables.create(settings.database)
    size = Size()
    async with started(size, settings, directory) as servers:
        for name, where in _addresses(settings, size, servers):
            print(f"{name:<10} {where}")
        came = await _load(settings.database, servers, options.seconds)
        print("\n".join(["", *came.text()]), flush=True)
        if options.keep:
            print("\nIt goes on until Ctrl+C.", flush=True)
            await asyncio.Event().wait()
    return came.passed


def _addresses(settings: Settings, size: Size, servers: list[Server]) -> list[tuple[str, str]]:
    database: URL = settings.database
    return [
        ("Postgres", database.render_as_string(hide_password=True)),
        ("Valkey", settings.redis),
        *((f"Server {n}", f"{it.websocket}, {size.workers} workers; log {it.log}") for n, it in enumerate(servers, 1)),
    ]


async def _load(database: URL, servers: list[Server], seconds: float) -> outcome.Outcome:
    """Writers and screens, for so many seconds."""
    came = outcome.Outcome(f"{WRITERS} writers and {SCREENS} screens, {seconds:g} s")
    async with scene.scene(servers, database) as made:
        spread = balancer.Spread(servers, SCREENS)
        await made.show(SCREENS, servers[0].websocket, connect=spread.connect)
        spread.judge(came)
        made.write(WRITERS, Random(1), writer.Habits())
        await asyncio.sleep(seconds)
        await made.stop()
        came.figures["seconds until all was shown, at the end"] = await made.caught_up(came)
        await made.judge(came)
    came.require(came.figures["resets"] == 0, f"{came.figures['resets']} resets")
    return came


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m torture.cluster", description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0, help="how long the load lasts (10)")
    parser.add_argument("--keep", action="store_true", help="go on running until Ctrl+C")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
