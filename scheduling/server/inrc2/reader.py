"""From the competition's text files to their meaning. Pure; every complaint is a DataError naming file and line."""

import re
from collections.abc import Callable, Collection
from typing import TypeVar

from .ward import ANY, DAYS, Assignment, Contract, DataError, Nurse, Requirement, Scenario, ShiftOff

T = TypeVar("T")

MOST_DIGITS = 9

_RANGE = rf"\((\d{{1,{MOST_DIGITS}}}),(\d{{1,{MOST_DIGITS}}})\)"
_SHIFT_TYPE = re.compile(rf"(\S+) {_RANGE}")
_CONTRACT = re.compile(rf"(\S+) {_RANGE} {_RANGE} {_RANGE} (\d{{1,{MOST_DIGITS}}}) ([01])")
_SUCCESSION = re.compile(r"(\S+) \d+((?: \S+)*)")
_REQUIREMENT = re.compile(rf"(\S+) (\S+)((?: {_RANGE}){{{len(DAYS)}}})")
_LEAST = re.compile(r"\((\d+),")


class Lines:
    """The lines of one file that are not blank, with their numbers and single spaces."""

    def __init__(self, text: str, file: str) -> None:
        numbered = ((number, " ".join(line.split())) for number, line in enumerate(text.splitlines(), start=1))
        self._rest = [(number, line) for number, line in numbered if line][::-1]
        self._file = file
        self._number = 0

    def error(self, problem: str) -> DataError:
        """About the line taken last."""
        return DataError(self._file, self._number, problem)

    def take(self, expected: str) -> str:
        """The next line. Raises DataError, saying what was `expected`, at the end of the file."""
        if not self._rest:
            raise DataError(self._file, self._number + 1, f"expected {expected}, but the file ends here")
        self._number, line = self._rest.pop()
        return line

    def heading(self, name: str) -> None:
        """The line that says `name` alone."""
        if (line := self.take(name)) != name:
            raise self.error(f"expected {name}, found {line!r}")

    def value(self, name: str) -> str:
        """What follows in `name = value`."""
        line = self.take(f"{name} = …")
        found, equals, value = (part.strip() for part in line.partition("="))
        if found != name or not equals or not value:
            raise self.error(f"expected {name} = …, found {line!r}")
        return value

    def count(self, name: str) -> int:
        """The number in `name = number`."""
        value = self.value(name)
        if not value.isdecimal() or len(value) > MOST_DIGITS:
            raise self.error(f"{name} is {value[:20]!r}, which is no number of at most {MOST_DIGITS} digits")
        return int(value)

    def rows(self, name: str, read: Callable[[str], T]) -> tuple[T, ...]:
        """As many rows as `name = number` announces, each through `read`."""
        announced = self.count(name)
        return tuple(read(self.take(f"row {row} of {announced} of {name}")) for row in range(1, announced + 1))

    def match(self, pattern: re.Pattern[str], line: str, example: str) -> re.Match[str]:
        if found := pattern.fullmatch(line):
            return found
        raise self.error(f"expected a line such as {example!r}, found {line!r}")

    def words(self, line: str, example: str) -> list[str]:
        """The words of a line, as many as the `example` has."""
        if len(words := line.split()) != len(example.split()):
            raise self.error(f"expected a line such as {example!r}, found {line!r}")
        return words

    def known(self, kind: str, name: str, names: Collection[str]) -> str:
        """`name`, if it is one of `names`."""
        if name not in names:
            raise self.error(f"there is no {kind} {name!r}; there are: {', '.join(names)}")
        return name

    def end(self) -> None:
        if self._rest:
            line = self.take("the end")
            raise self.error(f"expected the end of the file, found {line!r}")


def read_scenario(text: str, file: str) -> Scenario:
    """`Sc-….txt`: the weeks, skills, shift types, forbidden successions, contracts and nurses."""
    lines = Lines(text, file)
    lines.value("SCENARIO")
    weeks = lines.count("WEEKS")
    if weeks == 0:
        raise lines.error("WEEKS is 0, but a ward has at least one")
    skills = lines.rows("SKILLS", lambda line: lines.words(line, "HeadNurse")[0])
    shift_types = lines.rows("SHIFT_TYPES", lambda line: lines.match(_SHIFT_TYPE, line, "Early (2,5)")[1])
    lines.heading("FORBIDDEN_SHIFT_TYPES_SUCCESSIONS")
    successions = tuple(pair for _ in shift_types for pair in _successions(lines, shift_types))
    contracts = {contract.name: contract for contract in lines.rows("CONTRACTS", lambda line: _contract(lines, line))}
    nurses = lines.rows("NURSES", lambda line: _nurse(lines, line, contracts, skills))
    lines.end()
    return Scenario(weeks, skills, shift_types, successions, {nurse.name: nurse for nurse in nurses})


