"""The Autobahn test suite's cases (by kosoku), against the shipped transports with an echo behind them.

Left out: 9 (megabytes, over our limit of a message) and 12, 13 (compression, which is not negotiated).
"""

import pytest
from kosoku import FailureError, run_fuzzingclient

from tests.transports.servers import serving

pytestmark = pytest.mark.anyio

CASES = 247
# A close frame amid a fragmented message: RFC 6455 lets an endpoint fail the connection, and `websockets` does.
LEGAL = {"7.1.5"}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.parametrize("server", ["uvicorn-native", "uvicorn-asgi"])
async def test_autobahn(server: str) -> None:
    level = {"uvicorn-native": "debug", "uvicorn-asgi": "info"}[server]  # that says who is accepted
    with serving(server, "tests.conformance.echo:app", level=level) as running:
        try:
            results = await run_fuzzingclient(
                f"127.0.0.1:{running.port}", exclude_cases=["9.*", "12.*", "13.*"], concurrency=4
            )
        except FailureError as failure:
            results = failure.results
        good, good_close = {"OK", "NON-STRICT", "INFORMATIONAL"}, {"OK", "INFORMATIONAL"}
        failed = {
            result.case_id
            for result in results
            if result.behavior.value not in good or result.behavior_close.value not in good_close
        }
        assert len(results) == CASES
        assert failed <= LEGAL
        assert "Traceback" not in running.log
        assert running.log.count('"WebSocket /" [accepted]') == CASES
