"""Simulated colleagues against the real application, in process: what they change, and how it begins and ends."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from random import Random

import httpx2
import pytest
from fastapi import FastAPI

from scheduling.server.demo import MANAGER_EMAIL, PASSWORD, PLAYED, STAFF_EMAIL, seed
from scheduling.server.domain.simulation import SimulationPace
from scheduling.server.main import create_app
from scheduling.server.services.changes import Desk
from scheduling.server.services.errors import Forbidden
from scheduling.server.services.passwords import Passwords
from scheduling.server.services.simulation import CannotPlay, Demo, SimulationService
from scheduling.server.settings import Settings
from scheduling.server.simulation.colleagues import Colleagues
from scheduling.server.store.database import Database
from scheduling.tests.conftest import ManualClock, Recorder, Team, browser

ROUNDS = 60
Headers = dict[str, str]


class Timekeeper:
    """A clock for paces that never waits, until so many edits were made: then it waits for ever."""

    def __init__(self, edits: int) -> None:
        self.now, self.left = 0.0, edits
        self.exhausted = asyncio.Event()

    def monotonic(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        if seconds > 0.1:  # an edit's pace, and not that of single requests
            self.left -= 1
        if self.left <= 0:
            self.exhausted.set()
            await asyncio.Event().wait()


@pytest.fixture
def timekeeper() -> Timekeeper:
    return Timekeeper(ROUNDS)


@pytest.fixture
async def demo(
    settings: Settings, store: Database, passwords: Passwords, clock: ManualClock, timekeeper: Timekeeper
) -> AsyncIterator[FastAPI]:
    """The demo, filled; its colleagues reach it in process."""
    await seed(store, passwords, clock.now)
    colleagues = Colleagues(
        [member.address for member in PLAYED],
        PASSWORD,
        clock=clock,
        dice=Random(1),
        connect=lambda address: httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url=address),
        sleep=timekeeper.sleep,
        monotonic=timekeeper.monotonic,
    )
    app = create_app(
        settings, clock=clock, passwords=passwords, visited=Demo(MANAGER_EMAIL, STAFF_EMAIL, PASSWORD, colleagues)
    )
    async with app.router.lifespan_context(app):
        yield app


async def headers(http: httpx2.AsyncClient, email: str = MANAGER_EMAIL) -> Headers:
    answer = await http.post("/api/auth/login", json={"email": email, "password": PASSWORD})
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


async def test_colleagues_change_the_week_in_their_own_names_and_stop_when_told(demo: FastAPI, timekeeper: Timekeeper):
    async with browser(demo) as http:
        mona = await headers(http)
        before = {row["id"]: row for row in (await http.get("/api/schedules", headers=mona)).json()}
        begun = await http.put("/api/simulation", json={"pace": "brisk"}, headers=mona)
        assert (begun.status_code, begun.json()["pace"]) == (200, "brisk")
        await asyncio.wait_for(timekeeper.exhausted.wait(), 60)
        state = (await http.get("/api/simulation", headers=mona)).json()
        assert [person["name"] for person in state["people"]] == [member.name for member in PLAYED]
        ended = (await http.delete("/api/simulation", headers=mona)).json()
        assert (ended["pace"], ended["people"], ended["ends_at"]) == (None, [], None)
        after = {row["id"]: row for row in (await http.get("/api/schedules", headers=mona)).json()}
    changed = [row for id, row in after.items() if before.get(id) != row]
    assert len(changed) > ROUNDS / 4
    assert {row["updated_by"]["name"] for row in changed} <= {member.name for member in PLAYED}
    assert len({row["updated_by"]["name"] for row in changed}) > 1


async def test_only_managers_start_it_and_everybody_may_know(demo: FastAPI):
    async with browser(demo) as http:
        sam = await headers(http, STAFF_EMAIL)
        refused = await http.put("/api/simulation", json={"pace": "calm"}, headers=sam)
        assert refused.status_code == 403
        assert (await http.get("/api/simulation", headers=sam)).json()["pace"] is None
        assert (await http.get("/api/about")).json()["demo"]["staff"] == STAFF_EMAIL


async def test_without_the_demo_there_is_no_simulation(http: httpx2.AsyncClient):
    assert (await http.get("/api/about")).json() == {"demo": None}
    for method in ("GET", "PUT", "DELETE"):
        assert (await http.request(method, "/api/simulation")).status_code == 404


async def idle(address: str, pace: SimulationPace, begun: object) -> None:
    await asyncio.Event().wait()


async def failing(address: str, pace: SimulationPace, begun: object) -> None:
    raise CannotPlay("The server is away.")


class TestService:
    async def test_it_ends_by_itself(self, desk: Desk, team: Team, notifier: Recorder):
        simulation = SimulationService(desk, idle, lasts=timedelta())
        begun = await simulation.start(team.mona, "calm", "http://here")
        await simulation.finished()
        ended = simulation.current()
        assert (begun.running, ended.running) == (True, False)
        assert ended.version > begun.version
        assert notifier.told == [("simulation", begun), ("simulation", ended)]

    async def test_it_says_why_it_cannot_go_on(self, desk: Desk, team: Team):
        simulation = SimulationService(desk, failing)
        await simulation.start(team.mona, "calm", "http://here")
        await simulation.finished()
        assert simulation.current().problem == "The server is away."

    async def test_starting_it_again_only_changes_the_pace(self, desk: Desk, team: Team, notifier: Recorder):
        simulation = SimulationService(desk, idle)
        await simulation.start(team.mona, "calm", "http://here")
        await simulation.start(team.mona, "brisk", "http://here")
        await simulation.close()
        told = [state for _, state in notifier.told]
        assert [getattr(state, "pace", "") for state in told] == ["calm", "brisk", None]

    async def test_staff_may_neither_start_nor_stop_it(self, desk: Desk, team: Team):
        simulation = SimulationService(desk, idle)
        with pytest.raises(Forbidden):
            await simulation.start(team.alice, "calm", "http://here")
        with pytest.raises(Forbidden):
            await simulation.stop(team.alice)


def test_the_address_is_that_of_the_connection():
    from starlette.requests import Request

    from scheduling.server.web.demo import own_address

    for server, address in ((("127.0.0.1", 8000), "http://127.0.0.1:8000"), (("::1", 80), "http://[::1]:80")):
        scope = {"type": "http", "server": server, "headers": [(b"host", b"elsewhere.example")]}
        assert own_address(Request(scope)) == address


@pytest.mark.parametrize("server", [None, ("/run/scheduling.sock", None)])
def test_by_a_unix_socket_nobody_can_be_simulated(server: tuple[str, None] | None):
    from fastapi import HTTPException
    from starlette.requests import Request

    from scheduling.server.web.demo import own_address

    with pytest.raises(HTTPException, match="501: Colleagues are simulated over TCP"):
        own_address(Request({"type": "http", "server": server, "headers": []}))
