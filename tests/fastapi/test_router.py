"""The router, and the guide's own endpoint."""

import json
import logging
import uuid
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
from fastapi import (
    APIRouter,
    Depends,
    FastAPI,
    Query,
    Request,
    WebSocket,
)
from starlette.testclient import TestClient, WebSocketDenialResponse
from starlette.websockets import WebSocketDisconnect

from tidings import (
    ConnectionManager,
    DeclarationError,
    User,
    WSEventType,
    create_ws_message,
)
from tidings.handshake import Handshake

if TYPE_CHECKING:
    pass


from tests.fastapi.application import Happened, News, Room, application, authenticate, subscribed


def allow_rooms(manager: ConnectionManager) -> None:
    @manager.authorize(Room)
    async def rule(channel: Room, user: User) -> bool:
        return channel.room_id == 1


def test_an_event_published_by_an_endpoint_reaches_a_subscriber(manager: ConnectionManager) -> None:
    allow_rooms(manager)
    app = application(manager)

    @app.post("/happen")
    async def happen() -> str:
        return await manager.publish(Happened(what="tea"), News())

    with TestClient(app) as client, client.websocket_connect("/ws?token=7") as socket:
        assert socket.receive_json()["payload"]["user_id"] == "7"
        assert subscribed(socket, "news")[-1]["payload"]["channels"] == ["news"]
        published = client.post("/happen").json()
        event = socket.receive_json()
    assert (event["id"], event["payload"], event["channel"]) == (published, {"what": "tea"}, "news")


def test_it_serves_without_a_lifespan(manager):
    with TestClient(application(manager)).websocket_connect("/ws?token=7") as socket:
        assert socket.receive_json()["type"] == "connection:established"


def test_its_lifespan_merges_with_the_applications_own(manager):
    allow_rooms(manager)
    went = []

    @asynccontextmanager
    async def lifespan(app):
        went.append("start")
        yield {"own": "state"}
        went.append("stop")

    app = application(manager, lifespan=lifespan)

    @app.get("/state")
    async def state(request: Request) -> list[str]:
        return [request.state.own, *(key for key in request.scope["state"] if key.startswith("tidings:"))]

    handshake = Handshake(path="/ws")
    with TestClient(app) as client:
        assert went == ["start"]
        assert manager.refusal(handshake) is None
        assert client.get("/state").json() == ["state", "tidings:/ws"]
    assert went == ["start", "stop"]
    refusal = manager.refusal(handshake)
    assert refusal is not None
    assert refusal.status == 503


def test_the_state_names_the_whole_path_and_two_managers_stay_apart():
    first, second = ConnectionManager(authenticate=authenticate), ConnectionManager(authenticate=authenticate)
    outer = APIRouter(prefix="/api")
    outer.include_router(first.router("/ws"), prefix="/v1")
    app = FastAPI()
    app.include_router(outer)
    app.include_router(second.router("/ws"))

    @app.get("/state")
    async def state(request: Request) -> None:
        found.update(request.scope["state"])

    found: dict[str, Any] = {}
    with TestClient(app) as client:
        client.get("/state")
        for path in ("/api/v1/ws", "/ws"):
            with client.websocket_connect(f"{path}?token=7") as socket:
                assert socket.receive_json()["type"] == "connection:established"
    assert found["tidings:/api/v1/ws"] is first
    assert found["tidings:/ws"] is second


def test_a_channel_without_a_rule_is_refused_at_start(manager):
    with pytest.raises(DeclarationError, match=r"@manager\.authorize\(Room\)"), TestClient(application(manager)):
        pass


@pytest.mark.parametrize("origin", ["https://evil.test", "null", "http://testserver.evil.test", "http://testserver:81"])
def test_a_bad_origin_gets_403_before_the_upgrade_with_the_line_to_add(manager, origin, caplog):
    client = TestClient(application(manager))
    with (
        pytest.raises(WebSocketDenialResponse) as denied,
        client.websocket_connect("/ws?token=7", headers={"Origin": origin}),
    ):
        pass
    assert denied.value.status_code == 403
    assert origin in denied.value.text
    assert origin in caplog.text
    if origin.startswith("https"):
        assert f'origins=["{origin}"]' in denied.value.json()["detail"]


@pytest.mark.parametrize("origin", ["https://app.example", "http://testserver", None])
def test_a_good_origin_may_connect(origin):
    app = application(ConnectionManager(authenticate=authenticate, origins=["https://app.example"]))
    headers = {"Origin": origin} if origin else {}
    with TestClient(app).websocket_connect("/ws?token=7", headers=headers) as socket:
        assert socket.receive_json()["type"] == "connection:established"


async def test_a_server_that_cannot_deny_with_a_response_closes_before_accepting(manager):
    sent = []
    headers = [(b"origin", b"https://evil.test"), (b"host", b"api.example")]
    scope = {"type": "websocket", "path": "/ws", "query_string": b"", "headers": headers, "scheme": "ws"}

    async def receive():
        return {"type": "websocket.connect"}

    async def send(message):
        sent.append(message["type"])

    await application(manager)(scope, receive, send)
    assert sent == ["websocket.close"]


# ---- the guide's own endpoint


def test_the_guides_endpoint_works_with_its_own_loop(caplog):
    caplog.set_level(logging.WARNING)
    app, manager = FastAPI(), ConnectionManager()

    async def get_current_user_from_token(token: str = Query(...)) -> User:
        return User(token)

    @app.websocket("/ws")
    async def websocket_endpoint(
        websocket: WebSocket,
        token: str = Query(...),
        current_user: User = Depends(get_current_user_from_token),  # noqa: B008
    ) -> None:
        connection_id = await manager.connect(websocket, current_user.id)
        try:
            while True:
                data = await websocket.receive_text()
                message = json.loads(data)
                if message["type"] == WSEventType.SUBSCRIBE.value:
                    channels = message["payload"]["channels"]
                    await manager.subscribe(connection_id, channels)
                    answer = create_ws_message(
                        WSEventType.SUBSCRIBED,
                        {"channels": channels, "total": len(channels)},
                        str(uuid.uuid4()),
                    )
                    await manager.send_to_connection(connection_id, answer)
        except WebSocketDisconnect:
            manager.disconnect(connection_id)

    @app.post("/notify")
    async def notify() -> None:
        message = create_ws_message("schedule:created", {"schedule": {"id": 7}}, str(uuid.uuid4()))
        await manager.broadcast_to_channel("schedules", message)
        await manager.send_to_user(7, message)

    with TestClient(app) as client, client.websocket_connect("/ws?token=7") as socket:
        assert socket.receive_json()["type"] == "connection:established"
        socket.send_json({"type": "subscribe", "payload": {"channels": ["schedules"]}, "id": "1"})
        assert socket.receive_json()["type"] == "subscribed"
        client.post("/notify")
        first, second = socket.receive_json(), socket.receive_json()
    assert [first["channel"], second["channel"]] == ["schedules", "user:7"]
    assert first["id"] == second["id"]
    assert first["payload"] == {"schedule": {"id": 7}}
