"""What is kept of the runs: the last of each, on one page."""

import json
from pathlib import Path

from torture import results
from torture.outcome import Outcome


def outcome_of(*violations: str) -> Outcome:
    outcome = Outcome("things were cut", {"events heard": 1_234, "seconds": 0.25})
    outcome.violated(*violations)
    return outcome


def test_the_last_of_each_run_is_kept(tmp_path: Path):
    results.record("cuts", outcome_of("event 7 is lost"), directory=tmp_path)
    results.record("kills", outcome_of(), directory=tmp_path)
    results.record("cuts", outcome_of(), directory=tmp_path)
    kept = json.loads((tmp_path / "results.json").read_text())
    assert {name: run["passed"] for name, run in kept.items()} == {"cuts": True, "kills": True}
    assert kept["cuts"]["figures"] == {"events heard": 1_234, "seconds": 0.25}


def test_the_page_says_what_failed(tmp_path: Path):
    results.record("cuts", outcome_of(*(f"event {number} is lost" for number in range(30))), directory=tmp_path)
    page = (tmp_path / "RESULTS.md").read_text()
    assert "## cuts: FAIL" in page
    assert "| events heard | 1,234 |" in page
    assert "| violations | 30 |" in page
    assert page.count("is lost") == 20
