"""The rules of a roster, as pure functions.

Each rule yields what it objects to, in a sentence for people. A *hard* objection refuses; a *soft* one is allowed
when whoever saves says so by naming its code. Durations are elapsed time: a night shift over a change to summer
time is an hour shorter, and counts as such.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from .instants import local_day, spell_day, spell_days, spell_hours, spell_span, week_of
from .schedule import Schedule, Shift
from .staff import Staff
from .time_off import TimeOff

Severity = Literal["hard", "soft"]
SoftCode = Literal["skill", "rest", "weekly_hours", "succession", "time_off_overlaps_schedules"]
SOFT_CODES: frozenset[str] = frozenset(get_args(SoftCode))

LONGEST_SHIFT = timedelta(hours=24)
LONGEST_TIME_OFF = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Violation:
    """One objection: `field` is the JSON field to look at, `code` the rule's name."""

    field: str
    code: str
    severity: Severity
    message: str

    def below(self, path: str) -> "Violation":
        """The same, for a field that lies under `path` in the request."""
        return replace(self, field=f"{path}.{self.field}")


@dataclass(frozen=True, slots=True)
class Situation:
    """What a shift is held against: whose it is, where, and what else this person has on."""

    staff: Staff
    zone: ZoneInfo
    others: Sequence[Schedule] = ()
    time_off: Sequence[TimeOff] = ()


Rule = Callable[[Shift, Situation], Iterator[Violation]]


def standing(violations: Sequence[Violation], accepted: Collection[str]) -> list[Violation]:
    """All of `violations` while any of them is hard or not accepted, else none."""
    blocking = any(v.severity == "hard" or v.code not in accepted for v in violations)
    return list(violations) if blocking else []


def check_span(starts_at: datetime, ends_at: datetime, longest: timedelta) -> list[Violation]:
    """That a span runs forward and is at most `longest`."""
    if ends_at <= starts_at:
        return [Violation("ends_at", "ends_before_start", "hard", "The end must be after the start.")]
    if ends_at - starts_at > longest:
        lasts, most = spell_hours(ends_at - starts_at), spell_hours(longest)
        return [Violation("ends_at", "too_long", "hard", f"This lasts {lasts}; at most {most} are allowed.")]
    return []


def check_shift(shift: Shift, situation: Situation) -> list[Violation]:
    """All objections to giving `shift` to the person in `situation`; its span must have been checked."""
    return [violation for rule in RULES for violation in rule(shift, situation)]


