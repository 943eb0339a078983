"""10: publishing through each broker that tidings has."""

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import URL, create_engine, make_url, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import create_async_engine

from bench.process import ServerError
from bench.servers import logs
from bench.workloads.workload import Candidate, Figure, Figures, Metric, Plan, Workload, entered, of_parts, share
from tidings.brokers.database import DatabaseBroker
from torture import postgres
from torture.outcome import TortureError
from torture.valkey import Valkey

BROKERS = {"memory": "MemoryBroker", "redis": "Redis", "sqlite": "SQLite", "postgres": "Postgres"}
SUBSCRIBERS = 10
IN_FLIGHT = 64

# Of a broker's server, of which there are many; its wheel may not be here.
_FAULTS = (OSError, RuntimeError, ImportError, SQLAlchemyError, TortureError, subprocess.SubprocessError)


def metrics(plan: Plan) -> Sequence[Metric]:
    """Events and latency through each."""
    return [
        metric
        for key, name in BROKERS.items()
        for metric in (
            Metric(f"{key}", f"events/s through {name}", saturates=True),
            Metric(f"{key}-p50", f"latency p50 through {name}, {plan.per_second:g} events/s", "ms", 1e3, 2, lower=True),
            Metric(f"{key}-p99", f"latency p99 through {name}, {plan.per_second:g} events/s", "ms", 1e3, 2, lower=True),
        )
    ]


def measure(candidate: Candidate) -> Figures:
    """Each in turn, with a server of its own where it needs one."""
    return of_parts((name, partial(_placed, candidate, key)) for key, name in BROKERS.items())


def _placed(candidate: Candidate, key: str) -> Figures:
    try:
        with _place(key) as told:
            return _measured(candidate, key, told)
    except _FAULTS as error:
        raise ServerError(f"{type(error).__name__}: {error}") from error


def _measured(candidate: Candidate, key: str, told: dict[str, str]) -> Figures:
    """Latency with one writer, then events with many: they are told by connections of their own."""
    plan = candidate.plan
    figures: dict[str, Figure] = {}
    for writers in (1, plan.writers):
        with candidate.start(environment=told, writers=writers) as (server, load):
            load.stream(server.trigger())
            load.clients(server.way_in(token) for token in candidate.tokens[:SUBSCRIBERS])
            load.open()
            load.fire()
            if writers == 1:
                steady = load.steady(plan.per_second, plan.warm_up, plan.window)
                figures |= {f"{key}-p50": Figure(steady.p50), f"{key}-p99": Figure(steady.p99)}
            else:
                measured = load.closed(IN_FLIGHT, plan.warm_up, plan.window)
                figures[key] = share(measured.events / measured.spent.seconds, measured.spent)
    return figures


@contextmanager
def _place(key: str) -> Iterator[dict[str, str]]:
    """What the server is told, of a database or a Valkey that is there for it alone."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="tidings-bench-")))
        if key == "redis":
            valkey = Valkey(folder, appendonly="yes", appendfsync="everysec")
            stack.callback(valkey.close)
            valkey.start()
            yield {logs.REDIS: valkey.url}
        elif key == "sqlite":
            yield {logs.DATABASE: _with_tables(make_url(f"sqlite+aiosqlite:///{folder}/events.sqlite3"), "sqlite")}
        elif key == "postgres":
            server = stack.enter_context(postgres.running())
            url = server.database()
            stack.callback(server.drop, url)
            if server.ours:
                _write_to_disk(url)
            yield {logs.DATABASE: _with_tables(url.set(drivername="postgresql+asyncpg"), "postgresql+psycopg")}
        else:
            yield {}


def _write_to_disk(url: URL) -> None:
    """Have the server of our own do what that of an application does; somebody else's keeps its settings."""
    engine = create_engine(url.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("ALTER SYSTEM SET fsync = on"))
        connection.execute(text("SELECT pg_reload_conf()"))
    engine.dispose()


def _with_tables(url: URL, driver: str) -> str:
    """The URL, once its database has the tables."""
    engine = create_engine(url.set(drivername=driver))
    DatabaseBroker(create_async_engine(url)).metadata.create_all(engine)
    engine.dispose()
    return url.render_as_string(hide_password=False)


WORKLOAD = Workload(
    names=("brokers",),
    number="10",
    title="Publishing through each broker",
    about=f"{SUBSCRIBERS} subscribers in the process that publishes. Events/s: {IN_FLIGHT} on their way, by 16 writers "
    "at the same time; latency: one after the other. The brokers' servers ran beside the load: Valkey with AOF every "
    "second, Postgres with fsync, SQLite as the broker sets it up.",
    metrics=metrics,
    connections=lambda plan: SUBSCRIBERS,
    measure=measure,
    seconds=lambda plan: 2 * len(BROKERS) * (entered(SUBSCRIBERS) + plan.warm_up + plan.window),
    only=("tidings",),
)
