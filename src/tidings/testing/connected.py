"""Connecting in-process: to a manager or an application, on either transport."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, MutableMapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Literal
from urllib.parse import quote

from tidings.handshake import STATE_KEY, Handshake, User
from tidings.manager import ConnectionManager
from tidings.protocol.errors import TidingsError
from tidings.protocol.log import Position
from tidings.testing.asgi_wire import Application, AsgiWire, Scope
from tidings.testing.client import Client
from tidings.testing.lifespan import Running
from tidings.testing.wire import Wire
from tidings.transports import asgi

_HOST = "testserver"
_USER = "tidings.testing.user"  # in a handshake's state: who comes without a token


@asynccontextmanager
async def connected(
    target: ConnectionManager | Application | Running,
    *,
    token: str | None = None,
    user: User | str | int | None = None,
    transport: Literal["asgi", "native"] = "asgi",
    path: str = "/ws",
    headers: Mapping[str, str] | None = None,
    positions: Mapping[str, Position] | None = None,
    timeout: float = 2.0,  # noqa: ASYNC109
) -> AsyncIterator[Client]:
    """A connection for the length of a block: the whole protocol and the whole server, but for the network.

        async with connected(app, token="anna's") as client:
            await client.subscribe(Schedules())
            await manager.publish(ScheduleCreated(schedule=s), Schedules())
            assert (await client.expect(ScheduleCreated)).schedule == s

    `target` is a manager, an ASGI application (for what its endpoint, middleware and dependencies do), or what
    `lifespan(app)` gave. `token` is sent as the first message; `user` comes without one, past `authenticate` (not with
    an application alone: it takes tokens). Without either the connection is open and nobody's. `transport="native"`
    runs the protocol class that uvicorn runs under `tidings serve`; it finds its managers in a lifespan's state.
    `positions`: go on from here in the user's own channel.

    Raises Refused for a token that is refused, UpgradeRefused for an upgrade that is, and at the end of the block
    what the application has raised.
    """
    client = Client(timeout)
    with _admitted(target, path, user) as state:
        scope = _scope(target, path, headers or {}, state)
        wire = _native_wire(target, scope, client) if transport == "native" else _asgi_wire(target, scope, client)
        client.attach(wire)
        await wire.open()
        try:
            if token is not None or user is not None:
                own = {name: at.document() for name, at in (positions or {}).items() if name.startswith("user:")}
                client.send("auth", {"token": token or "a test's own", "positions": own})
                await client.greeted()
            yield client
        finally:
            await wire.close()


def _scope(target: object, path: str, headers: Mapping[str, str], state: Mapping[str, Any]) -> Scope:
    """An ASGI scope of the upgrade request (WebSocket 2.4)."""
    given = {"host": _HOST, **{name.lower(): value for name, value in headers.items()}}
    location, _, query_string = path.partition("?")
    return {
        "type": "websocket",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "scheme": "ws",
        "path": location,
        "raw_path": quote(location).encode(),
        "root_path": "",
        "query_string": query_string.encode("latin-1"),
        "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in given.items()],
        "client": ("testclient", 0),
        "server": (_HOST, 80),
        "subprotocols": [],
        "state": {**(target.state if isinstance(target, Running) else {}), **state},
        "extensions": {"websocket.http.response": {}},
    }


def _asgi_wire(target: ConnectionManager | Application | Running, scope: Scope, client: Client) -> Wire:
    if isinstance(target, ConnectionManager):
        manager = target

        async def serve(scope: Scope, receive: Any, send: Any) -> None:
            await asgi.serve(manager, _Socket(scope, receive, send))

        return AsgiWire(serve, scope, client)
    return AsgiWire(target.app if isinstance(target, Running) else target, scope, client)


def _native_wire(target: ConnectionManager | Application | Running, scope: Scope, client: Client) -> Wire:
    from tidings.testing.native_wire import NativeWire

    path, query_string = scope["path"], scope["query_string"].decode("latin-1")
    _manager_of(target, path)
    state = {STATE_KEY + path: target, **scope["state"]} if isinstance(target, ConnectionManager) else scope["state"]
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"] if name != b"host"}
    url = f"ws://{_HOST}{path}" + (f"?{query_string}" if query_string else "")
    return NativeWire(state, url, headers, client)


def _manager_of(target: ConnectionManager | Application | Running, path: str) -> ConnectionManager:
    """The manager that serves the path. Raises TidingsError, saying what to do, where none is known."""
    if isinstance(target, ConnectionManager):
        return target
    if not isinstance(target, Running):
        raise TidingsError(
            "an application's managers are known from its lifespan only: "
            "async with lifespan(app) as running, connected(running, …)"
        )
    managers = {key.removeprefix(STATE_KEY): it for key, it in target.state.items() if key.startswith(STATE_KEY)}
    if path not in managers:
        served = ", ".join(key for key, it in managers.items() if isinstance(it, ConnectionManager)) or "none"
        raise TidingsError(f"no manager's router serves {path!r} in this application; served: {served}")
    manager: ConnectionManager = managers[path]
    return manager


@contextmanager
def _admitted(
    target: ConnectionManager | Application | Running, path: str, user: User | str | int | None
) -> Iterator[dict[str, Any]]:
    """The state of a handshake of this user, whom the manager lets in until the end of the block."""
    if user is None:
        yield {}
        return
    manager = _manager_of(target, path.partition("?")[0])
    authentication = manager._hub.authentication
    admission = authentication.authenticate
    if not isinstance(admission, _Admission):
        admission = authentication.authenticate = _Admission(authentication.authenticate)
    admission.guests += 1
    try:
        yield {_USER: user if isinstance(user, User) else User(str(user), issued_at=manager._clock())}
    finally:
        admission.guests -= 1
        if not admission.guests:
            authentication.authenticate = admission.known


class _Admission:
    """Lets in whom a test has signed in; asks the application's own function about everybody else."""

    needs_handshake = True

    def __init__(self, known: Callable[[Handshake, str | None], Any] | None) -> None:
        self.known = known
        self.guests = 0  # users of tests for whom it stands

    def __call__(self, handshake: Handshake, token: str | None) -> Any:
        user = handshake.state.get(_USER)
        return user if user is not None or self.known is None else self.known(handshake, token)


class _Socket:
    """What `tidings.transports.asgi` needs of a WebSocket, over an ASGI application's own callables."""

    def __init__(self, scope: Scope, receive: Callable[[], Any], send: Callable[[Any], Any]) -> None:
        self.scope = scope
        self._receive, self._send = receive, send

    async def accept(self) -> None:
        await self._receive()
        await self._send({"type": "websocket.accept"})

    async def receive(self) -> MutableMapping[str, Any]:
        message: MutableMapping[str, Any] = await self._receive()
        return message

    async def send(self, message: MutableMapping[str, Any]) -> None:
        await self._send(message)

    async def send_text(self, data: str) -> None:
        await self._send({"type": "websocket.send", "text": data})

    async def close(self, code: int = 1000, reason: str | None = None) -> None:
        await self._send({"type": "websocket.close", "code": code, "reason": reason or ""})
