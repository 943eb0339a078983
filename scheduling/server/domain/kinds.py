"""Kinds of shift: early, day, late and night."""

from typing import Literal
from zoneinfo import ZoneInfo

from .schedule import Shift

ShiftKind = Literal["early", "day", "late", "night"]

_KIND_AT_HOUR: tuple[tuple[int, ShiftKind], ...] = (
    (6, "night"),
    (12, "early"),
    (16, "day"),
    (23, "late"),
    (24, "night"),
)
"""Until which hour, on the location's clocks, a shift's middle makes it of a kind."""


def kind_of(shift: Shift, zone: ZoneInfo) -> ShiftKind:
    """Early, day, late or night, by the hour at the shift's middle: so twelve-hour shifts have a kind too."""
    middle = shift.starts_at + (shift.ends_at - shift.starts_at) / 2
    hour = middle.astimezone(zone).hour
    return next(kind for until, kind in _KIND_AT_HOUR if hour < until)
