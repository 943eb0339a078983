"""The rules of a roster, as pure functions.

Each rule yields what it objects to, in a sentence for people. A *hard* objection refuses; a *soft* one is allowed
when whoever saves says so by naming its code. Durations are elapsed time: a night shift over a change to summer
time is an hour shorter, and counts as such. Here are the rules about hours; those about days are in `rotation`.
"""

import dataclasses
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from .instants import local_day, rfc_3339, spell_day, spell_days, spell_hours, spell_span, week_of
from .kinds import ShiftKind, kind_of
from .schedule import Schedule, Shift
from .staff import Contract, ContractRule, Staff, Succession
from .time_off import TimeOff

Severity = Literal["hard", "soft"]
SoftCode = Literal[ContractRule, "time_off_overlaps_schedules"]

ReasonCode = Literal[
    SoftCode,
    "begun",
    "ends_before_start",
    "left",
    "not_a_colleagues",
    "not_for_them",
    "not_theirs",
    "oneself",
    "overlap",
    "own_role",
    "time_off",
    "too_long",
    "unknown_location",
    "unknown_staff",
]
"""The codes of all objections but those to lines of a spreadsheet; the dashboard has words for each."""

LONGEST_SHIFT = timedelta(hours=24)
LONGEST_TIME_OFF = timedelta(days=366)

Params = Mapping[str, str | int | float]


@dataclass(frozen=True, slots=True)
class Violation:
    """One objection: `field` is the JSON field to look at, `code` the rule's name.

    `message` is the English sentence; `params` are what it says, for a reader of another language: names as they are,
    hours and days as numbers, days as `2026-11-23`, instants in UTC with the `timezone` to tell them in.
    """

    field: str
    code: str
    severity: Severity
    message: str
    params: Params = dataclasses.field(default_factory=dict, hash=False)

    def below(self, path: str) -> "Violation":
        """The same, for a field that lies under `path` in the request."""
        return dataclasses.replace(self, field=f"{path}.{self.field}")


@dataclass(frozen=True, slots=True)
class Situation:
    """What a shift is held against: whose it is, where, and what else this person has on."""

    staff: Staff
    zone: ZoneInfo
    others: Sequence[Schedule] = ()
    time_off: Sequence[TimeOff] = ()

    @property
    def contract(self) -> Contract:
        return self.staff.contract

    def params(self, **more: str | float) -> Params:
        """Whose contract it is about, and `more`."""
        return {"name": self.staff.name, "contract": self.contract.name, **more}


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
        message = f"This lasts {lasts}; at most {most} are allowed."
        params = {"hours": _hours(ends_at - starts_at), "most": _hours(longest)}
        return [Violation("ends_at", "too_long", "hard", message, params)]
    return []


def check_service(staff: Staff) -> list[Violation]:
    """That somebody still works here: who has left is planned no more."""
    if staff.active:
        return []
    message = f"{staff.name} does not work here any more."
    return [Violation("staff_id", "left", "hard", message, {"name": staff.name})]


def overlap(shift: Shift, situation: Situation) -> Iterator[Violation]:
    """Hard: nobody works in two places at once."""
    for other in situation.others:
        if other.starts_at < shift.ends_at and shift.starts_at < other.ends_at:
            message = f"{situation.staff.name} already works {_describe(other)}."
            yield Violation("staff_id", "overlap", "hard", message, situation.params(**_span(other)))


def within_time_off(shift: Shift, situation: Situation) -> Iterator[Violation]:
    """Hard: nobody works during approved time off."""
    for leave in situation.time_off:
        if leave.status == "approved" and leave.starts_at < shift.ends_at and shift.starts_at < leave.ends_at:
            days = spell_days(leave.starts_at, leave.ends_at, situation.zone)
            message = f"{situation.staff.name} has approved time off: {days}."
            span = {"starts_at": rfc_3339(leave.starts_at), "ends_at": rfc_3339(leave.ends_at)}
            params = situation.params(**span, timezone=situation.zone.key)
            yield Violation("staff_id", "time_off", "hard", message, params)


