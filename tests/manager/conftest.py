"""A manager's tests turn the loop by hand."""

from typing import Any

import pytest

from tests.stage import (
    HAND_TURNED,
)


@pytest.fixture(scope="module")
def anyio_backend() -> Any:
    return HAND_TURNED
