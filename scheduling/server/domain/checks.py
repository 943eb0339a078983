"""All rules together: what there is against giving somebody a shift."""

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from .instants import week_of
from .rotation import WEEK, WEEKENDS, days_in_a_row, days_off, weekends, whole_weekend
from .rules import Rule, Situation, Violation, overlap, rest, skill, succession, weekly_hours, within_time_off
from .schedule import Shift
from .staff import Contract

RULES: tuple[Rule, ...] = (
    overlap,
    within_time_off,
    skill,
    rest,
    weekly_hours,
    succession,
    days_in_a_row,
    days_off,
    weekends,
    whole_weekend,
)


def check_shift(shift: Shift, situation: Situation) -> list[Violation]:
    """All objections to giving `shift` to the person in `situation`; its span must have been checked.

    An objection by a rule that the person's contract makes hard is hard. `situation.others` must hold what lies
    within the `horizon`.
    """
    hard = situation.contract.hard_rules
    found = [violation for rule in RULES for violation in rule(shift, situation)]
    return [replace(violation, severity="hard") if violation.code in hard else violation for violation in found]


def horizon(shift: Shift, zone: ZoneInfo, contract: Contract) -> tuple[datetime, datetime]:
    """The span in which other shifts matter: the week, and either side what the contract's rules look back on.

    That is two days for rest, and whole weeks of days or weekends where it counts those.
    """
    monday, next_monday = week_of(shift.starts_at, zone)
    reach = timedelta(days=2) + max(
        timedelta(days=contract.most_days_in_a_row or 0),
        timedelta(days=contract.least_days_off_in_a_row or 0),
        timedelta() if contract.most_weekends_in_four is None else WEEK * (WEEKENDS - 1),
    )
    return monday - reach, next_monday + reach
