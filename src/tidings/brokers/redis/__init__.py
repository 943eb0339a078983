"""Logs in Redis or Valkey: one server, Sentinel, or Cluster."""

try:
    import redis as _redis  # noqa: F401
except ModuleNotFoundError as error:
    raise ModuleNotFoundError("RedisBroker needs redis-py: install tidings[redis]", name="redis") from error

from tidings.brokers.redis.broker import RedisBroker
from tidings.brokers.redis.checking import RedisUnfit
from tidings.brokers.redis.settings import RedisSettings

__all__ = ["RedisBroker", "RedisSettings", "RedisUnfit"]
