"""The running application as its people see it: requests, and tabs that are open meanwhile."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.testclient import WebSocketTestSession

from scheduling.server.services.passwords import Passwords
from scheduling.server.services.ports import NewStaff
from scheduling.server.settings import Settings
from scheduling.server.store.database import Database
from scheduling.tests.conftest import PASSWORD, Json
from scheduling.tests.roster import CONTRACT, NORTH

MONA, ALICE, BOB = "mona@example.com", "alice@example.com", "bob@example.com"


async def fill(settings: Settings, passwords: Passwords) -> None:
    store = await Database(settings.database).open()
    password_hash = await passwords.hash(PASSWORD)
    async with store.write() as tx:
        await tx.locations.add(NORTH)
        await tx.staff.add(NewStaff("Mona Reyes", MONA, "manager", ("Nurse",), CONTRACT, password_hash))
        await tx.staff.add(NewStaff("Alice", ALICE, "staff", ("Nurse",), CONTRACT, password_hash))
        await tx.staff.add(NewStaff("Bob", BOB, "staff", ("Nurse",), CONTRACT, password_hash))
    await store.close()


class Desk:
    """The running application: requests as Mona, screens of anybody."""

    def __init__(self, client: TestClient) -> None:
        self.client = client
        self.client.headers["Authorization"] = f"Bearer {self.token(MONA)}"

    def token(self, email: str) -> str:
        signed_in = self.client.post("/api/auth/login", json={"email": email, "password": PASSWORD})
        token: str = signed_in.json()["access_token"]
        return token

    def send(self, method: str, path: str, body: Json | None = None, **more: Any) -> Any:
        response = self.client.request(method, f"/api{path}", json=body, **more)
        assert response.is_success, response.text
        assert self.client.portal is not None
        self.client.portal.call(self._relayed)
        return response.json() if response.content else {}

    async def _relayed(self) -> None:
        """Return when what was committed is in the logs, and so on its way to the screens."""
        gauges = cast("FastAPI", self.client.app).state.live.metrics.gauges
        async with asyncio.timeout(60):
            while any([(await told())["outbox_waiting"] for (of, *_), told in gauges.items() if of == "outbox"]):  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    @contextmanager
    def screen(self, email: str, *channels: str) -> Iterator["Screen"]:
        with self.client.websocket_connect("/ws") as socket:
            screen = Screen(socket)
            screen.ask("auth", token=self.token(email))
            self.refused = screen.ask("subscribe", channels=list(channels)) if channels else []
            yield screen


class Screen:
    """One open tab."""

    def __init__(self, socket: WebSocketTestSession) -> None:
        self._socket = socket

    def ask(self, kind: str, **payload: Any) -> list[Json]:
        """Send one message and take what comes up to its answer; returns what was refused."""
        self._socket.send_json({"type": kind, "payload": payload, "id": kind})
        taken: list[Json] = []
        done = {"auth": "connection:established", "subscribe": "subscribed", "ping": "pong"}[kind]
        while not taken or taken[-1]["type"] != done:
            taken.append(self._socket.receive_json())
        return taken[:-1]

    def receive(self) -> Json:
        """The next message. Raises WebSocketDisconnect where the server has closed the connection."""
        message: Json = self._socket.receive_json()
        return message

    def events(self) -> list[Json]:
        """Everything that was sent to this tab and not read yet: what comes before the answer to a ping."""
        return self.ask("ping")

    def news(self) -> list[tuple[str, str]]:
        """Channel and type of each unread event."""
        return [(event["channel"], event["type"]) for event in self.events()]
