"""The project in docs/testing.md runs as it stands there."""

import pytest

from tests.pages import ROOT, files, imported, installed

pytest_plugins = ["pytester"]

PAGE = ROOT / "docs" / "testing.md"
NAMES = {"main.py", "test_published.py", "test_seen.py", "test_time.py", "test_network.py", "test_history.py"}


def test_the_tutorials_project_passes(pytester: pytest.Pytester) -> None:
    project = files(PAGE)
    assert set(project) == NAMES
    for name, source in project.items():
        (pytester.path / name).write_text(source)
    pytester.makeconftest("import pytest\n@pytest.fixture\ndef anyio_backend(): return 'asyncio'")
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function\nfilterwarnings = error")
    outcome = pytester.runpytest_subprocess("-p", "no:cacheprovider", timeout=100)
    outcome.assert_outcomes(passed=10)


def test_what_the_page_has_installed_is_what_it_imports() -> None:
    project = files(PAGE)
    own = {name.removesuffix(".py") for name in project}
    assert imported(project.values()) - own <= installed(PAGE)
    assert "httpx2" in installed(PAGE), "fastapi.testclient needs it"
