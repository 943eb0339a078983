"""Who could take a shift, the best first."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from .checks import check_shift
from .rules import Situation, Violation, hours_in_week
from .schedule import Shift
from .text import Person


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Somebody who could take a shift.

    `violations` are soft ones, `hours` what they work in the shift's week without it, `hours_left` what of their
    contract's weekly hours that leaves: less than nothing where it is too much already, None where there is no limit.
    """

    staff: Person
    violations: tuple[Violation, ...]
    hours: float
    hours_left: float | None


def suggest(shift: Shift, situations: Iterable[Situation]) -> list[Suggestion]:
    """Whom of these people nothing hard keeps from `shift`.

    Whom no rule objects to comes first, then by fewer objections, by more hours left of the contract (without a limit:
    last), by name.
    """
    return sorted((each for situation in situations for each in _considered(shift, situation)), key=_rank)


def _considered(shift: Shift, situation: Situation) -> list[Suggestion]:
    violations = check_shift(shift, situation)
    if any(violation.severity == "hard" for violation in violations):
        return []
    hours, most = hours_in_week(shift, situation) / timedelta(hours=1), situation.contract.hours_per_week
    left = None if most is None else most - hours
    return [Suggestion(situation.staff.person, tuple(violations), hours, left)]


def _rank(suggestion: Suggestion) -> tuple[int, float, str, int]:
    left = float("-inf") if suggestion.hours_left is None else suggestion.hours_left
    return len(suggestion.violations), -left, suggestion.staff.name, suggestion.staff.id
