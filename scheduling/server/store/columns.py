"""Types of columns, for the tables and the migrations that make them."""

from datetime import UTC, datetime

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, TypeDecorator

WHOLE = BigInteger().with_variant(Integer(), "sqlite")
"""Whole numbers as far as JSON's reach. SQLite's go so far by themselves, and it numbers rows only in this type."""


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC outside; inside, UTC without saying so, which sorts by time."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no offset: only instants are stored")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)
