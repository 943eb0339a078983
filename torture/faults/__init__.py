"""One module for each fault; its `run` takes the Ground and returns the Outcome."""

from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from torture.faults import (
    away,
    backups,
    cancelled,
    channels,
    commits,
    cuts,
    drain,
    failover,
    kills,
    pubsub,
    redis,
    restarts,
    rolling,
    scale,
    storm,
    stuck,
    withdrawals,
    workers,
)
from torture.ground import Ground
from torture.outcome import Outcome

Run = Callable[[Ground], Coroutine[Any, Any, Outcome]]

FAULTS: Mapping[str, Run] = {
    "cuts": cuts.run,
    "kills-sqlite": kills.on_sqlite,
    "kills-postgres": kills.on_postgres,
    "restarts": restarts.run,
    "workers": workers.on_postgres,
    "workers-redis": workers.over_redis,
    "rolling": rolling.run,
    "commits": commits.run,
    "backup-while-serving": backups.while_serving,
    "backup-while-stopped": backups.while_stopped,
    "pubsub": pubsub.run,
    "redis": redis.run,
    "failover": failover.run,
    "withdrawals": withdrawals.run,
    "cancelled": cancelled.run,
    "channels": channels.run,
    "stuck": stuck.run,
    "away": away.run,
    "drain": drain.run,
    "storm": storm.in_memory,
    "storm-sqlite": storm.on_sqlite,
    "scale": scale.run,
}
"""Every run by its name, in the order in which they are done."""