def _successions(lines: Lines, shift_types: Collection[str]) -> list[tuple[str, str]]:
    """What may not follow one type of shift, each as a pair with it."""
    line = lines.take("forbidden successions")
    found = lines.match(_SUCCESSION, line, "Late 2 Early Day")
    before, *after = (lines.known("shift type", name, shift_types) for name in (found[1], *found[2].split()))
    return [(before, each) for each in after]


def _contract(lines: Lines, line: str) -> Contract:
    found = lines.match(_CONTRACT, line, "FullTime (30,44) (3,5) (2,3) 3 1")
    return Contract(
        found[1],
        least_shifts=int(found[2]),
        most_shifts=int(found[3]),
        most_days_in_a_row=int(found[5]),
        least_days_off_in_a_row=int(found[6]),
        most_weekends=int(found[8]),
        whole_weekends=found[9] == "1",
    )


def _nurse(lines: Lines, line: str, contracts: dict[str, Contract], skills: Collection[str]) -> Nurse:
    name, contract, *rest = [*line.split(), "", ""]
    announced, own = rest[0], tuple(word for word in rest[1:] if word)
    if announced != str(len(own)) or not own:
        raise lines.error(f"expected a line such as 'Alice FullTime 2 HeadNurse Nurse', found {line!r}")
    for skill in own:
        lines.known("skill", skill, skills)
    return Nurse(name, contracts[lines.known("contract", contract, contracts)], own)


def read_week(text: str, file: str, scenario: Scenario) -> tuple[tuple[Requirement, ...], tuple[ShiftOff, ...]]:
    """`WD-….txt`: what one week needs, and its shift-off requests."""
    lines = Lines(text, file)
    lines.heading("WEEK_DATA")
    lines.take("the scenario's name")
    lines.heading("REQUIREMENTS")
    pairs = range(len(scenario.shift_types) * len(scenario.skills))
    requirements = tuple(_requirement(lines, scenario) for _ in pairs)
    requests = lines.rows("SHIFT_OFF_REQUESTS", lambda line: _shift_off(lines, line, scenario))
    lines.end()
    return requirements, requests


def _requirement(lines: Lines, scenario: Scenario) -> Requirement:
    example = "Early Nurse (1,2) (1,1) (1,1) (1,1) (2,3) (1,1) (1,1)"
    found = lines.match(_REQUIREMENT, lines.take("a requirement"), example)
    shift_type = lines.known("shift type", found[1], scenario.shift_types)
    skill = lines.known("skill", found[2], scenario.skills)
    return Requirement(shift_type, skill, tuple(int(least) for least in _LEAST.findall(found[3])))


def _shift_off(lines: Lines, line: str, scenario: Scenario) -> ShiftOff:
    nurse, shift_type, day = lines.words(line, "Maggie Any Mon")
    lines.known("nurse", nurse, scenario.nurses)
    lines.known("shift type", shift_type, (ANY, *scenario.shift_types))
    return ShiftOff(nurse, shift_type, DAYS.index(lines.known("day", day, DAYS)))


def read_assignments(text: str, file: str, scenario: Scenario, week: int) -> tuple[Assignment, ...]:
    """`Sol-….txt`: the roster of one week, which its second line must number `week`."""
    lines = Lines(text, file)
    lines.heading("SOLUTION")
    found, _ = lines.words(lines.take("the week and the scenario"), "0 n012w8")
    if found != str(week):
        raise lines.error(f"expected the roster of week {week}, found that of week {found}")
    assignments = lines.rows("ASSIGNMENTS", lambda line: _assignment(lines, line, scenario))
    lines.end()
    return assignments


def _assignment(lines: Lines, line: str, scenario: Scenario) -> Assignment:
    nurse, day, shift_type, skill = lines.words(line, "Alice Mon Day Nurse")
    lines.known("nurse", nurse, scenario.nurses)
    lines.known("shift type", shift_type, scenario.shift_types)
    lines.known("skill", skill, scenario.skills)
    return Assignment(nurse, DAYS.index(lines.known("day", day, DAYS)), shift_type, skill)
