"""What is measured of the desk stays in the page of results when the rest is measured anew, and takes its own place."""

from datetime import UTC, datetime
from pathlib import Path

from bench.desk import run

MEASURED = {
    "first": [700.0, 900.0, 800.0],
    "switches": [250.0, 150.0, 210.0],
    "remote": [12.0, -3.0, 30.0],
    "storm": {"changes": 1_000, "seconds": 10.0, "frames": 580, "longest": 130.4, "lost": 2},
    "javascript": 350_000,
    "chromium": "156",
}


def test_a_target_is_met_or_not() -> None:
    section = run.section(MEASURED, datetime(2026, 11, 23, tzinfo=UTC), ["Core 0 was busy."])
    rows = [line.split(" | ") for line in section.splitlines() if line.startswith("| ")]
    assert [(row[1], row[3]) for row in rows[2:]] == [
        ("800 ms [700–900]", "yes |"),
        ("210 ms [150–250]", "**no** |"),
        ("12 ms [-3–30]", "yes |"),
        ("130 ms", "**no** |"),
        ("2", "**no** |"),
        ("350 kB", "yes |"),
    ]
    assert "- Core 0 was busy." in section


def test_the_part_about_the_desk_is_found_in_the_page(tmp_path: Path) -> None:
    results = tmp_path / "RESULTS.md"
    assert run.kept(results) == ""
    results.write_text("# What tidings costs\n\ntable\n")
    assert run.kept(results) == ""
    section = run.section(MEASURED, datetime(2026, 11, 23, tzinfo=UTC), [])
    results.write_text(f"# What tidings costs\n\ntable\n\n{section}")
    assert run.kept(results) == section
