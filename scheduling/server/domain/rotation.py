"""The rules about days: how many in a row are worked, how many are free between, and which weekends.

A shift counts on the day on which it starts, on the clocks of its own place. Saturday and Sunday are the weekend.
"""

from collections.abc import Iterator
from datetime import date, timedelta

from .instants import local_day, spell_day
from .rules import Situation, Violation
from .schedule import Shift

DAY = timedelta(days=1)
WEEK = timedelta(days=7)
SATURDAY = 5
WEEKENDS = 4
"""Which a contract counts together."""


def days_in_a_row(shift: Shift, situation: Situation) -> Iterator[Violation]:
    """No more days are worked one after the other than the contract allows."""
    most, worked = situation.contract.most_days_in_a_row, _worked(shift, situation)
    if most is None:
        return
    first, last = _run(_day(shift, situation), worked)
    days = (last - first).days + 1
    if days > most:
        message = (
            f"{situation.staff.name} would work {_days(days)} in a row, {_from_to(first, last)}; "
            f"the contract {situation.contract.name} allows {most}."
        )
        params = situation.params(days=days, most=most, first=first.isoformat(), last=last.isoformat())
        yield Violation("starts_at", "days_in_a_row", "soft", message, params)


def days_off(shift: Shift, situation: Situation) -> Iterator[Violation]:
    """Where the shift ends a row of free days, or begins one, it is as long as the contract asks."""
    least, worked = situation.contract.least_days_off_in_a_row, _worked(shift, situation)
    if least is None:
        return
    for first, last in _gaps_beside(_day(shift, situation), worked):
        days = (last - first).days + 1
        if days < least:
            message = (
                f"{situation.staff.name} would have {_days(days)} off, {_from_to(first, last)}; "
                f"the contract {situation.contract.name} asks for {least} in a row."
            )
            params = situation.params(days=days, least=least, first=first.isoformat(), last=last.isoformat())
            yield Violation("starts_at", "days_off", "soft", message, params)


def weekends(shift: Shift, situation: Situation) -> Iterator[Violation]:
    """Of any four weekends in a row that hold the shift's, no more are worked than the contract allows."""
    most, day = situation.contract.most_weekends_in_four, _day(shift, situation)
    if most is None or not _is_weekend(day):
        return
    worked = {_saturday(each) for each in _worked(shift, situation) if _is_weekend(each)}
    firsts = [_saturday(day) - WEEK * weeks for weeks in reversed(range(WEEKENDS))]
    count, first = max(
        ((sum(first + WEEK * weeks in worked for weeks in range(WEEKENDS)), first) for first in firsts),
        key=lambda each: each[0],
    )
    if count > most:
        last = first + WEEK * (WEEKENDS - 1) + DAY
        message = (
            f"{situation.staff.name} would work {count} weekends of the four from {_from_to(first, last)}; "
            f"the contract {situation.contract.name} allows {most}."
        )
        params = situation.params(weekends=count, most=most, first=first.isoformat(), last=last.isoformat())
        yield Violation("starts_at", "weekends", "soft", message, params)


def whole_weekend(shift: Shift, situation: Situation) -> Iterator[Violation]:
    """Where the contract asks for whole weekends, both days of the shift's are worked."""
    day = _day(shift, situation)
    if not situation.contract.whole_weekends or not _is_weekend(day):
        return
    other = day + DAY if day.weekday() == SATURDAY else day - DAY
    if other not in _worked(shift, situation):
        message = (
            f"{situation.staff.name} would work on {spell_day(day)} and not on {spell_day(other)}; "
            f"the contract {situation.contract.name} asks for whole weekends."
        )
        params = situation.params(day=day.isoformat(), missing=other.isoformat())
        yield Violation("starts_at", "whole_weekend", "soft", message, params)


def _day(shift: Shift, situation: Situation) -> date:
    return local_day(shift.starts_at, situation.zone)


def _worked(shift: Shift, situation: Situation) -> frozenset[date]:
    """Every day on which the person works, with the shift."""
    return frozenset(local_day(other.starts_at, other.zone) for other in situation.others) | {_day(shift, situation)}


def _run(day: date, worked: frozenset[date]) -> tuple[date, date]:
    """The first and the last of the worked days that `day` is one of, without a free one between."""
    first = last = day
    while first - DAY in worked:
        first -= DAY
    while last + DAY in worked:
        last += DAY
    return first, last


def _gaps_beside(day: date, worked: frozenset[date]) -> Iterator[tuple[date, date]]:
    """The free days right before and right after `day`, where a worked one bounds them: first and last."""
    before = max((each for each in worked if each < day), default=day - DAY)
    if before < day - DAY:
        yield before + DAY, day - DAY
    after = min((each for each in worked if each > day), default=day + DAY)
    if after > day + DAY:
        yield day + DAY, after - DAY


def _is_weekend(day: date) -> bool:
    return day.weekday() >= SATURDAY


def _saturday(day: date) -> date:
    """Of the weekend that `day` is in."""
    return day - DAY * (day.weekday() - SATURDAY)


def _days(count: int) -> str:
    return f"{count} day{'' if count == 1 else 's'}"


def _from_to(first: date, last: date) -> str:
    return spell_day(first) if first == last else f"{spell_day(first)} to {spell_day(last)}"
