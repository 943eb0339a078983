"""The fast transport: a class for uvicorn's documented `--ws` option.

`uvicorn main:app --ws tidings.transports.native:NativeProtocol --http tidings.transports.http:HttpProtocol` is what
`tidings serve main:app` sets up. Paths that a manager's router serves are served here, without ASGI between (so no ASGI
middleware sees them); all other paths go to uvicorn's own implementation.
"""

import asyncio
import contextlib
import logging
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import unquote
from weakref import WeakKeyDictionary

from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware
from uvicorn.protocols.utils import get_remote_addr, is_ssl
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request, Response
from websockets.server import ServerProtocol

from tidings.handshake import STATE_KEY, Handshake, Refusal
from tidings.transports.logs import guard_logs, redacted
from tidings.transports.watch import watch_of
from tidings.transports.websocket import Endpoint, WebSocketTransport, quiet

if TYPE_CHECKING:
    from uvicorn.config import Config
    from uvicorn.server import ServerState

    from tidings.manager import ConnectionManager

log = logging.getLogger("uvicorn.error.tidings")  # to its handlers, not to its filters: this text is redacted already

_endpoints: "WeakKeyDictionary[ServerState, dict[str, Endpoint]]" = WeakKeyDictionary()


class NativeProtocol(asyncio.Protocol):
    """Answers an upgrade request, and gives the transport to a successor: ours where a manager serves the path, else
    uvicorn's own.

    uvicorn makes it, calls it with the transport and the request, and then sets it as the transport's protocol; the
    successor takes its place in the loop's next iteration. What the transport calls until then is passed on.
    """

    __slots__ = ("_app_state", "_config", "_handshake", "_received", "_server_state", "_successor", "_transport")

    def __init__(
        self,
        config: "Config",
        server_state: "ServerState",
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        guard_logs()
        self._config, self._server_state, self._app_state = config, server_state, app_state
        self._handshake = ServerProtocol(logger=quiet)
        self._received = b""
        self._transport: asyncio.Transport
        self._successor: WebSocketTransport | WebSocketsSansIOProtocol | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The transport that the HTTP protocol has read the request from."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """The request, as uvicorn has rewritten it."""
        if self._successor is not None:
            self._successor.data_received(data)
            return
        self._received += data
        self._handshake.receive_data(data)
        for request in self._handshake.events_received():
            self._answer(cast(Request, request))
        if self._handshake.handshake_exc is not None:
            self._refuse_unreadable()

    def eof_received(self) -> bool | None:
        """Passed on."""
        return self._successor.eof_received() if self._successor is not None else None

    def pause_writing(self) -> None:
        """Passed on."""
        if self._successor is not None:
            self._successor.pause_writing()

    def resume_writing(self) -> None:
        """Passed on."""
        if self._successor is not None:
            self._successor.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Passed on."""
        if self._successor is not None:
            self._successor.connection_lost(exc)
        self._handshake.parser.close()  # a generator that holds the object that holds it

    def _answer(self, request: Request) -> None:
        endpoint = self._find_endpoint(request)
        if endpoint is None:
            self._hand_to_uvicorn()
            return
        response = self._handshake.accept(request)
        handshake = self._describe(request)
        if response.status_code == HTTPStatus.SWITCHING_PROTOCOLS:
            refusal = endpoint.manager.refusal(handshake)
            if refusal is None:
                self._upgrade(response, endpoint, handshake)
                return
            response = self._problem(refusal)
        self._log(handshake, str(response.status_code))
        self._send(response)
        self._transport.close()

    def _find_endpoint(self, request: Request) -> Endpoint | None:
        """The endpoint of the path, with or without the root path that uvicorn was given."""
        raw_path, _, _ = request.path.partition("?")
        path = unquote(raw_path)
        for full_path in (self._config.root_path + path, path):
            manager: ConnectionManager | None = self._app_state.get(STATE_KEY + full_path)
            if manager is not None:
                return self._endpoint(full_path, manager)
        return None

    def _endpoint(self, path: str, manager: "ConnectionManager") -> Endpoint:
        endpoints = _endpoints.setdefault(self._server_state, {})
        endpoint = endpoints.get(path)
        if endpoint is None or endpoint.manager is not manager:
            loop = asyncio.get_running_loop()
            connections = cast(set[WebSocketTransport], self._server_state.connections)
            watch, grace = watch_of(self._server_state, loop), self._config.timeout_graceful_shutdown
            endpoint = endpoints[path] = Endpoint(manager, loop, watch, connections, grace)
        return endpoint

    def _describe(self, request: Request) -> Handshake:
        raw_path, _, query_string = request.path.partition("?")
        client = get_remote_addr(self._transport)
        scheme = "wss" if is_ssl(self._transport) else "ws"
        headers = [(name.lower(), value) for name, value in request.headers.raw_items()]
        if self._config.proxy_headers and any(name.startswith("x-forwarded-") for name, _ in headers):
            client, scheme = self._before_proxy(client, scheme, headers)
        return Handshake(
            path=self._config.root_path + unquote(raw_path),
            query_string=query_string,
            headers=headers,
            client=client[0] if client else None,
            scheme=scheme,
            state=self._app_state,
        )

    def _before_proxy(
        self, client: tuple[str, int] | None, scheme: str, headers: list[tuple[str, str]]
    ) -> tuple[tuple[str, int] | None, str]:
        """Client and scheme as a trusted proxy saw them, by uvicorn's own middleware: a coroutine that never waits."""
        names = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        scope: Any = {"type": "websocket", "client": client, "scheme": scheme, "headers": names}
        middleware: Any = ProxyHeadersMiddleware(_end_of_middleware, self._config.forwarded_allow_ips)
        with contextlib.suppress(StopIteration):
            middleware(scope, None, None).send(None)
        return scope["client"], scope["scheme"]

    def _upgrade(self, response: Response, endpoint: Endpoint, handshake: Handshake) -> None:
        del response.headers["Date"]  # uvicorn's default headers have one
        for name, value in self._server_state.default_headers:
            response.headers[name.decode("latin-1")] = value.decode("latin-1")
        self._log(handshake, "[accepted]")
        self._send(response)
        successor = WebSocketTransport(self._transport, endpoint)
        self._succeed(successor)
        successor.open(handshake)

    def _hand_to_uvicorn(self) -> None:
        successor = WebSocketsSansIOProtocol(
            config=self._config, server_state=self._server_state, app_state=self._app_state
        )
        successor.connection_made(self._transport)
        successor.data_received(self._received)
        self._succeed(successor)

    def _succeed(self, successor: WebSocketTransport | WebSocketsSansIOProtocol) -> None:
        self._successor, self._received = successor, b""
        self._handshake.parser.close()
        self._transport.set_protocol(successor)
        asyncio.get_running_loop().call_soon(self._stay_succeeded)

    def _stay_succeeded(self) -> None:
        """uvicorn has set this object as the transport's protocol since: set the successor again."""
        if self._successor is not None and not self._transport.is_closing():
            self._transport.set_protocol(self._successor)

    def _problem(self, refusal: Refusal) -> Response:
        """A refusal as problem details (RFC 9457)."""
        response = self._handshake.reject(HTTPStatus(refusal.status), refusal.problem().decode())
        del response.headers["Content-Type"]
        response.headers["Content-Type"] = "application/problem+json"
        return response

    def _refuse_unreadable(self) -> None:
        """The request has too many or too long lines (which `websockets` answers), or is no upgrade request at all."""
        if not self._write_output():
            body = b"The upgrade request could not be read.\n"
            headers = b"Content-Type: text/plain\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body)
            self._transport.write(b"HTTP/1.1 400 Bad Request\r\n" + headers + body)
        self._transport.close()

    def _send(self, response: Response) -> None:
        self._handshake.send_response(response)
        self._write_output()

    def _write_output(self) -> bool:
        output = b"".join(self._handshake.data_to_send())
        self._transport.write(output)
        return bool(output)

    def _log(self, handshake: Handshake, outcome: str) -> None:
        """A line in uvicorn's form, without a token in the URL. (At INFO a connection is one line: that at its end.)"""
        if log.isEnabledFor(logging.DEBUG):
            url = f"{handshake.path}?{handshake.query_string}" if handshake.query_string else handshake.path
            log.debug('%s - "WebSocket %s" %s', handshake.client or "", redacted(url), outcome)


async def _end_of_middleware(scope: Any, receive: Any, send: Any) -> None:
    """Nothing is served through the middleware."""
