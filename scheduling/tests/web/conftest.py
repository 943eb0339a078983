import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from scheduling.server.main import create_app
from scheduling.server.services.passwords import Passwords
from scheduling.server.settings import Settings
from scheduling.tests.conftest import PASSWORD, Json, browser
from scheduling.tests.roster import NORTH
from scheduling.tests.web.screens import Desk, fill


async def sign_in(http: httpx2.AsyncClient, email: str) -> httpx2.AsyncClient:
    response = await http.post("/api/auth/login", json={"email": email, "password": PASSWORD})
    http.headers["Authorization"] = f"Bearer {response.json()['access_token']}"
    return http


@pytest.fixture
async def mona(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    async with browser(app) as client:
        yield await sign_in(client, "mona@example.com")


@pytest.fixture
async def alice(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    async with browser(app) as client:
        yield await sign_in(client, "alice@example.com")


@pytest.fixture
async def bob(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    async with browser(app) as client:
        yield await sign_in(client, "bob@example.com")


def monday_shift(**changes: Any) -> Json:
    """Alice's (she is number 2) on Monday 23 November, 07:00 to 15:00."""
    return {
        "staff_id": 2,
        "starts_at": "2026-11-23T07:00:00Z",
        "ends_at": "2026-11-23T15:00:00Z",
        "role": "Nurse",
        "location": NORTH.name,
        **changes,
    }


def problem(response: httpx2.Response, status: int, kind: str) -> Json:
    """The problem detail that a refusal carries."""
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    body: Json = response.json()
    assert (body["status"], body["type"]) == (status, f"/problems/{kind}")
    assert body["title"]
    assert body["detail"]
    assert "Traceback" not in response.text
    return body


FORTNIGHT = int(timedelta(days=14).total_seconds())


@pytest.fixture
def desk(settings: Settings, passwords: Passwords) -> Iterator[Desk]:
    asyncio.run(fill(settings, passwords))
    with TestClient(create_app(settings, passwords=passwords)) as client:
        yield Desk(client)
