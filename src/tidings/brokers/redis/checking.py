"""Whether a server can hold logs."""

from collections.abc import Mapping

from redis.exceptions import (
    AuthenticationError,
    AuthorizationError,
    NoPermissionError,
    RedisClusterException,
    RedisError,
)

from tidings.brokers.redis.address import Address
from tidings.brokers.redis.logs import Logs
from tidings.brokers.redis.server import Server

_OLDEST = {"redis": 7, "valkey": 8}
_CREDENTIALS = "write redis://user:password@host, of a user who may use the keys and channels under the prefix"


class RedisUnfit(Exception):
    """The server cannot hold logs as it is; the message says what to change."""


async def check(logs: Logs) -> None:
    """Raises RedisUnfit, and what the driver raises where the server does not answer."""
    address = logs.server.address
    try:
        fit(await logs.server.info(), address)
        await logs.probe()
    except (RedisError, RedisClusterException) as error:
        raise _explained(error, address) from None


async def clock_of(server: Server) -> float | None:
    """Seconds since 1970 by the server's clock; None for a cluster, which has many."""
    if server.is_cluster:
        return None
    [told] = await server.call([("TIME",)])
    if isinstance(told, Exception):
        raise told
    seconds, microseconds = told
    return int(seconds) + int(microseconds) / 1_000_000


def fit(facts: Mapping[str, str], address: Address) -> None:
    """Raises RedisUnfit for a server that says this of itself (INFO)."""
    name = "valkey" if "valkey_version" in facts else "redis"
    version = facts.get(f"{name}_version", "0")
    if int(version.partition(".")[0]) < _OLDEST[name]:
        raise RedisUnfit(f"{address} runs {name} {version}: use Redis 7, Valkey 8 or later")
    if (policy := facts.get("maxmemory_policy")) not in {None, "noeviction"}:
        raise RedisUnfit(
            f"{address} may evict what it holds (maxmemory-policy {policy}), the numbers of logs among it: set "
            "maxmemory-policy noeviction, or use another server"
        )
    is_cluster = facts.get("cluster_enabled") == "1"
    if is_cluster and address.kind != "cluster":
        raise RedisUnfit(f"{address} is a node of a cluster: write redis+cluster:// in place of redis://")
    if not is_cluster and address.kind == "cluster":
        raise RedisUnfit(f"{address} is no cluster: write redis:// in place of redis+cluster://")


def _explained(error: Exception, address: Address) -> Exception:
    if "NOAUTH" in str(error) or "Authentication required" in str(error):
        return RedisUnfit(f"{address} wants a password: {_CREDENTIALS}")
    if isinstance(error, AuthenticationError | AuthorizationError | NoPermissionError):
        return RedisUnfit(f"{address} refuses these credentials ({error}): {_CREDENTIALS}")
    if "unknown command 'SENTINEL'" in str(error):
        return RedisUnfit(f"{address} is no sentinel: write the sentinels' hosts, or redis:// and the server's own")
    if "DB index is out of range" in str(error):
        return RedisUnfit(f"{address} has no database {address.options.get('db')}: leave it out, or name one it has")
    if "cluster mode is not enabled" in str(error).lower() or "cluster support disabled" in str(error).lower():
        return RedisUnfit(f"{address} is no cluster: write redis:// in place of redis+cluster://")
    return error
