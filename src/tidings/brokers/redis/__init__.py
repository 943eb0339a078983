"""Logs in Redis or Valkey: one server, Sentinel, or Cluster."""

from tidings.brokers.redis.broker import RedisBroker
from tidings.brokers.redis.checking import RedisUnfit
from tidings.brokers.redis.settings import RedisSettings

__all__ = ["RedisBroker", "RedisSettings", "RedisUnfit"]
