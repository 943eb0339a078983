"""A ward of the competition, as its files tell it."""

from dataclasses import dataclass

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
ANY = "Any"


class DataError(Exception):
    """A file is missing or corrupt; the message names it and, where there is one, the line."""

    def __init__(self, file: str, line: int | None, problem: str) -> None:
        super().__init__(f"{file}{'' if line is None else f', line {line}'}: {problem}")


@dataclass(frozen=True, slots=True)
class Contract:
    """Shifts and working weekends are counted over all weeks of the scenario, days in a row."""

    name: str
    least_shifts: int
    most_shifts: int
    most_days_in_a_row: int
    least_days_off_in_a_row: int
    most_weekends: int
    whole_weekends: bool


@dataclass(frozen=True, slots=True)
class Nurse:
    name: str
    contract: Contract
    skills: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scenario:
    """`successions` are forbidden: a shift of the first type and, on the next day, one of the second."""

    weeks: int
    skills: tuple[str, ...]
    shift_types: tuple[str, ...]
    successions: tuple[tuple[str, str], ...]
    nurses: dict[str, Nurse]


@dataclass(frozen=True, slots=True)
class Requirement:
    """How many nurses with `skill` a shift of this type needs at least on each day of a week, Monday first."""

    shift_type: str
    skill: str
    least: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ShiftOff:
    """`nurse` asks not to work a shift of this type (or `ANY`) on a day (0 is Monday)."""

    nurse: str
    shift_type: str
    day: int


@dataclass(frozen=True, slots=True)
class Assignment:
    """`nurse` works a shift of this type on a day (0 is Monday), as `skill`."""

    nurse: str
    day: int
    shift_type: str
    skill: str


@dataclass(frozen=True, slots=True)
class Week:
    """What was needed, what was asked for and what was assigned in one week."""

    requirements: tuple[Requirement, ...]
    shifts_off: tuple[ShiftOff, ...]
    assignments: tuple[Assignment, ...]


@dataclass(frozen=True, slots=True)
class Ward:
    """One ward with its roster; `weeks` in order."""

    name: str
    scenario: Scenario
    weeks: tuple[Week, ...]
