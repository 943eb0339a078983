"""The benchmark runs: a small form of it, whose numbers mean nothing, fills the tables."""

import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bench.__main__ import main

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the benchmark reads /proc and uses epoll")


def test_twenty_connections_fill_the_tables(tmp_path: Path) -> None:
    results = tmp_path / "RESULTS.md"
    small = "--rounds", "1", "--subscribers", "20", "--idle", "40", "--window", "0.3"
    part = "--peers", "the-guide", "--workloads", "fan-out,idle", "--output", str(results)
    command = [sys.executable, "-m", "bench", *small, *part]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=110, check=False)
    assert done.returncode == 0, done.stderr
    page = results.read_text()
    for row in ("tidings", "the guide"):
        for cells in re.findall(rf"^\| {row} \| (-?[\d,.]+ \|.*)\|$", page, re.MULTILINE):
            assert all(re.fullmatch(r"-?[\d,.]+", cell.strip()) for cell in cells.split("|")), cells
    assert len(re.findall(r"^\| tidings \| -?[\d,.]+ \|", page, re.MULTILINE)) == 2
    assert re.search(r"^\| 4: connect, authenticate, subscribe \| ≥ 2\.2 × the guide \| [\d.]+ \| ", page, re.MULTILINE)
    assert "uvicorn" in page.partition("## Who was measured")[2]
    for plot in re.findall(r"!\[.*\]\((.*)\)", page):
        assert ElementTree.parse(tmp_path / plot).getroot().tag.endswith("svg")


def test_too_few_file_descriptors_are_said_before_measuring(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    results = tmp_path / "RESULTS.md"
    assert main(["--idle", "100000000", "--output", str(results)]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert re.fullmatch(
        r"bench: 100,000,101 file descriptors are needed, a process has -?[\d,]+ here: .+ --workloads .+\n", said.err
    )
    assert not results.exists()


def test_an_interruption_before_measuring_is_one_sentence(tmp_path: Path) -> None:
    compiler = tmp_path / "cc"
    compiler.write_text("#!/bin/sh\nkill -TERM $PPID\nexec sleep 60\n")
    compiler.chmod(0o755)
    program = (
        "import pathlib, sys; from bench.load import build; build._BUILT = pathlib.Path(sys.argv[1], 'built'); "
        "from bench.__main__ import main; sys.exit(main(['--output', sys.argv[1] + '/RESULTS.md']))"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    path = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | path, capture_output=True, text=True, timeout=110, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "bench: interrupted\n")


def test_a_place_that_cannot_be_written_is_said_before_measuring(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--output", str(tmp_path / "nowhere" / "RESULTS.md")]) == 1
    assert capsys.readouterr().err.startswith("bench: there is no directory")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--peers", "nobody"], "argument --peers: there is no peer nobody: there are tidings, "),
        (["--workloads", "nothing"], "argument --workloads: there is no workload nothing: fan-out, "),
        (["--window", "0"], "argument --window: 0 is not between 0 and 600"),
    ],
)
def test_what_there_is_not_is_said_with_what_there_is(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
    assert said in capsys.readouterr().err
