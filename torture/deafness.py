"""Processes that hear nothing of what Redis publishes, though their connections stand."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass

from redis import Redis

from tidings.testing.proxy import FaultProxy, Link
from torture import tables, valkey
from torture.ground import Ground
from torture.outcome import Outcome
from torture.settings import Settings

_VANISH = 1 << 40  # bytes: more than will come


@dataclass(frozen=True, slots=True)
class Between:
    """`settings` are those of servers that reach the Valkey at `url` by the proxy only; `redis` is a client beside."""

    settings: Settings
    url: str
    redis: "Redis"
    proxy: FaultProxy


@asynccontextmanager
async def between(ground: Ground) -> AsyncIterator[Between]:
    """A proxy before a Valkey, and a Postgres with its tables."""
    async with AsyncExitStack() as stack:
        database = stack.enter_context(ground.database("postgres"))
        await tables.create(database)
        kept = stack.enter_context(valkey.running())
        redis = stack.enter_context(kept.client())
        proxy = await stack.enter_async_context(FaultProxy(("127.0.0.1", kept.port)))
        settings = Settings(database, redis=f"redis://127.0.0.1:{proxy.address[1]}")
        yield Between(settings, kept.url, redis, proxy)


@contextmanager
def deaf(proxy: FaultProxy, redis: "Redis", outcome: Outcome) -> Iterator[None]:
    """What Redis says meanwhile to those who are subscribed now, through the proxy, vanishes."""
    links, dropped = _subscribers(proxy, redis), proxy.to_client.dropped
    outcome.require(bool(links), "nobody listens to pub/sub")
    for link in links:
        link.to_client.drop(_VANISH)
    yield
    for link in links:
        link.to_client.heal()
    outcome.require(proxy.to_client.dropped > dropped, "pub/sub had nothing to say, and so nothing to lose")


def _subscribers(proxy: FaultProxy, redis: "Redis") -> list[Link]:
    ports = {int(client["addr"].rpartition(":")[2]) for client in redis.client_list(_type="pubsub")}
    return [link for link in proxy.links if link.port in ports]
