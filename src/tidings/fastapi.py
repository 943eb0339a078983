"""The door to FastAPI: a router with the WebSocket endpoint, and rules whose parameters are FastAPI's dependencies."""

import functools
import inspect
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, MutableMapping
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, FastAPI, Request, Response, WebSocket
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import FastAPIError
from fastapi.middleware.asyncexitstack import AsyncExitStackMiddleware
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute, APIWebSocketRoute
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException, WebSocketException
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp

from tidings.handshake import NO_HANDSHAKE, STATE_KEY, Handshake, Refusal
from tidings.prometheus.families import families
from tidings.prometheus.nodes import Nodes, answering, directory, gathered
from tidings.protocol.channels import Channel
from tidings.protocol.codes import CloseCode, close_reason
from tidings.protocol.errors import DeclarationError
from tidings.transports import asgi
from tidings.transports.departure import send_away_before_stop
from tidings.transports.logs import guard_logs

if TYPE_CHECKING:
    from tidings.manager import ConnectionManager

SolvedRule = Callable[[Channel[Any], Any, Handshake | None], Awaitable[bool]]

APPLICATION = "tidings.application"  # the FastAPI application, in the lifespan's state and so in a handshake's
_QUESTION, _ANSWER = "tidings.question", "tidings.answer"  # in the scope that a rule is asked in
_CONNECTION = "tidings_connection"  # the endpoint's own parameter
_REFUSING = {401, 403}


def router(manager: "ConnectionManager", path: str) -> APIRouter:
    """A router with the manager's WebSocket endpoint at `path` (`ConnectionManager.router`).

    Its lifespan starts and stops the manager, and yields it as the state `tidings:<path>`, where the native transport
    finds it. That is the whole path, with the prefixes under which the router is included. The endpoint works without
    a lifespan too, as in tests.
    """
    guard_logs()  # before a server logs its first request
    name = f"{STATE_KEY}{path}:{id(manager):x}"

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[Mapping[str, Any]]:
        try:
            await manager.broker.check()  # first: what is started reads its logs
            manager.start(transport := _transport())
            if transport == "asgi":
                send_away_before_stop(manager)
            async with answering(manager, directory()):
                yield {f"{STATE_KEY}{app.url_path_for(name)}": manager, APPLICATION: app}
        finally:
            await manager.stop()

    async def endpoint(websocket: WebSocket) -> None:
        websocket.scope.setdefault("state", {})[APPLICATION] = websocket.app
        await asgi.serve(manager, websocket)

    routes = APIRouter(lifespan=lifespan)
    routes.add_api_websocket_route(path, endpoint, name=name)
    return routes


def health_router(manager: "ConnectionManager") -> APIRouter:
    """A router with `/healthz` and `/readyz` (`ConnectionManager.health_router`)."""
    routes = APIRouter(include_in_schema=False)

    @routes.api_route("/healthz", methods=["GET", "HEAD"])
    async def healthz() -> Mapping[str, str]:
        return {"status": "alive"}

    @routes.api_route("/readyz", methods=["GET", "HEAD"])
    async def readyz() -> Response:
        reasons = manager.readiness()
        if not reasons:
            return JSONResponse({"status": "ready"})
        problem = {"title": "Not ready", "status": 503, "detail": "; ".join(reasons), "reasons": reasons}
        return JSONResponse(problem, status_code=503, media_type="application/problem+json")

    return routes


def metrics_router(manager: "ConnectionManager", path: str) -> APIRouter:
    """A router with the page for Prometheus at `path` (`ConnectionManager.metrics_router`).

    Raises DeclarationError where prometheus-client is not installed.
    """
    try:
        from tidings.prometheus.text import exposition
    except ModuleNotFoundError as error:
        raise DeclarationError("metrics need prometheus-client: pip install 'tidings[metrics]'") from error

    async def page(request: Request) -> Response:
        place = directory()
        nodes: Nodes = {"1": await families(manager)} if place is None else await gathered(place)
        body, content_type = exposition(nodes, request.headers.get("accept", ""))
        return Response(body, media_type=content_type, headers={"cache-control": "no-store"})

    routes = APIRouter()
    routes.add_api_route(path, page, methods=["GET"], include_in_schema=False)
    return routes


def _transport() -> str:
    """The transport that serves: uvicorn imports the class of its `--ws` option before it starts the application."""
    return "native" if "tidings.transports.native" in sys.modules else "asgi"


def denied(refusal: Refusal) -> WebSocketException:
    """What an endpoint raises before it accepts, to have the upgrade refused: FastAPI answers 403."""
    return WebSocketException(CloseCode.POLICY_VIOLATION, close_reason(refusal.message))


def solved(rule: Callable[..., Any]) -> SolvedRule:
    """The rule as a function of channel, user and handshake; FastAPI resolves its further parameters.

    Dependencies see a GET request with the path, query, headers and lifespan state of the upgrade, or a WebSocket
    (which cannot be used) where one of them asks for it. They are closed before the answer is returned. The
    application's `dependency_overrides` hold. A plain function runs in a thread, as FastAPI's endpoints do.
    HTTPException 401 and 403 and WebSocketException, from the rule or a dependency, mean no; all else is raised.

    Raises DeclarationError for a parameter that no dependency can fill.
    """
    app, kind = _application_of(rule)

    async def ask(channel: Channel[Any], user: Any, handshake: Handshake | None) -> bool:
        scope = _scope(kind, handshake or NO_HANDSHAKE)
        scope[_QUESTION] = (channel, user)
        token = _serving.set(scope.get("app"))
        try:
            await app(scope, _receive, _send)
        except HTTPException as error:
            if error.status_code not in _REFUSING:
                raise
            return False
        except WebSocketException:
            return False
        finally:
            _serving.reset(token)
        return bool(scope[_ANSWER])

    return ask


