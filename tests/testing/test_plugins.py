"""The test kit in projects of its own: under pytest-asyncio and under anyio's plugin, both installed."""

import pytest

pytest_plugins = ["pytester"]

APPLICATION = """
from fastapi import FastAPI
from tidings import Channel, ConnectionManager, Event, User

class Happened(Event, type="happened"):
    what: str

class News(Channel[Happened], name="news"): ...

def create():
    manager = ConnectionManager(channels=[News], authenticate=lambda handshake, token: User(token))
    manager.authorize(News)(lambda channel, user: True)
    app = FastAPI()
    app.include_router(manager.router("/ws"))
    app.state.manager = manager

    @app.post("/news")
    async def post(what: str) -> None:
        await manager.publish(Happened(what=what), News())

    return app
"""

SUITE = """
import asyncio
import httpx2
import pytest
from application import Happened, News, create
from tidings.testing import FakeClock, connected, lifespan

clock = FakeClock()
{marks}

@pytest.fixture
def app():
    return create()

async def told(client, app):
    await client.subscribe(News())
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://test") as http:
        await http.post("/news", params={{"what": "tea"}})
    assert await client.expect(Happened, on=News()) == Happened(what="tea")

@ordinary
@pytest.mark.parametrize("transport", ["asgi", "native"])
async def test_with_a_lifespan(transport, app, tidings):
    async with lifespan(app) as running, connected(running, token="anna", transport=transport) as client:
        await told(client, app)
    assert tidings.only(Happened, on=News()).what == "tea"

@ordinary
async def test_without_a_lifespan(app):
    async with connected(app, token="anna") as client:
        await told(client, app)

@ordinary
@pytest.mark.parametrize("transport", ["asgi", "native"])
async def test_with_the_manager_alone(transport, app):
    async with connected(app.state.manager, user="anna", transport=transport) as client:
        await told(client, app)

@pytest.fixture
async def client(app):
    async with lifespan(app) as running, connected(running, token="anna") as client:
        yield client

@ordinary
async def test_in_a_fixture(client, app):
    await told(client, app)

@ordinary
async def test_cannot_hang(client):
    await client.expect(Happened, timeout=0.05)

@by_hand
async def test_with_the_clock(client, app):
    began = clock()
    later = asyncio.ensure_future(asyncio.sleep(3600))
    await asyncio.sleep(0)
    await clock.advance(3600)
    assert later.done()
    assert clock() == began + 3600

@by_hand
async def test_a_real_wait_under_the_clock(client):
    await client.expect_none(within=0.01)
"""

ANYIO = """
pytestmark = pytest.mark.anyio
ordinary = pytest.mark.parametrize("anyio_backend", ["asyncio"])
by_hand = pytest.mark.parametrize("anyio_backend", [("asyncio", {"loop_factory": clock.new_loop})])
"""
PYTEST_ASYNCIO = """
ordinary = pytest.mark.asyncio(loop_factories=["ordinary"])
by_hand = pytest.mark.asyncio(loop_factories=["by hand"])
"""
PYTEST_ASYNCIO_PLAIN = """
ordinary = pytest.mark.asyncio
by_hand = pytest.mark.skip
"""
LOOP_FACTORIES = """
import asyncio

def pytest_asyncio_loop_factories(config, item):
    return {"ordinary": asyncio.new_event_loop, "by hand": item.module.clock.new_loop}
"""


def run(pytester: pytest.Pytester, marks: str, mode: str, conftest: str = "") -> pytest.RunResult:
    pytester.makepyfile(application=APPLICATION, test_application=SUITE.format(marks=marks))
    pytester.makeconftest(conftest)
    pytester.makeini(
        f"[pytest]\nasyncio_mode = {mode}\nasyncio_default_fixture_loop_scope = function\nfilterwarnings = error"
    )
    outcome = pytester.runpytest_subprocess("-p", "no:cacheprovider", timeout=100)
    outcome.stdout.fnmatch_lines(["E * expected Happened (happened) within 0.05 s; no message waits"])
    return outcome


def test_under_anyios_plugin(pytester: pytest.Pytester) -> None:
    run(pytester, ANYIO, "strict").assert_outcomes(passed=8, failed=1)


def test_under_pytest_asyncio(pytester: pytest.Pytester) -> None:
    run(pytester, PYTEST_ASYNCIO, "auto", LOOP_FACTORIES).assert_outcomes(passed=8, failed=1)


def test_under_pytest_asyncio_without_more(pytester: pytest.Pytester) -> None:
    """No loop factories: what most projects have."""
    run(pytester, PYTEST_ASYNCIO_PLAIN, "auto").assert_outcomes(passed=6, failed=1, skipped=2)
