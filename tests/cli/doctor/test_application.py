"""`tidings doctor main:app`."""

import importlib.util
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tidings.cli import app
from tidings.cli.doctor import application
from tidings.cli.doctor.finding import compared_clocks

SOURCES = {
    "broken": "raise ValueError('no DATABASE_URL')\n",
    "empty": "app = None\n",
    "sound": """
from tidings import ConnectionManager, Limits

manager = ConnectionManager(limits=Limits(connections=100))
app = None
""",
    "careless": """
from tidings import ConnectionManager, Limits

manager = ConnectionManager(limits=Limits(connections=2_000_000_000), development=True)
app = None
""",
    "unmigrated": """
from sqlalchemy.ext.asyncio import create_async_engine
from tidings import ConnectionManager, DatabaseBroker, Limits

manager = ConnectionManager(limits=Limits(connections=100), broker=DatabaseBroker(create_async_engine("sqlite+aiosqlite:///app.db")))
app = None
""",
    "unreachable": """
from tidings import ConnectionManager, Limits
from tidings.brokers.redis import RedisBroker

manager = ConnectionManager(limits=Limits(connections=100), broker=RedisBroker("redis://127.0.0.1:1"))
app = None
""",
}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, source in SOURCES.items():
        (tmp_path / f"{name}.py").write_text(source)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield
    for name in SOURCES:
        sys.modules.pop(name, None)


def examined(target: str, **environment: str) -> tuple[int, list[dict[str, Any]]]:
    """The exit status, and what is not as it should be."""
    runner = CliRunner(env={"WEB_CONCURRENCY": "1", **environment})
    result = runner.invoke(app, ["doctor", target, "--json"])
    findings = json.loads(result.stdout)
    assert all(finding["fix"] for finding in findings if finding["level"] != "passed")
    return result.exit_code, [finding for finding in findings if finding["level"] != "passed"]


def test_a_sound_application_has_no_faults() -> None:
    assert examined("sound:app") == (0, [])


def test_for_people_it_says_what_and_how_to_mend_it() -> None:
    result = CliRunner(env={"TERMINAL_WIDTH": "100", "WEB_CONCURRENCY": "4"}).invoke(app, ["doctor", "sound:app"])
    assert result.exit_code == 1
    assert "fault    sound:app, MemoryBroker" in result.stdout
    assert "→ unset WEB_CONCURRENCY" in result.stdout


def test_one_that_cannot_be_imported_is_one_fault() -> None:
    status, [finding] = examined("broken:app")
    assert (status, finding["level"]) == (1, "fault")
    assert finding["what"].startswith("broken cannot be imported: ValueError: no DATABASE_URL")


def test_one_without_a_manager_is_told_so() -> None:
    status, [finding] = examined("empty:app")
    assert (status, finding["level"]) == (0, "warning")
    assert "no ConnectionManager was found" in finding["what"]


def test_logs_in_memory_with_several_workers() -> None:
    status, [finding] = examined("sound:app", WEB_CONCURRENCY="4")
    assert (status, finding["level"]) == (1, "fault")
    assert finding["what"].startswith("WEB_CONCURRENCY=4 asks for several workers")


def test_few_file_descriptors_and_open_origins() -> None:
    status, findings = examined("careless:app")
    assert status == 1
    assert [(finding["level"], finding["what"].split(" ", 1)[1][:25]) for finding in findings] == [
        ("fault", "file descriptors are allo"),
        ("warning", "lets pages of any server "),
    ]
    assert "allow 2,000,000,100 (ulimit -n" in findings[0]["fix"]


@pytest.mark.parametrize(
    ("target", "what", "fix"),
    [
        ("unmigrated:app", "TablesMissing: the database lacks tables", "the application does not start before"),
        ("unreachable:app", "127.0.0.1:1", "the application starts, and serves clients once it does"),
    ],
)
def test_a_broker_that_cannot_hold_logs(target: str, what: str, fix: str) -> None:
    status, [finding] = examined(target)
    assert (status, finding["level"]) == (1, "fault")
    assert what in finding["what"]
    assert fix in finding["fix"]


def test_no_uvloop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(sys, "platform", "linux")
    finding = application._event_loop()
    assert (finding.level, finding.fix) == ("fault", "pip install uvloop")


@pytest.mark.parametrize(
    ("ahead", "level", "direction"),
    [(0.3, "passed", ""), (-4.0, "passed", ""), (90.0, "fault", "90 s ahead of"), (-9.0, "fault", "9 s behind")],
)
def test_clocks_that_differ(ahead: float, level: str, direction: str) -> None:
    finding = compared_clocks("here", "the clock of its server", ahead)
    assert finding.level == level
    assert direction in finding.what
