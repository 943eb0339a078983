"""Rules with FastAPI's dependencies."""

import json
import threading
from collections.abc import Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated, Any

import pytest
from fastapi import (
    Cookie,
    Depends,
    FastAPI,
    Header,
    HTTPException,
    Query,
    Request,
    WebSocket,
    WebSocketException,
)
from fastapi.requests import HTTPConnection
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from tidings import (
    ConnectionManager,
    DeclarationError,
    User,
)
from tidings.fastapi import solved

if TYPE_CHECKING:
    from decimal import Decimal


from tests.fastapi.application import Room, application, codes, subscribed


class Journal:
    """What happened in which order."""

    def __init__(self):
        self.lines = []

    def dependency(self, name):
        async def opened(connection: HTTPConnection):
            self.lines.append(f"{name} opened")
            try:
                yield name
            finally:
                self.lines.append(f"{name} closed")

        return opened


def room_app(manager: ConnectionManager, rule: Callable[..., Any], **options: Any) -> FastAPI:
    manager.authorize(Room)(rule)
    return application(manager, **options)


def ask(app, *channels, path="/ws?token=7", lifespan=False, **options):
    """The answers to a subscription."""
    client = TestClient(app)
    if lifespan:
        with client:
            return _ask(client, path, channels, options)
    return _ask(client, path, channels, options)


def _ask(client, path, channels, options):
    with client.websocket_connect(path, **options) as socket:
        assert socket.receive_json()["type"] == "connection:established"
        return subscribed(socket, *channels)


def test_dependencies_are_resolved_and_closed_before_the_answer(manager):
    journal = Journal()

    async def rule(
        channel: Room,
        user: User,
        db: Annotated[str, Depends(journal.dependency("db"))],
        again: Annotated[str, Depends(journal.dependency("other"))],
    ) -> bool:
        journal.lines.append(f"asked {channel.room_id} {user.id} {db} {again}")
        return channel.room_id == 1

    app = room_app(manager, rule)
    with TestClient(app).websocket_connect("/ws?token=7") as socket:
        socket.receive_json()
        answers = subscribed(socket, "room:1", "room:2")
        assert journal.lines == [
            "db opened",
            "other opened",
            "asked 1 7 db other",
            "other closed",
            "db closed",
            "db opened",
            "other opened",
            "asked 2 7 db other",
            "other closed",
            "db closed",
        ]
    assert codes(answers) == ["forbidden"]
    assert answers[-1]["payload"]["channels"] == ["room:1"]


def test_dependencies_read_the_upgrade_request(manager):
    seen: dict[str, Any] = {}

    def read(
        request: Request,
        language: Annotated[str, Query()],
        user_agent: Annotated[str, Header()],
        session: Annotated[str, Cookie()],
    ) -> None:
        seen.update(language=language, user_agent=user_agent, session=session, path=request.url.path)
        seen["state"] = request.state.engine
        seen["app"] = request.app
        seen["url"] = str(request.url_for("page"))

    async def rule(channel: Room, user: User, nothing: Annotated[None, Depends(read)]) -> bool:
        return True

    @asynccontextmanager
    async def lifespan(app):
        yield {"engine": "the engine"}

    app = room_app(manager, rule, lifespan=lifespan)

    @app.get("/page")
    async def page() -> None: ...

    headers = {"User-Agent": "test", "Cookie": "session=s"}
    answers = ask(app, "room:1", path="/ws?token=7&language=de", lifespan=True, headers=headers)
    assert answers[-1]["payload"]["channels"] == ["room:1"]
    assert seen == {
        "language": "de",
        "user_agent": "test",
        "session": "s",
        "path": "/ws",
        "state": "the engine",
        "app": app,
        "url": "http://testserver/page",
    }


def test_a_plain_rule_and_plain_dependencies_run_off_the_event_loop(manager):
    threads = {}

    def session():
        threads["dependency"] = threading.current_thread()
        yield "session"

    def rule(channel: Room, user: User, db: Annotated[str, Depends(session)]) -> bool:
        threads["rule"] = threading.current_thread()
        return True

    app = room_app(manager, rule)

    @app.websocket("/thread")
    async def thread(websocket: WebSocket) -> None:
        await websocket.accept()
        threads["loop"] = threading.current_thread()
        await websocket.close()

    client = TestClient(app)
    assert codes(ask(app, "room:1")) == []
    with client.websocket_connect("/thread") as socket, pytest.raises(WebSocketDisconnect):
        socket.receive_text()
    assert threads["rule"] is not threads["loop"]
    assert "worker" in threads["rule"].name.lower()


def allowed_rooms() -> list[int]:
    return [1]


def test_dependency_overrides_hold(manager):
    async def rule(channel: Room, user: User, rooms: Annotated[list[int], Depends(allowed_rooms)]) -> bool:
        return channel.room_id in rooms

    app = room_app(manager, rule)
    assert codes(ask(app, "room:1")) == []
    app.dependency_overrides[allowed_rooms] = lambda: [2]
    fresh = {"path": "/ws?token=8"}
    assert codes(ask(app, "room:1", **fresh)) == ["forbidden"]
    assert codes(ask(app, "room:2", lifespan=True, **fresh)) == []


