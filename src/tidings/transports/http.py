"""The companion of the native transport: a class for uvicorn's `--http` option.

uvicorn waits for the end of a request's head for ever, and leaves some requests that are too large without an answer.
Here a head has `HEAD_TIMEOUT` seconds, `MAX_HEADERS` headers and bounded sizes; what exceeds them is answered with 408,
414 or 431.
"""

import asyncio
import sys
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.h11_impl import H11Protocol
from websockets.datastructures import Headers
from websockets.exceptions import InvalidHeaderValue
from websockets.http11 import Request

from tidings.transports.logs import guard_logs
from tidings.transports.watch import TICK, watch_of

try:
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
except ImportError:  # uvicorn without its extra `standard`
    HttpToolsProtocol = None  # type: ignore[assignment,misc]

if TYPE_CHECKING:
    from uvicorn.config import Config
    from uvicorn.server import ServerState

    from tidings.transports.watch import Watch

HEAD_TIMEOUT = 10.0  # seconds from a connection or the first byte of a further request to the end of the headers
CLOSE_TIMEOUT = 3.0  # seconds that a refused client has to close
MAX_HEADERS = 128
MAX_LINE = 8_192  # bytes of a URL, and of a header
MAX_HEAD = 65_536  # bytes of URL and headers together
_OF_BODIES = {b"content-length", b"transfer-encoding"}  # headers that an upgrade request does not need


class HeadTooLarge(Exception):
    """A request's head exceeds a limit. `status` says which."""

    def __init__(self, status: HTTPStatus) -> None:
        super().__init__(status.phrase)
        self.status = status


class _BoundedHead(asyncio.Protocol):
    """What both of uvicorn's HTTP protocols get: a time and a size for the head of a request."""

    transport: asyncio.Transport
    cycle: Any  # of the request whose head was read last

    def __init__(
        self,
        config: "Config",
        server_state: "ServerState",
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)  # type: ignore[call-arg]  # uvicorn's class
        guard_logs()
        self._loop = _loop or asyncio.get_running_loop()
        self._watch: Watch = watch_of(server_state, self._loop)
        self._deadline = 0.0  # while under watch
        self._head_size = 0
        self._refused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._watch.discard(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        if self._between_requests() and self not in self._watch:
            self._expect_head()
        self._head_size += len(data)
        super().data_received(data)
        if not self._between_requests():
            self._watch.discard(self)
        elif self in self._watch and self._head_size > MAX_HEAD:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def check(self, now: float) -> None:
        """End a request whose head takes too long, and a client that does not go when it was told to."""
        if now + TICK <= self._deadline:
            return
        if self._refused or not self._head_size:
            self.transport.abort()
        else:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT)

    def handle_websocket_upgrade(self, *event: Any) -> None:
        """The head was an upgrade request: another protocol takes the transport."""
        self._watch.discard(self)
        super().handle_websocket_upgrade(*event)  # type: ignore[misc]  # uvicorn's class

    def send_400_response(self, msg: str) -> None:
        """Answer what could not be read; with the status of what was wrong, where that is known."""
        error = sys.exception()
        cause = error.__context__ if error is not None else None
        if isinstance(cause, HeadTooLarge):
            self._refuse(cause.status)
        else:
            self._refuse(HTTPStatus(getattr(error, "error_status_hint", HTTPStatus.BAD_REQUEST)))

    def _between_requests(self) -> bool:
        return self.cycle is None or bool(self.cycle.response_complete)

    def _expect_head(self) -> None:
        self._deadline, self._head_size = self._loop.time() + HEAD_TIMEOUT, 0
        self._watch.add(self)

    def _refuse(self, status: HTTPStatus) -> None:
        """Answer, and throw away what still comes: to close at once would reset the connection, the answer with it."""
        if self._refused or self.transport.is_closing():
            return
        self._refused, self._deadline = True, self._loop.time() + CLOSE_TIMEOUT
        self._watch.add(self)
        body = f"{status.phrase}\n"
        head = (
            f"HTTP/1.1 {status.value} {status.phrase}\r\ncontent-type: text/plain; charset=utf-8\r\n"
            f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
        )
        self.transport.write((head + body).encode())
        if self.transport.can_write_eof():
            self.transport.write_eof()
        else:
            self.transport.close()


class H11HttpProtocol(_BoundedHead, H11Protocol):
    """With h11, which bounds the head itself (64 KB) and needs no compiled package."""


if HttpToolsProtocol is not None:

    class HttpToolsHttpProtocol(_BoundedHead, HttpToolsProtocol):
        """With httptools, which bounds nothing."""

        def handle_websocket_upgrade(self, *event: Any) -> None:
            request, take = self._read_upgrade(), getattr(self.ws_protocol_class, "take", None)
            if request is not None and take is not None and take(self, request):
                self._watch.discard(self)
                self.connections.discard(self)
            else:
                super().handle_websocket_upgrade(*event)
            self.parser = None  # type: ignore[assignment]  # it holds this object, which holds it

        def _read_upgrade(self) -> Request | None:
            """The request as `websockets` would read it from its bytes; None where that would be refused."""
            version = self.scope["http_version"]
            headers = Headers()
            try:
                for name, value in self.headers:
                    if name in _OF_BODIES:
                        return None
                    headers[name.decode("latin-1")] = value.decode("latin-1").strip(" \t")
                return Request(self.url.decode("ascii"), headers, self.scope["method"], f"HTTP/{version}")
            except (UnicodeDecodeError, InvalidHeaderValue):
                return None

        def on_url(self, url: bytes) -> None:
            super().on_url(url)
            if len(self.url) > MAX_LINE:
                raise HeadTooLarge(HTTPStatus.REQUEST_URI_TOO_LONG)

        def on_header(self, name: bytes, value: bytes) -> None:
            super().on_header(name, value)
            if len(self.headers) > MAX_HEADERS or len(name) + len(value) > MAX_LINE:
                raise HeadTooLarge(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    HttpProtocol: type[asyncio.Protocol] = HttpToolsHttpProtocol
else:
    HttpProtocol = H11HttpProtocol
