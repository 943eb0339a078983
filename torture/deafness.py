"""Processes that hear nothing of what Redis publishes, though their connections stand."""

from collections.abc import Iterator
from contextlib import contextmanager

from redis import Redis

from tidings.testing.proxy import FaultProxy, Link
from torture.outcome import Outcome

_VANISH = 1 << 40  # bytes: more than will come


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
