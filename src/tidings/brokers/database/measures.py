"""How large the logs are, and how far behind them this process is."""

from typing import NamedTuple

from sqlalchemy import Connection, func, select

from tidings.brokers.database.tables import Tables


class Measures(NamedTuple):
    """Of all logs: how many there are (`channels`), their `events` and bytes (`size`), and how many events were set
    aside because nobody can read them (`rejected`).

    Of this process: how many channels it follows (`followed`), the bytes of their tails in memory (`tails`), and how
    many events of theirs are committed and not delivered here yet (`behind`: the lag).
    """

    channels: int
    events: int
    size: int
    rejected: int
    followed: int = 0
    tails: int = 0
    behind: int = 0


def measure(tables: Tables, connection: Connection) -> Measures:
    """What the tables hold."""
    channels = tables.channels.c
    sums = select(
        func.count(),
        func.coalesce(func.sum(channels.top - channels.start), 0),
        func.coalesce(func.sum(channels.size), 0),
    ).select_from(tables.channels)
    rejected = connection.execute(select(func.count()).select_from(tables.rejected)).scalar_one()
    held, events, size = connection.execute(sums).one()
    return Measures(held, int(events), int(size), rejected)