def test_overrides_are_those_of_the_application_that_serves(manager):
    async def rule(channel: Room, user: User, rooms: Annotated[list[int], Depends(allowed_rooms)]) -> bool:
        return channel.room_id in rooms

    one, other = room_app(manager, rule), application(manager)
    other.dependency_overrides[allowed_rooms] = lambda: [2]
    assert codes(ask(one, "room:2", path="/ws?token=1")) == ["forbidden"]
    assert codes(ask(other, "room:2", path="/ws?token=2")) == []


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (HTTPException(401), "forbidden"),
        (HTTPException(403, "not you"), "forbidden"),
        (WebSocketException(1008), "forbidden"),
        (HTTPException(500), "internal_error"),
        (HTTPException(404), "internal_error"),
        (ZeroDivisionError("secret detail"), "internal_error"),
    ],
)
@pytest.mark.parametrize("raised_in", ["dependency", "rule"])
def test_what_a_dependency_or_a_rule_raises(manager, error, code, raised_in, caplog):
    journal = Journal()

    async def check(db: Annotated[str, Depends(journal.dependency("db"))]) -> None:
        if raised_in == "dependency":
            raise error

    async def rule(channel: Room, user: User, checked: Annotated[None, Depends(check)]) -> bool:
        raise error

    answers = ask(room_app(manager, rule), "room:1", "news")
    assert codes(answers) == [code]
    assert answers[-1]["payload"]["channels"] == ["news"]
    assert journal.lines == ["db opened", "db closed"]
    assert "secret detail" not in json.dumps(answers)
    assert (error.__class__.__name__ in caplog.text) == (code == "internal_error")


def test_a_missing_header_is_the_servers_failure_and_named_in_its_log(manager, caplog):
    async def rule(channel: Room, user: User, tenant: Annotated[str, Header()]) -> bool:
        return True

    assert codes(ask(room_app(manager, rule), "room:1")) == ["internal_error"]
    assert "tenant" in caplog.text


def test_a_dependency_may_ask_for_a_websocket(manager):
    def path(websocket: WebSocket) -> str:
        return websocket.url.path

    async def rule(channel: Room, user: User, path: Annotated[str, Depends(path)]) -> bool:
        return path == "/ws"

    assert codes(ask(room_app(manager, rule), "room:1")) == []


def test_annotations_that_are_texts_are_read_where_the_rule_stands(manager):
    async def rule(
        channel: "Room", user: "Decimal", rooms: "Annotated[list[int], Depends(allowed_rooms)]"
    ) -> "Decimal":
        return channel.room_id in rooms  # type: ignore[return-value]

    assert codes(ask(room_app(manager, rule), "room:1", "room:2")) == ["forbidden"]


def test_a_rule_may_be_a_method_and_have_defaults(manager):
    class Rules:
        def __init__(self, room: int) -> None:
            self.room = room

        async def rule(
            self,
            channel: Room,
            user: User,
            rooms: list[int] = Depends(allowed_rooms),  # noqa: B008
            more: int = 1,
        ) -> bool:
            return channel.room_id in rooms and channel.room_id == self.room == more

    assert codes(ask(room_app(manager, Rules(1).rule), "room:1")) == []


async def test_a_rule_can_be_asked_without_any_request():
    async def rule(channel: Room, user: User, rooms: Annotated[list[int], Depends(allowed_rooms)]) -> bool:
        return channel.room_id in rooms

    assert await solved(rule)(Room(room_id=1), User("7"), None) is True
    assert await solved(rule)(Room(room_id=2), User("7"), None) is False


class NoPydanticType:
    pass


def takes_a_body(item: dict[str, int]) -> None: ...


def takes_a_request(request: Request) -> None: ...


def takes_a_websocket(websocket: WebSocket) -> None: ...


async def session_without_depends(channel: Room, user: User, db: NoPydanticType) -> bool: ...  # type: ignore[empty-body]
async def body(channel: Room, user: User, item: dict[str, int]) -> bool: ...  # type: ignore[empty-body]
async def inner_body(channel: Room, user: User, item: Annotated[None, Depends(takes_a_body)]) -> bool: ...  # type: ignore[empty-body]
async def both(  # type: ignore[empty-body]
    channel: Room,
    user: User,
    one: Annotated[None, Depends(takes_a_request)],
    other: Annotated[None, Depends(takes_a_websocket)],
) -> bool: ...
async def variadic(channel: Room, user: User, *rest: int) -> bool: ...  # type: ignore[empty-body]


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (session_without_depends, r"session_without_depends.*Depends.*NoPydanticType"),
        (body, r"item would be read from the body"),
        (inner_body, r"item would be read from the body"),
        (both, "HTTPConnection"),
        (variadic, r"\*rest"),
    ],
)
def test_parameters_that_nothing_can_fill_are_refused_where_they_are_declared(manager, rule, said):
    with pytest.raises(DeclarationError, match=said):
        manager.authorize(Room)(rule)
