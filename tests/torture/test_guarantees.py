"""docs/guarantees.md: each test and each run that it names exists, and figures find their place in it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from torture.faults import FAULTS
from torture.guarantees import BEGIN, END, PAGE, quote
from torture.outcome import Outcome
from torture.results import record

ROOT = Path(__file__).parents[2]
_TEXT = PAGE.read_text()
_NAMED = re.findall(r"`((?:tests|packages|scheduling|torture)/[^`\s]*?)(?:::([\w:]+))?`", _TEXT)
_RUN = {"at": "2026-11-23T08:00:00+00:00", "did": "Ten were cut", "remarks": [], "violations in all": 0}


@pytest.mark.parametrize(("path", "name"), sorted(set(_NAMED)))
def test_what_shows_a_promise_exists(path: str, name: str) -> None:
    place = ROOT / path
    assert place.exists(), f"docs/guarantees.md names {path}"
    if name:
        assert name in node_ids(ast.parse(place.read_text())), f"{path}::{name} is no test that pytest would find"


def node_ids(within: ast.Module | ast.ClassDef, prefix: str = "") -> Iterator[str]:
    """The classes and functions as pytest names them: `TestClass::test_function`."""
    for node in within.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield prefix + node.name
        if isinstance(node, ast.ClassDef):
            yield from node_ids(node, f"{prefix}{node.name}::")


def test_there_is_something_to_look_at() -> None:
    assert len(set(_NAMED)) > 10


def test_every_run_is_described_and_no_other() -> None:
    [table] = re.findall(r"\| run \| must hold \|\n(.*?)\n\n", _TEXT, re.DOTALL)
    described = re.findall(r"`([^`]+)`", " ".join(row.split("|")[1] for row in table.splitlines()))
    assert sorted(described) == sorted(FAULTS)


def test_every_run_that_shows_a_promise_exists() -> None:
    promises = _TEXT.partition("# What is not promised")[0]
    cells = [cell for line in promises.splitlines() for cell in line.split("|") if re.search(r"\bruns? `", cell)]
    assert cells
    for cell in cells:
        [runs] = re.findall(r"\bruns? ((?:`[^`/]+`(?:, )?)+)", cell)
        assert set(re.findall(r"`([^`]+)`", runs)) <= set(FAULTS)


def test_figures_are_written_between_the_marks_and_again_in_their_place(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}{END}after\n")
    for passed, waited in ((True, 1.25), (False, 2.5)):
        count = 0 if passed else 3
        quote({"cuts": _RUN | {"passed": passed, "violations in all": count, "figures": {"s": waited}}}, page=page)
    assert page.read_text() == (
        f"before\n{BEGIN}| run | what was done | what came of it |\n| --- | --- | --- |\n"
        f"| `cuts`, 2026-11-23 | Ten were cut | **3 violations**. s: 2.5 |\n{END}after\n"
    )


@pytest.mark.parametrize(("violations", "said"), [(0, ""), (3, "**3 violations**. ")])
def test_a_run_that_must_not_be_quoted_is_not_but_for_its_failure(violations: int, said: str, tmp_path: Path) -> None:
    outcome = Outcome("Ten were cut", {"s": 1.25}, remarks=["Core 0 was 12% busy: do not quote this run."])
    outcome.violated(*["an event is lost"] * violations)
    page = tmp_path / "page.md"
    page.write_text(f"{BEGIN}{END}")
    quote(record("cuts", outcome, directory=tmp_path), page=page)
    assert page.read_text().splitlines()[3].partition(" | Ten were cut | ")[2] == (
        f"{said}Not quoted: the machine was busy with other things, and the run is to be done again |"
    )
    assert "**Core 0 was 12% busy: do not quote this run.**\n" in (tmp_path / "RESULTS.md").read_text()


def test_a_page_without_the_marks_is_refused(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("nothing\n")
    with pytest.raises(ValueError, match=r"page\.md has no place for figures"):
        quote({}, page=page)
