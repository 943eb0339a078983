"""Where a server under measurement keeps its logs: in memory, or in the Redis that BENCH_REDIS names."""

import os

from tidings import MemoryBroker
from tidings.broker import Broker
from tidings.brokers.redis import RedisBroker

REDIS = "BENCH_REDIS"  # the environment variable with its URL


def broker() -> Broker:
    """The broker that this process was told to use."""
    url = os.environ.get(REDIS)
    return RedisBroker(url) if url else MemoryBroker()