def horizon(shift: Shift, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The span in which other shifts matter to the rules: the week, and two days either side for rest."""
    monday, next_monday = week_of(shift.starts_at, zone)
    return monday - timedelta(days=2), next_monday + timedelta(days=2)


def overlap(shift: Shift, situation: Situation) -> Iterator[Violation]:
    """Hard: nobody works in two places at once."""
    for other in situation.others:
        if other.starts_at < shift.ends_at and shift.starts_at < other.ends_at:
            message = f"{situation.staff.name} already works {_describe(other)}."
            yield Violation("staff_id", "overlap", "hard", message)


def within_time_off(shift: Shift, situation: Situation) -> Iterator[Violation]:
    """Hard: nobody works during approved time off."""
    for leave in situation.time_off:
        if leave.status == "approved" and leave.starts_at < shift.ends_at and shift.starts_at < leave.ends_at:
            days = spell_days(leave.starts_at, leave.ends_at, situation.zone)
            message = f"{situation.staff.name} has approved time off: {days}."
            yield Violation("staff_id", "time_off", "hard", message)


def skill(shift: Shift, situation: Situation) -> Iterator[Violation]:
    """Soft: the shift's role is one of the person's skills."""
    if shift.role not in situation.staff.skills:
        skills = ", ".join(situation.staff.skills) or "none"
        message = f"{situation.staff.name} does not have the skill {shift.role} (skills: {skills})."
        yield Violation("role", "skill", "soft", message)


def rest(shift: Shift, situation: Situation) -> Iterator[Violation]:
    """Soft: the contract's rest lies before and after."""
    contract = situation.staff.contract
    for other in situation.others:
        gap = max(other.starts_at - shift.ends_at, shift.starts_at - other.ends_at)
        if timedelta() <= gap < timedelta(hours=contract.rest_hours):
            least = spell_hours(timedelta(hours=contract.rest_hours))
            message = (
                f"{situation.staff.name} works {_describe(other)}: that leaves {spell_hours(gap)} of rest, "
                f"and the contract {contract.name} asks for {least}."
            )
            yield Violation("starts_at", "rest", "soft", message)


def weekly_hours(shift: Shift, situation: Situation) -> Iterator[Violation]:
    """Soft: the calendar week, where the shift is, holds no more than the contract's hours."""
    contract = situation.staff.contract
    if contract.hours_per_week is None:
        return
    monday, next_monday = week_of(shift.starts_at, situation.zone)
    week = [shift, *(other for other in situation.others if monday <= other.starts_at < next_monday)]
    total = sum((each.ends_at - each.starts_at for each in week), timedelta())
    most = timedelta(hours=contract.hours_per_week)
    if total > most:
        message = (
            f"{situation.staff.name} would work {spell_hours(total)} in the week of "
            f"{spell_day(local_day(monday, situation.zone))}; the contract {contract.name} allows {spell_hours(most)}."
        )
        yield Violation("staff_id", "weekly_hours", "soft", message)


ShiftKind = Literal["early", "day", "late", "night"]

_KIND_AT_HOUR: tuple[tuple[int, ShiftKind], ...] = (
    (6, "night"),
    (12, "early"),
    (16, "day"),
    (23, "late"),
    (24, "night"),
)
"""Until which hour, on the location's clocks, a shift's middle makes it of a kind."""

_FORBIDDEN_SUCCESSIONS: frozenset[tuple[ShiftKind, ShiftKind]] = frozenset(
    {("late", "early"), ("late", "day"), ("night", "early"), ("night", "day"), ("night", "late")}
)
"""What may not follow on the next day. Source: INRC-II, forbidden shift type successions."""


def kind_of(shift: Shift, zone: ZoneInfo) -> ShiftKind:
    """Early, day, late or night, by the hour at the shift's middle: so twelve-hour shifts have a kind too."""
    middle = shift.starts_at + (shift.ends_at - shift.starts_at) / 2
    hour = middle.astimezone(zone).hour
    return next(kind for until, kind in _KIND_AT_HOUR if hour < until)


def succession(shift: Shift, situation: Situation) -> Iterator[Violation]:
    """Soft: what follows on the next day is not forbidden after what came before."""
    for other in situation.others:
        pair = sorted(((shift, situation.zone), (other, other.zone)), key=lambda each: each[0].starts_at)
        (before, its_zone), (after, next_zone) = pair
        days = local_day(after.starts_at, next_zone) - local_day(before.starts_at, its_zone)
        kinds = kind_of(before, its_zone), kind_of(after, next_zone)
        if days == timedelta(days=1) and kinds in _FORBIDDEN_SUCCESSIONS:
            message = (
                f"{situation.staff.name} works {_describe(other)}: "
                f"{_a(kinds[1])} shift may not follow {_a(kinds[0])} one on the next day."
            )
            yield Violation("starts_at", "succession", "soft", message)


RULES: tuple[Rule, ...] = (overlap, within_time_off, skill, rest, weekly_hours, succession)


def check_approval(time_off: TimeOff, staff: Staff, shifts: Sequence[Schedule]) -> list[Violation]:
    """That nobody gets time off while they are planned to work, unless whoever approves says so."""
    return [
        Violation(
            "starts_at",
            "time_off_overlaps_schedules",
            "soft",
            f"{staff.name} works {_describe(shift)}.",
        )
        for shift in shifts
        if shift.starts_at < time_off.ends_at and time_off.starts_at < shift.ends_at
    ]


def _describe(shift: Schedule) -> str:
    return f"{spell_span(shift.starts_at, shift.ends_at, shift.zone)} at {shift.location}"


def _a(kind: ShiftKind) -> str:
    return f"an {kind}" if kind == "early" else f"a {kind}"
