"""The Autobahn test suite's cases (by kosoku), against the shipped transports with an echo behind them.

Left out: 9 (megabytes, over our limit of a message), and most of 12 and 13 (compression, a thousand messages each).
"""

import pytest
from kosoku import FailureError, run_fuzzingclient

from tests.transports.servers import serving

pytestmark = pytest.mark.anyio

CASES = 247
# A close frame amid a fragmented message: RFC 6455 lets an endpoint fail the connection, and `websockets` does.
LEGAL = {"7.1.5"}

# JSON of 1 KB, and of 64 KB in fragments; the offers of 13: two of them ask for a window that we decline.
COMPRESSED = dict.fromkeys(("12.1.4", "12.1.14", "13.1.4", "13.2.4", "13.4.4", "13.6.4", "13.7.4"), "OK")
COMPRESSED |= {"13.3.4": "UNIMPLEMENTED", "13.5.4": "UNIMPLEMENTED"}


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


@pytest.mark.filterwarnings(
    "ignore:Exception ignored in. <_io.FileIO:pytest.PytestUnraisableExceptionWarning"
)  # kosoku's
async def test_autobahn_compressed() -> None:
    with serving("uvicorn-native", "tests.conformance.echo:compressing") as running:
        try:
            results = await run_fuzzingclient(f"127.0.0.1:{running.port}", cases=list(COMPRESSED), concurrency=4)
        except FailureError as failure:
            results = failure.results
        assert {result.case_id: result.behavior.value for result in results} == COMPRESSED
        assert "Traceback" not in running.log
