"""Whether a server can hold logs."""

import re
from typing import Any

from redis.exceptions import AuthenticationError, NoPermissionError, ResponseError

from tidings.brokers.redis.server import Server

_OLDEST = {"redis": 7, "valkey": 8}


class RedisUnfit(Exception):
    """The server cannot hold logs as it is; the message says what to change."""


async def check(server: Server) -> None:
    """Raises RedisUnfit, and what the driver raises where the server does not answer."""
    try:
        await _check(server)
    except (AuthenticationError, NoPermissionError) as error:
        raise RedisUnfit(f"Redis at {server.address} refuses these credentials: {error}; {_CREDENTIALS}") from None


async def clock_of(server: Server) -> float | None:
    """Seconds since 1970 by the server's clock; None for a cluster, which has many."""
    if server.is_cluster:
        return None
    [told] = await server.call([("TIME",)])
    if isinstance(told, Exception):
        raise told
    seconds, microseconds = told
    return int(seconds) + int(microseconds) / 1_000_000


_CREDENTIALS = "write redis://user:password@host, of a user who may use the keys and channels under the prefix"


async def _check(server: Server) -> None:
    [info] = await server.call([("INFO",)])
    if isinstance(info, Exception):
        raise _explained(info, server)
    facts = _facts(info)
    name, version = _version(facts)
    if version < _OLDEST[name]:
        raise RedisUnfit(f"{server.address} runs {name} {facts.get(f'{name}_version')}: use Redis 7, Valkey 8 or later")
    if (policy := facts.get("maxmemory_policy")) not in {None, "noeviction"}:
        raise RedisUnfit(
            f"Redis at {server.address} may evict what it holds (maxmemory-policy {policy}), the numbers of logs "
            "among it: set maxmemory-policy noeviction, or use another server"
        )
    if facts.get("cluster_enabled") == "1" and not server.is_cluster:
        raise RedisUnfit(f"{server.address} is a node of a cluster: write redis+cluster:// in place of redis://")


def _explained(error: Exception, server: Server) -> Exception:
    if isinstance(error, ResponseError) and "NOAUTH" in str(error):
        return RedisUnfit(f"Redis at {server.address} wants a password: {_CREDENTIALS}")
    return error


def _facts(info: Any) -> dict[str, str]:
    if isinstance(info, dict):
        return {str(name): str(value) for name, value in info.items()}
    text = info.decode(errors="replace") if isinstance(info, bytes) else str(info)
    return dict(re.findall(r"^([a-z_]+):(.*?)\r?$", text, re.MULTILINE))


def _version(facts: dict[str, str]) -> tuple[str, int]:
    name = "valkey" if "valkey_version" in facts else "redis"
    return name, int(facts.get(f"{name}_version", "0").partition(".")[0])