def skill(shift: Shift, situation: Situation) -> Iterator[Violation]:
    """The shift's role is one of the person's skills."""
    if shift.role not in situation.staff.skills:
        skills = ", ".join(situation.staff.skills)
        message = f"{situation.staff.name} does not have the skill {shift.role} (skills: {skills or 'none'})."
        yield Violation("role", "skill", "soft", message, situation.params(role=shift.role, skills=skills))


def rest(shift: Shift, situation: Situation) -> Iterator[Violation]:
    """The contract's rest lies before and after."""
    contract = situation.contract
    for other in situation.others:
        gap = max(other.starts_at - shift.ends_at, shift.starts_at - other.ends_at)
        if timedelta() <= gap < timedelta(hours=contract.rest_hours):
            least = spell_hours(timedelta(hours=contract.rest_hours))
            message = (
                f"{situation.staff.name} works {_describe(other)}: that leaves {spell_hours(gap)} of rest, "
                f"and the contract {contract.name} asks for {least}."
            )
            params = situation.params(left=_hours(gap), least=contract.rest_hours, **_span(other))
            yield Violation("starts_at", "rest", "soft", message, params)


def weekly_hours(shift: Shift, situation: Situation) -> Iterator[Violation]:
    """The calendar week, where the shift is, holds no more than the contract's hours."""
    contract = situation.contract
    if contract.hours_per_week is None:
        return
    total = hours_in_week(shift, situation) + shift.ends_at - shift.starts_at
    most = timedelta(hours=contract.hours_per_week)
    if total > most:
        monday = local_day(week_of(shift.starts_at, situation.zone)[0], situation.zone)
        message = (
            f"{situation.staff.name} would work {spell_hours(total)} in the week of "
            f"{spell_day(monday)}; the contract {contract.name} allows {spell_hours(most)}."
        )
        params = situation.params(total=_hours(total), most=contract.hours_per_week, week=monday.isoformat())
        yield Violation("staff_id", "weekly_hours", "soft", message, params)


def hours_in_week(shift: Shift, situation: Situation) -> timedelta:
    """How long the others are that start in the calendar week of `shift`, where it is."""
    monday, next_monday = week_of(shift.starts_at, situation.zone)
    week = [other for other in situation.others if monday <= other.starts_at < next_monday]
    return sum((other.ends_at - other.starts_at for other in week), timedelta())


def succession(shift: Shift, situation: Situation) -> Iterator[Violation]:
    """What follows on the next day is not forbidden after what came before."""
    for other in situation.others:
        pair = sorted(((shift, situation.zone), (other, other.zone)), key=lambda each: each[0].starts_at)
        (before, its_zone), (after, next_zone) = pair
        days = local_day(after.starts_at, next_zone) - local_day(before.starts_at, its_zone)
        kinds = Succession(before=kind_of(before, its_zone), after=kind_of(after, next_zone))
        if days == timedelta(days=1) and kinds in situation.contract.forbidden_successions:
            message = (
                f"{situation.staff.name} works {_describe(other)}: "
                f"{_a(kinds.after)} shift may not follow {_a(kinds.before)} one on the next day."
            )
            params = situation.params(before=kinds.before, after=kinds.after, **_span(other))
            yield Violation("starts_at", "succession", "soft", message, params)


def check_approval(time_off: TimeOff, staff: Staff, shifts: Sequence[Schedule]) -> list[Violation]:
    """That nobody gets time off while they are planned to work, unless whoever approves says so."""
    return [
        Violation(
            "starts_at",
            "time_off_overlaps_schedules",
            "soft",
            f"{staff.name} works {_describe(shift)}.",
            {"name": staff.name, **_span(shift)},
        )
        for shift in shifts
        if shift.starts_at < time_off.ends_at and time_off.starts_at < shift.ends_at
    ]


def _describe(shift: Schedule) -> str:
    return f"{spell_span(shift.starts_at, shift.ends_at, shift.zone)} at {shift.location}"


def _span(shift: Schedule) -> dict[str, str]:
    """When and where another shift is, as params."""
    span = {"starts_at": rfc_3339(shift.starts_at), "ends_at": rfc_3339(shift.ends_at)}
    return {**span, "timezone": shift.timezone, "location": shift.location}


def _hours(duration: timedelta) -> float:
    return round(duration / timedelta(hours=1), 2)


def _a(kind: ShiftKind) -> str:
    return f"an {kind}" if kind == "early" else f"a {kind}"
