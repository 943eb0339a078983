"""What survives a restart, and what several processes share: the logs of events are in the database."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr
from sqlalchemy import text
from websockets.sync.client import ClientConnection, connect

from scheduling.server.main import create_app
from scheduling.server.services.passwords import Passwords
from scheduling.server.settings import Settings
from scheduling.server.store.database import backend_at
from scheduling.tests.conftest import PASSWORD, SECRET, Json
from scheduling.tests.web.conftest import monday_shift
from scheduling.tests.web.screens import BOB, MONA, Desk, fill
from tests.transports.servers import Server, serving

SHIFTS = 12


@pytest.fixture
def filled(settings: Settings, passwords: Passwords) -> Settings:
    """A database with its team."""
    asyncio.run(fill(settings, passwords))
    return settings


def shift_on(day: int) -> Json:
    return monday_shift(staff_id=None, starts_at=f"2026-11-{day}T07:00:00Z", ends_at=f"2026-11-{day}T15:00:00Z")


def test_who_was_away_during_a_restart_recovers(filled: Settings, passwords: Passwords):
    with TestClient(create_app(filled, passwords=passwords)) as client:
        desk = Desk(client)
        with desk.screen(BOB, "schedules") as screen:
            desk.send("POST", "/schedules", shift_on(23))
            [seen] = screen.events()
    with TestClient(create_app(filled, passwords=passwords)) as client:
        desk = Desk(client)
        desk.send("POST", "/schedules", shift_on(24))
        with desk.client.websocket_connect("/ws") as socket:
            socket.send_json({"type": "auth", "payload": {"token": desk.token(BOB)}, "id": "1"})
            assert socket.receive_json()["type"] == "connection:established"
            positions = {"schedules": position(seen)}
            socket.send_json(
                {"type": "subscribe", "payload": {"channels": ["schedules"], "positions": positions}, "id": "2"}
            )
            subscribed = socket.receive_json()["payload"]
            missed = socket.receive_json()
    assert subscribed["recovered"] == {"schedules": True}
    assert (missed["epoch"], missed["offset"]) == (seen["epoch"], seen["offset"] + 1)
    assert missed["payload"]["schedule"]["starts_at"] == "2026-11-24T07:00:00Z"


def position(event: Json) -> Json:
    return {name: event[name] for name in ("epoch", "offset", "id")}


class Tab:
    """One open tab on a real server, which says where it was when it comes back."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    def ask(self, kind: str, until: str, **payload: Any) -> Json:
        """Send one message; its answer, which is the next that comes."""
        self._socket.send(json.dumps({"type": kind, "payload": payload, "id": kind}))
        answer = self.next()
        assert answer["type"] == until, answer
        return answer

    def next(self) -> Json:
        message: Json = json.loads(self._socket.recv(timeout=60))
        return message

    def events(self, count: int) -> list[Json]:
        return [self.next() for _ in range(count)]


@contextmanager
def tab(server: Server, token: str, **positions: Json) -> Iterator[tuple[Tab, bool]]:
    """A tab that follows the published shifts, and whether it has recovered."""
    with connect(f"ws://127.0.0.1:{server.port}/ws") as socket:
        opened = Tab(socket)
        opened.ask("auth", "connection:established", token=token)
        answer = opened.ask("subscribe", "subscribed", channels=["schedules"], positions=positions)
        yield opened, answer["payload"]["recovered"]["schedules"]


@contextmanager
def desk(server: Server) -> Iterator[httpx2.Client]:
    """Mona's requests."""
    with httpx2.Client(base_url=server.url, timeout=60) as http:
        answer = http.post("/api/auth/login", json={"email": MONA, "password": PASSWORD})
        http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        yield http


def token(http: httpx2.Client) -> str:
    return http.headers["Authorization"].removeprefix("Bearer ")


def create(http: httpx2.Client, day: int) -> Json:
    answer = http.post("/api/schedules", json=shift_on(day))
    assert answer.status_code == 201, answer.text
    created: Json = answer.json()
    return created


@pytest.fixture
def served(filled: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """What a server finds in its environment; the address of its database."""
    build = tmp_path / "web"
    build.mkdir()
    (build / "index.html").write_text("<!doctype html>")
    monkeypatch.setenv("SCHEDULING_WEB_BUILD", str(build))
    monkeypatch.setenv("SCHEDULING_SECRET", SECRET)
    monkeypatch.delenv("SCHEDULING_DATABASE", raising=False)
    monkeypatch.setenv("DATABASE_URL", filled.database)
    return filled.database


def scheduling(*options: str) -> Any:
    return serving("uvicorn-native", "scheduling.server.main:app", *options)


def test_a_server_that_is_killed_has_told_nothing_twice_and_forgotten_nothing(served: str):
    with scheduling() as server, desk(server) as http, tab(server, token(http)) as (screen, _):
        create(http, 23)
        [seen] = screen.events(1)
        create(http, 24)  # committed, and perhaps not seen
        server.process.kill()
        server.process.wait()
    with scheduling() as server, desk(server) as http:
        create(http, 25)
        with tab(server, token(http), schedules=position(seen)) as (screen, recovered):
            assert recovered
            missed = screen.events(2)
    assert [event["offset"] for event in missed] == [2, 3]
    assert [event["payload"]["schedule"]["starts_at"][8:10] for event in missed] == ["24", "25"]


def test_events_come_by_redis_where_the_logs_are_there(filled: Settings, passwords: Passwords, valkey_url: str):
    settings = filled.model_copy(update={"broker": SecretStr(valkey_url)})
    with TestClient(create_app(settings, passwords=passwords)) as client:
        desk = Desk(client)
        with desk.screen(BOB, "schedules") as screen:
            desk.send("POST", "/schedules", shift_on(23))
            told = screen.receive()
    assert (told["type"], told["channel"], told["offset"]) == ("schedule:created", "schedules", 1)


@pytest.mark.parametrize("logs", ["database", "redis"])
def test_two_servers_on_one_database_share_their_events(
    served: str, logs: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
):
    if logs == "redis":
        monkeypatch.setenv("SCHEDULING_BROKER", request.getfixturevalue("valkey_url"))
    with ExitStack() as stack:
        servers = [stack.enter_context(scheduling()) for _ in range(2)]
        desks = [stack.enter_context(desk(server)) for server in servers]
        tabs = [stack.enter_context(tab(server, token(desks[0])))[0] for server in servers for _ in range(3)]
        created = [create(desks[number % 2], 10 + number) for number in range(SHIFTS)]
        for screen in tabs:
            events = screen.events(SHIFTS)
            assert [event["payload"]["schedule"] for event in events] == created
            assert [event["offset"] for event in events] == list(range(1, SHIFTS + 1))


def test_several_workers_serve_one_database(served: str):
    with scheduling("--workers", "2") as server, desk(server) as http, ExitStack() as stack:
        tabs = [stack.enter_context(tab(server, token(http)))[0] for _ in range(10)]
        created = [create(http, 10 + number) for number in range(SHIFTS)]
        for screen in tabs:
            assert [event["payload"]["schedule"] for event in screen.events(SHIFTS)] == created
    engine = backend_at(served).migrating()
    with engine.connect() as connection:
        asked = text("""SELECT "offset" FROM tidings_events WHERE channel = 'schedules' ORDER BY 1""")
        assert connection.scalars(asked).all() == list(range(1, SHIFTS + 1))
    engine.dispose()
