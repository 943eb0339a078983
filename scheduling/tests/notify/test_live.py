"""The declarations, and what the dashboard is compiled against."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from tidings.cli import app

REPOSITORY = Path(__file__).parents[3]


def test_the_dashboard_uses_what_is_written_now(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(REPOSITORY)
    arguments = ["types", "scheduling.server.notify.live", "-o", "scheduling/web/src/live.gen.ts", "--check"]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
