"""The figures in docs/guarantees.md: the last long form of each run, between two marks. Of a run with a remark that it
must not be quoted no figures are written, and that is said; a failure is.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from torture.outcome import shown

PAGE = Path(__file__).parents[1] / "docs" / "guarantees.md"
_NOT_QUOTED = "Not quoted: the machine was busy with other things, and the run is to be done again"
BEGIN, END = "<!-- written by `python -m torture` -->\n", "<!-- to here -->\n"


def quote(known: Mapping[str, Mapping[str, Any]], *, page: Path = PAGE) -> None:
    """Write what is known of the runs into the page. Raises ValueError for a page without the marks."""
    text = page.read_text()
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"{page.name} has no place for figures between {BEGIN.strip()} and {END.strip()}")
    page.write_text(before + begin + "".join(f"{line}\n" for line in _lines(known)) + end + after)


def _lines(known: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    yield "| run | what was done | what came of it |"
    yield "| --- | --- | --- |"
    for name, run in known.items():
        yield f"| `{name}`, {run['at'][:10]} | {run['did']} | {'. '.join(_came_of(run))} |"


def _came_of(run: Mapping[str, Any]) -> Iterator[str]:
    if not run["passed"]:
        yield f"**{run['violations in all']} violations**"
    if run["remarks"]:
        yield _NOT_QUOTED
        return
    if run["passed"]:
        yield "passed"
    yield "; ".join(f"{figure}: {shown(value)}" for figure, value in run["figures"].items())
