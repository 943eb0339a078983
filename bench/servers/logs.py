"""Where a server under measurement keeps its logs: in memory, or in the Redis that BENCH_REDIS names, or in the
database that BENCH_DATABASE names.
"""

import os

from sqlalchemy.ext.asyncio import create_async_engine

from tidings import MemoryBroker
from tidings.broker import Broker
from tidings.brokers.database import DatabaseBroker
from tidings.brokers.redis import RedisBroker

REDIS = "BENCH_REDIS"  # the environment variable with its URL
DATABASE = "BENCH_DATABASE"  # the environment variable with the URL of a database that has the tables


def broker() -> Broker:
    """The broker that this process was told to use."""
    if url := os.environ.get(REDIS):
        return RedisBroker(url)
    if url := os.environ.get(DATABASE):
        return DatabaseBroker(create_async_engine(url))
    return MemoryBroker()
