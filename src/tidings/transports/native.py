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
from tidings.transports.compression import SharedDeflate
from tidings.transports.frames import quiet
from tidings.transports.logs import guard_logs, redacted
from tidings.transports.watch import watch_of
from tidings.transports.websocket import CompressingTransport, Endpoint, WebSocketTransport

if TYPE_CHECKING:
    from uvicorn.config import Config
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
    from uvicorn.server import ServerState

    from tidings.manager import ConnectionManager

log = logging.getLogger("uvicorn.error.tidings")  # to its handlers, not to its filters: this text is redacted already

_endpoints: "WeakKeyDictionary[ServerState, dict[str, Endpoint]]" = WeakKeyDictionary()

_SWITCHING = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: %b\r\n%b\r\n"
)

# They only say whether a request is a good one and what to answer, and keep nothing of it: one serves all.
_negotiator = ServerProtocol(logger=quiet)
_compressing_negotiator = ServerProtocol(logger=quiet, extensions=[SharedDeflate()])


class NativeProtocol(asyncio.Protocol):
    """Answers an upgrade request, and gives the transport to a successor: ours where a manager serves the path, else
    uvicorn's own.

    Where the HTTP protocol is ours on httptools, it has `take` answer the request that it has read. Else uvicorn makes
    one of these, calls it with the transport and the request as bytes, and then sets it as the transport's protocol;
    the successor takes its place in the loop's next iteration. What the transport calls until then is passed on.
    """

    __slots__ = (
        "_app_state",
        "_client",
        "_config",
        "_handshake",
        "_received",
        "_server_state",
        "_successor",
        "_transport",
    )

    def __init__(
        self,
        config: "Config",
        server_state: "ServerState",
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        guard_logs()
        self._config, self._server_state, self._app_state = config, server_state, app_state
        self._handshake: ServerProtocol | None = None  # reads the request
        self._received = b""
        self._transport: asyncio.Transport
        self._client: tuple[str, int] | None = None
        self._successor: WebSocketTransport | WebSocketsSansIOProtocol | None = None

    @classmethod
    def take(cls, http: "HttpToolsProtocol", request: Request) -> bool:
        """Answer an upgrade request that was read from the transport of `http`, which gives it away; False where it
        stays, because no manager serves the path.
        """
        protocol = cls(http.config, http.server_state, http.app_state)
        endpoint = protocol._find_endpoint(request)
        if endpoint is not None:
            protocol._transport, protocol._client = http.transport, http.client
            protocol._answer(endpoint, request)
        return endpoint is not None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The transport that the HTTP protocol has read the request from."""
        self._transport = cast(asyncio.Transport, transport)
        self._client = get_remote_addr(self._transport)
        self._handshake = ServerProtocol(logger=quiet)

    def data_received(self, data: bytes) -> None:
        """The request, as uvicorn has rewritten it."""
        if self._successor is not None:
            self._successor.data_received(data)
        elif self._handshake is not None:
            self._received += data
            self._handshake.receive_data(data)
            for request in self._handshake.events_received():
                self._answer_or_pass_on(cast(Request, request))
            if self._handshake.handshake_exc is not None:
                self._refuse_unreadable(self._handshake)

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
        if self._handshake is not None:
            self._handshake.parser.close()  # a generator that holds the object that holds it

    def _answer_or_pass_on(self, request: Request) -> None:
        endpoint = self._find_endpoint(request)
        if endpoint is None:
            self._hand_to_uvicorn()
        else:
            self._answer(endpoint, request)

    def _answer(self, endpoint: Endpoint, request: Request) -> None:
        handshake = self._describe(request)
        negotiator = _compressing_negotiator if endpoint.manager.compression else _negotiator
        try:
            accept, extensions, _ = negotiator.process_request(request)
        except Exception:  # noqa: BLE001  # `accept` fails alike, and says what of
            response = negotiator.accept(request)
        else:
            refusal = endpoint.manager.refusal(handshake)
            if refusal is None:
                self._upgrade(accept, extensions, endpoint, handshake)
                return
            response = _problem(refusal)
        self._log(handshake, str(response.status_code))
        self._transport.write(response.serialize())
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
        client = self._client
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

    def _upgrade(self, accept: str, extensions: str | None, endpoint: Endpoint, handshake: Handshake) -> None:
        """Answer 101 (RFC 6455, section 4.2.2). The answer goes out together with what the connection says first."""
        self._log(handshake, "[accepted]")
        kind = WebSocketTransport if extensions is None else CompressingTransport
        successor = kind(self._transport, endpoint)
        self._succeed(successor)
        headers = b"".join([b"%b: %b\r\n" % header for header in self._server_state.default_headers])
        if extensions is not None:
            headers += b"Sec-WebSocket-Extensions: %b\r\n" % extensions.encode()
        successor.write(_SWITCHING % (accept.encode(), headers))
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
        self._transport.set_protocol(successor)
        if self._handshake is not None:
            self._handshake.parser.close()
            asyncio.get_running_loop().call_soon(self._stay_succeeded)

    def _stay_succeeded(self) -> None:
        """uvicorn has set this object as the transport's protocol since: set the successor again."""
        if self._successor is not None and not self._transport.is_closing():
            self._transport.set_protocol(self._successor)

    def _refuse_unreadable(self, handshake: ServerProtocol) -> None:
        """The request has too many or too long lines (which `websockets` answers), or is no upgrade request at all."""
        answer = b"".join(handshake.data_to_send())
        if not answer:
            body = b"The upgrade request could not be read.\n"
            headers = b"Content-Type: text/plain\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body)
            answer = b"HTTP/1.1 400 Bad Request\r\n" + headers + body
        self._transport.write(answer)
        self._transport.close()

    def _log(self, handshake: Handshake, outcome: str) -> None:
        """A line in uvicorn's form, without a token in the URL. (At INFO a connection is one line: that at its end.)"""
        if log.isEnabledFor(logging.DEBUG):
            url = f"{handshake.path}?{handshake.query_string}" if handshake.query_string else handshake.path
            log.debug('%s - "WebSocket %s" %s', handshake.client or "", redacted(url), outcome)


def _problem(refusal: Refusal) -> Response:
    """A refusal as problem details (RFC 9457)."""
    response = _negotiator.reject(HTTPStatus(refusal.status), refusal.problem().decode())
    del response.headers["Content-Type"]
    response.headers["Content-Type"] = "application/problem+json"
    return response


async def _end_of_middleware(scope: Any, receive: Any, send: Any) -> None:
    """Nothing is served through the middleware."""
