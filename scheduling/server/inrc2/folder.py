"""A ward's folder: which files belong together."""

import re
from pathlib import Path

from .reader import read_assignments, read_scenario, read_week
from .ward import DataError, Scenario, Ward, Week


def load_ward(folder: Path, solution: str | None = None) -> Ward:
    """The ward in `folder` with the roster of one solution folder: the one named, or the first by name.

    Raises DataError naming the file that is missing or corrupt, and its line.
    """
    scenario_file = _scenario_file(folder)
    name = scenario_file.stem.removeprefix("Sc-")
    scenario = read_scenario(_text(scenario_file), str(scenario_file))
    rosters = _solution_folder(folder, solution)
    weeks = tuple(_load_week(folder, rosters, name, scenario, week) for week in range(scenario.weeks))
    return Ward(name, scenario, weeks)


def _scenario_file(folder: Path) -> Path:
    if not folder.is_dir():
        raise DataError(str(folder), None, "there is no such folder")
    files = sorted(folder.glob("Sc-*.txt"))
    if len(files) != 1:
        raise DataError(str(folder), None, f"expected one scenario file Sc-….txt, found {len(files)}")
    return files[0]


def _solution_folder(folder: Path, solution: str | None) -> Path:
    found = sorted(path.name for path in folder.glob("Solution_*") if path.is_dir())
    if not found:
        raise DataError(str(folder), None, "expected a folder Solution_… with a roster, found none")
    if solution is not None and solution not in found:
        raise DataError(str(folder), None, f"there is no folder {solution}; there are: {', '.join(found)}")
    return folder / (solution or found[0])


def _load_week(folder: Path, rosters: Path, ward: str, scenario: Scenario, week: int) -> Week:
    pattern = re.compile(rf"Sol-{re.escape(ward)}-(\d+)-{week}\.txt")
    found = [match for path in sorted(rosters.iterdir()) if (match := pattern.fullmatch(path.name))]
    if len(found) != 1:
        problem = f"expected one file Sol-{ward}-…-{week}.txt for week {week}, found {len(found)}"
        raise DataError(str(rosters), None, problem)
    roster, needs = rosters / found[0][0], folder / f"WD-{ward}-{found[0][1]}.txt"
    requirements, shifts_off = read_week(_text(needs), str(needs), scenario)
    return Week(requirements, shifts_off, read_assignments(_text(roster), str(roster), scenario, week))


def _text(file: Path) -> str:
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise DataError(str(file), None, f"cannot be read: {error.strerror}") from error
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise DataError(str(file), line, "this is not text in UTF-8") from error
