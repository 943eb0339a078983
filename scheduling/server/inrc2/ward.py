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
    """`most_shifts` over all weeks of the scenario."""

    name: str
    most_shifts: int


@dataclass(frozen=True, slots=True)
class Nurse:
    name: str
    contract: Contract
    skills: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scenario:
    weeks: int
    skills: tuple[str, ...]
    shift_types: tuple[str, ...]
    nurses: dict[str, Nurse]


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
    """What was asked for and what was assigned in one week."""

    shifts_off: tuple[ShiftOff, ...]
    assignments: tuple[Assignment, ...]


@dataclass(frozen=True, slots=True)
class Ward:
    """One ward with its roster; `weeks` in order."""

    name: str
    scenario: Scenario
    weeks: tuple[Week, ...]
