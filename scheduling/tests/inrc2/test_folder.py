from pathlib import Path

import pytest

from scheduling.server.inrc2.folder import load_ward
from scheduling.server.inrc2.ward import DataError
from scheduling.tests.inrc2.ward_files import SOLUTION, write_ward


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_ward(tmp_path / "n002w2")


def test_the_files_that_belong_together_are_read_together(folder: Path):
    ward = load_ward(folder)
    assert ward.name == "n002w2"
    assert [len(week.assignments) for week in ward.weeks] == [4, 1]
    # Week 0 was planned for the needs in file 1, which hold its requests.
    assert [len(week.shifts_off) for week in ward.weeks] == [2, 0]


def test_the_first_solution_is_read_unless_another_is_named(folder: Path):
    (folder / SOLUTION).rename(folder / "Solution_H_9-WD_1-0")
    (folder / "Solution_H_1-WD_1-0").mkdir()
    with pytest.raises(DataError, match=r"Solution_H_1-WD_1-0: expected one file Sol-n002w2-…-0\.txt for week 0"):
        load_ward(folder)
    assert load_ward(folder, "Solution_H_9-WD_1-0").name == "n002w2"
    with pytest.raises(DataError, match="there is no folder mine; there are: Solution_H_1-WD_1-0, Solution_H_9"):
        load_ward(folder, "mine")


@pytest.mark.parametrize(
    ("missing", "complaint"),
    [
        ("Sc-n002w2.txt", r"n002w2: expected one scenario file Sc-….txt, found 0"),
        ("WD-n002w2-0.txt", r"WD-n002w2-0\.txt: cannot be read: No such file or directory"),
        (f"{SOLUTION}/Sol-n002w2-0-1.txt", r"expected one file Sol-n002w2-…-1\.txt for week 1, found 0"),
    ],
)
def test_a_missing_file_is_named(folder: Path, missing: str, complaint: str):
    (folder / missing).unlink()
    with pytest.raises(DataError, match=complaint):
        load_ward(folder)


def test_a_folder_without_a_roster_says_so(folder: Path):
    (folder / SOLUTION).rename(folder / "elsewhere")
    with pytest.raises(DataError, match="expected a folder Solution_… with a roster, found none"):
        load_ward(folder)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(DataError, match="nowhere: there is no such folder"):
        load_ward(tmp_path / "nowhere")


def test_a_file_that_is_no_text_names_its_line(folder: Path):
    file = folder / "WD-n002w2-1.txt"
    file.write_bytes(file.read_bytes().replace(b"Lucy Any", b"Luc\xff Any"))
    with pytest.raises(DataError, match=r"WD-n002w2-1\.txt, line 15: this is not text in UTF-8"):
        load_ward(folder)
