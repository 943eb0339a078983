"""The benchmark runs: a small form of it, whose numbers mean nothing, fills every cell of the table."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the benchmark reads /proc and uses epoll")


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bench", "--quick", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=110, check=False)


def test_twenty_connections_fill_the_table(tmp_path: Path) -> None:
    results = tmp_path / "RESULTS.md"
    done = bench("--connections", "20", "--idle", "40", "--window", "1", "--output", str(results))
    assert done.returncode == 0, done.stderr
    page = results.read_text()
    for row in (
        "server CPU per delivery",
        "deliveries/s",
        "memory per idle connection",
        "authenticated and subscribed/s",
    ):
        measured = re.search(rf"^\| [^|]*{row}[^|]*\|(.*)\|$", page, re.MULTILINE)
        assert measured is not None, row
        ours, guides, ratio, target, met = (cell.strip() for cell in measured[1].split("|"))
        for cell in (ours, guides, ratio):
            assert re.fullmatch(r"-?[\d,.]+ \[-?[\d,.]+–-?[\d,.]+\]", cell), row
        assert re.match(r"[≤≥] [\d.]+ (×|KB)", target)
        assert met in {"yes", "**no**"}
    assert "(the same in both)" in page
    assert "uvicorn" in page.partition("## Machine")[2]


def test_too_few_file_descriptors_are_said_before_measuring(tmp_path: Path) -> None:
    results = tmp_path / "RESULTS.md"
    done = bench("--idle", "100000000", "--output", str(results))
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(r"bench: 100000100 file descriptors are needed, a process has -?\d+ here: .+\n", done.stderr)
    assert not results.exists()


def test_a_place_that_cannot_be_written_is_said_before_measuring(tmp_path: Path) -> None:
    done = bench("--output", str(tmp_path / "nowhere" / "RESULTS.md"))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("bench: there is no directory")
