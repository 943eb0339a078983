"""What a run stands on: a directory, databases, randomness, and how long it may take."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

from sqlalchemy import URL

from torture.postgres import Postgres


@dataclass(frozen=True, slots=True)
class Ground:
    """`short`: the form that `make test` runs. `postgres` gives a running server. `directory` is the run's own."""

    short: bool
    directory: Path
    postgres: Callable[[], Postgres]
    seed: int = 1

    def random(self) -> Random:
        """Chance: the same in every run with this seed."""
        return Random(self.seed)

    @contextmanager
    def database(self, kind: str) -> Iterator[URL]:
        """An empty database, "sqlite" or "postgres", with an async driver; gone at the end of the block."""
        if kind == "sqlite":
            yield URL.create("sqlite+aiosqlite", database=str(self.directory / "torture.sqlite3"))
            return
        server = self.postgres()
        url = server.database()
        try:
            yield url.set(drivername="postgresql+asyncpg")
        finally:
            server.drop(url)
