"""How large the logs may be, and how a process uses the server."""

from dataclasses import asdict, dataclass

from tidings.tail.bounds import check_numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Of each channel's log: `events`, `size` (bytes) and `age` (seconds).

    Raises ValueError for one that is no number above 0, whole but for `age`.
    """

    events: int
    size: int
    age: float

    def __post_init__(self) -> None:
        check_numbers("RedisBroker", asdict(self), whole={"events", "size"})


@dataclass(frozen=True, slots=True, kw_only=True)
class RedisSettings:
    """How a process uses its server. Sizes in bytes, times in seconds.

    Raises ValueError for a number that is none or not above 0.
    """

    tails: int = 67_108_864  # memory for the newest part of the logs that are followed here
    announced: int = 65_536  # the largest event that goes with its announcement; a larger one is read
    compare: float = 5.0  # between two comparisons of the tops of all logs, which find what no announcement told
    ping: float = 2.5  # until a connection that listens and hears nothing is tried; given up after twice that
    timeout: float = 5.0  # for a call; a publish is tried again until then, and fails
    patience: float = 1.0  # the longest pause between two tries to read or listen again
    partitions: int = 64  # groups of channels that a cluster may keep apart; another number finds none of the logs

    def __post_init__(self) -> None:
        check_numbers("RedisSettings", asdict(self), whole={"tails", "announced", "partitions"})
