"""Every fault run in its short form: what must hold is asserted, and no time but that all comes to an end."""

from pathlib import Path

import pytest

from torture.faults import FAULTS
from torture.ground import Ground
from torture.postgres import Postgres


@pytest.fixture
def ground(tmp_path: Path, request: pytest.FixtureRequest) -> Ground:
    def postgres() -> Postgres:
        server: Postgres = request.getfixturevalue("postgres")
        return server

    return Ground(short=True, directory=tmp_path, postgres=postgres)


@pytest.mark.parametrize("fault", FAULTS)
async def test_what_must_hold_holds(fault: str, ground: Ground):
    outcome = await FAULTS[fault](ground)
    assert outcome.passed, "\n".join(outcome.text())
