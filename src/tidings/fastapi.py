"""The door to FastAPI: a router with the WebSocket endpoint, and rules whose parameters are FastAPI's dependencies."""

import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, MutableMapping
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI, HTTPException, WebSocket, WebSocketException

from tidings.handshake import Handshake
from tidings.manager import ConnectionManager
from tidings.protocol.channels import Channel
from tidings.transports import asgi

Scope = MutableMapping[str, Any]
SolvedRule = Callable[[Channel[Any], Any, Handshake | None], Awaitable[bool]]

APPLICATION = "tidings.application"  # in the lifespan's state and a handshake's: the FastAPI application
_QUESTION, _ANSWER = "tidings.question", "tidings.answer"  # in a rule's scope
_NOWHERE = Handshake(path="/")
_REFUSING = {401, 403}


def router(manager: ConnectionManager, path: str) -> APIRouter:
    """A router with the manager's WebSocket endpoint at `path` (`ConnectionManager.router`).

    Its lifespan starts and stops the manager, and yields the manager as the state `tidings:<path>`, where the native
    transport finds it: the whole path, with the prefixes that the router is included under. Without a lifespan (in
    tests) the endpoint works as well.
    """
    name = f"tidings:{path}:{id(manager):x}"

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[Mapping[str, Any]]:
        manager.start(_transport())
        try:
            yield {f"tidings:{app.url_path_for(name)}": manager, APPLICATION: app}
        finally:
            await manager.stop()

    async def endpoint(websocket: WebSocket) -> None:
        websocket.scope.setdefault("state", {})[APPLICATION] = websocket.app
        await asgi.serve(manager, websocket)

    routes = APIRouter(lifespan=lifespan)
    routes.add_api_websocket_route(path, endpoint, name=name)
    return routes


def _transport() -> str:
    """uvicorn imports the class of its `--ws` option before it starts the application."""
    return "native" if "tidings.transports.native" in sys.modules else "asgi"


def solved(rule: Callable[..., Any]) -> SolvedRule:
    """The rule as a function of channel, user and handshake; its further parameters are resolved as FastAPI does.

    Dependencies see a request with the path, query, headers and state of the upgrade (or a WebSocket that cannot be
    used, where one asks for a WebSocket). They are closed before the answer is returned. The application's
    `dependency_overrides` hold. A plain function runs in a thread, as FastAPI's do. HTTPException 401 and 403 and
    WebSocketException, raised by the rule or a dependency, mean no; everything else is raised.

    Raises DeclarationError for parameters that no dependency can fill.
    """
    app = _application_of(rule)

    async def ask(channel: Channel[Any], user: Any, handshake: Handshake | None) -> bool:
        handshake = handshake or _NOWHERE
        scope = {**_scope(handshake), **app.kind, _QUESTION: (channel, user)}
        token = _application.set(handshake.state.get(APPLICATION))
        try:
            await app(scope, _receive, _send)
        except HTTPException as error:
            if error.status_code in _REFUSING:
                return False
            raise
        except WebSocketException:
            return False
        finally:
            _application.reset(token)
        return bool(scope[_ANSWER])

    return ask
