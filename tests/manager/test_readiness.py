"""Whether a balancer should send somebody here."""

from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from tests.stage import HAND_TURNED, Stage, authenticate
from tidings import ConnectionManager, Handshake, Limits

pytestmark = pytest.mark.anyio

HANDSHAKE = Handshake(path="/ws")


@pytest.fixture(scope="module")
def anyio_backend() -> Any:
    return HAND_TURNED


async def test_a_manager_of_a_router_is_ready_from_its_start_to_its_end() -> None:
    manager = Stage().manager
    manager.router("/ws")
    assert manager.readiness() == ["this server is starting, or its application runs without its lifespan"]
    assert manager.refusal(HANDSHAKE) is None  # tests and small scripts go without a lifespan
    manager.start("asgi")
    assert manager.readiness() == []
    manager.drain(5.0)
    assert manager.readiness() == ["this server is going away; connect again"]
    await manager.stop()
    assert manager.readiness() == ["this server is going away; connect again"]


async def test_one_that_is_full_says_so_until_somebody_goes(caplog: pytest.LogCaptureFixture) -> None:
    stage = Stage(limits=Limits(connections=1))
    client = await stage.signed_in("ann")
    [reason] = stage.manager.readiness()
    assert reason == "this process has 1 connections (Limits.connections); try again later"
    refusals = [stage.manager.refusal(HANDSHAKE) for _ in range(3)]
    assert [(refusal.status, refusal.message) for refusal in refusals if refusal] == [(503, reason)] * 3
    assert caplog.messages == [reason]
    client.connection.lost()
    assert stage.manager.readiness() == []


def test_the_routes() -> None:
    manager = ConnectionManager(authenticate=authenticate)
    app = FastAPI()
    app.include_router(manager.router("/ws"))
    app.include_router(manager.health_router())
    not_started = TestClient(app)
    assert not_started.get("/healthz").status_code == 200
    answer = not_started.get("/readyz")
    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
    assert answer.json()["reasons"] == manager.readiness()
    with TestClient(app) as started:
        assert started.get("/readyz").json() == {"status": "ready"}
        assert started.head("/readyz").status_code == 200
    assert "/readyz" not in app.openapi()["paths"]