def _application_of(rule: Callable[..., Any]) -> tuple[ASGIApp, str]:
    """A route that nobody can request, with the rule behind its endpoint, and the kind of its scope.

    FastAPI's own routes are its one documented way to resolve dependencies, with their caches, threads and closing.
    """
    endpoint = _endpoint(rule)
    try:
        route = APIRoute("/", endpoint, response_model=None, dependency_overrides_provider=_Overrides())
        if not _wants(route.dependant, "websocket_param_name"):
            _refuse_bodies(rule, route.dependant)
            return AsyncExitStackMiddleware(route.app), "http"
        if _wants(route.dependant, "request_param_name"):
            raise DeclarationError(
                f"{_called(rule)}: one dependency asks for a Request and one for a WebSocket, of which there is one; "
                "let both ask for an HTTPConnection"
            )
        _refuse_bodies(rule, route.dependant)
        return APIWebSocketRoute("/", endpoint, dependency_overrides_provider=_Overrides()).app, "websocket"
    except FastAPIError as error:
        reason = str(error).partition("\n")[0].partition(" If you are using")[0]
        raise DeclarationError(
            f"{_called(rule)}: what follows channel and user must be FastAPI dependencies, Annotated[…, Depends(…)]: "
            f"{reason}"
        ) from error


def _endpoint(rule: Callable[..., Any]) -> Callable[..., Awaitable[Response]]:
    """An endpoint with the rule's parameters after channel and user, which it takes from the scope."""

    async def endpoint(**dependencies: Any) -> Response:
        scope = dependencies.pop(_CONNECTION).scope
        question = functools.partial(rule, *scope[_QUESTION], **dependencies)
        scope[_ANSWER] = await (question() if inspect.iscoroutinefunction(rule) else run_in_threadpool(question))
        return Response(status_code=204)

    # FastAPI reads annotations that are texts in the namespace of the function that `__wrapped__` leads to.
    functools.update_wrapper(endpoint, rule)
    own = inspect.Parameter(_CONNECTION, inspect.Parameter.KEYWORD_ONLY, annotation=HTTPConnection)
    endpoint.__signature__ = inspect.Signature([own, *_dependent_parameters(rule)])  # type: ignore[attr-defined]
    return endpoint


def _dependent_parameters(rule: Callable[..., Any]) -> Iterator[inspect.Parameter]:
    for parameter in list(inspect.signature(rule).parameters.values())[2:]:
        if parameter.kind not in {inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY}:
            raise DeclarationError(f"{_called(rule)}: {parameter} cannot be filled; name each dependency")
        yield parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)


def _refuse_bodies(rule: Callable[..., Any], dependant: Dependant) -> None:
    for field in dependant.body_params:
        raise DeclarationError(
            f"{_called(rule)}: {field.name} would be read from the body of a request, and there is none; "
            f"make it a dependency: {field.name}: Annotated[…, Depends(…)]"
        )
    for inner in dependant.dependencies:
        _refuse_bodies(rule, inner)


def _wants(dependant: Dependant, parameter: str) -> bool:
    return bool(getattr(dependant, parameter)) or any(_wants(inner, parameter) for inner in dependant.dependencies)


def _called(rule: Callable[..., Any]) -> str:
    return f"the rule {getattr(rule, '__qualname__', repr(rule))}"


def _scope(kind: str, handshake: Handshake) -> dict[str, Any]:
    """An ASGI scope of the upgrade request, for dependencies to read."""
    secure = handshake.scheme == "wss"
    scope = {
        "type": kind,
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "scheme": {"http": "https" if secure else "http", "websocket": handshake.scheme}[kind],
        "method": "GET",
        "path": handshake.path,
        "raw_path": handshake.path.encode(),
        "root_path": "",
        "query_string": handshake.query_string.encode("latin-1"),
        "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in handshake.headers],
        "client": (handshake.client, 0) if handshake.client else None,
        "server": None,
        "path_params": {},
        "subprotocols": [],
        "state": dict(handshake.state),
    }
    if (app := handshake.state.get(APPLICATION)) is not None:
        scope["app"] = app
    return scope


# The application whose rule is being asked, for its overrides.
_serving: ContextVar[Any] = ContextVar("tidings_serving", default=None)


class _Overrides:
    """The `dependency_overrides` of the application that serves. A rule is declared before there is one."""

    @property
    def dependency_overrides(self) -> Mapping[Callable[..., Any], Callable[..., Any]]:
        return getattr(_serving.get(), "dependency_overrides", {})


async def _receive() -> MutableMapping[str, Any]:
    return {"type": "http.request", "body": b"", "more_body": False}


async def _send(message: MutableMapping[str, Any]) -> None:
    """There is nobody to answer."""
