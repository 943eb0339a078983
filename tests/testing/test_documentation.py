"""The project in docs/testing.md runs as it stands there."""

import re
from collections import defaultdict
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

PAGE = Path(__file__).parents[2] / "docs" / "testing.md"


def test_the_tutorials_project_passes(pytester: pytest.Pytester) -> None:
    files: dict[str, str] = defaultdict(str)
    for name, source in re.findall(r"```python\n# (\w+)\.py\n(.*?)```", PAGE.read_text(), re.DOTALL):
        files[name] += source + "\n"
    assert set(files) == {"main", "test_published", "test_seen", "test_time", "test_network", "test_history"}
    pytester.makepyfile(**files)
    pytester.makeconftest("import pytest\n@pytest.fixture\ndef anyio_backend(): return 'asyncio'")
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function\nfilterwarnings = error")
    outcome = pytester.runpytest_subprocess("-p", "no:cacheprovider", timeout=100)
    outcome.assert_outcomes(passed=10)
