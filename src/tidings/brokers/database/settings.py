"""How large the logs may be, and how a process keeps up with them."""

from dataclasses import asdict, dataclass

from tidings.tail.bounds import check_numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Of each channel's log: `events`, `size` (bytes) and `age` (seconds). Of all: `total_size`, and `channels`.

    Raises ValueError for one that is no number above 0, whole but for `age`.
    """

    events: int
    size: int
    age: float
    total_size: int
    channels: int

    def __post_init__(self) -> None:
        check_numbers("DatabaseBroker", asdict(self), whole={"events", "size", "total_size", "channels"})


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseSettings:
    """How a process uses its database. Sizes in bytes, times in seconds.

    Raises ValueError for a number that is none or not above 0.
    """

    tails: int = 67_108_864  # memory for the newest part of the logs that are followed here
    listen: bool = True  # False for poolers that hand a connection from one client to the next; then it polls
    poll: float = 0.1  # between two looks for others' commits, where the driver cannot LISTEN: not asyncpg, not psycopg
    compare: float = 5.0  # between two comparisons of the tops of all logs, which find what no notification told
    sweep: float = 10.0  # between two sweeps of what is beyond the bounds, by one of the processes
    timeout: float = 30.0  # for a call to the database
    patience: float = 5.0  # of trying again where what the driver raises may pass; then the publisher has it

    def __post_init__(self) -> None:
        numbers = asdict(self)
        del numbers["listen"]
        check_numbers("DatabaseSettings", numbers)
