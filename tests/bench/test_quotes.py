"""What the documents say of what was measured is in the results that are kept."""

from pathlib import Path

import pytest

from bench import results
from bench.report import quotes
from bench.report.quotes import QUOTES, Quote
from bench.results import Results
from bench.workloads.workload import Figure, Plan

ROOT = Path(__file__).parents[2]
KEPT = ROOT / "bench" / "results.json"
CPU = Quote("page.md", "| delivery | ", " |", lambda run: f"{run.values('1, 2', 'tidings', 'cpu')[0]:g} µs")
UNMEASURED = Quote("page.md", "| memory | ", " |", lambda _: "")


def measured() -> Results:
    run = Results(Plan(), "2026-11-24T03:00:00+00:00")
    run.add("1, 2", "tidings", {"cpu": Figure(6.0)})
    return run


def test_every_quote_is_found_in_its_document() -> None:
    assert list(quotes.stale(ROOT, Results(Plan(), "2026-11-24T03:00:00+00:00"), QUOTES[:-1])) == []


@pytest.mark.skipif(not KEPT.is_file(), reason="no run of the whole benchmark is kept")
def test_every_quote_is_what_was_measured() -> None:
    assert list(quotes.stale(ROOT, results.load(KEPT))) == []


def test_a_figure_that_was_not_measured_is_told_with_its_line_and_mended(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Costs\n\n| delivery | 7 µs | plan |\n| memory | 5 KB | plan |\n")
    chosen = [CPU, UNMEASURED]
    assert list(quotes.stale(tmp_path, measured(), chosen)) == ["page.md:3: 7 µs was not measured: 6 µs"]
    quotes.mend(tmp_path, measured(), chosen)
    assert page.read_text() == "# Costs\n\n| delivery | 6 µs | plan |\n| memory | 5 KB | plan |\n"
    assert list(quotes.stale(tmp_path, measured(), chosen)) == []


def test_a_quote_whose_line_is_gone_is_told(tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text("# Costs\n")
    assert list(quotes.stale(tmp_path, measured(), [CPU])) == [
        "page.md: there is no line with '| delivery | ' and ' |'"
    ]
