"""A client's way in, step by step, on a non-blocking socket."""

import json
import socket

from tidings.cli.bench import frames

_BIND_ADDRESS_NO_PORT = 24  # ip(7): choose the port at connect, when the destination is known
_REQUEST = (
    "GET /ws?token={token} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\n"
    "User-Agent: tidings-bench\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


class LoadError(Exception):
    """The server did not do what was asked of it; the message says what it did."""


class Opening:
    """Connects from a source address, asks for the upgrade with a token, waits for its greeting, subscribes, and waits
    for the answer.
    """

    __slots__ = ("_received", "_request", "_subscribe", "connecting", "socket")

    def __init__(self, source: str, port: int, token: str, channel: str) -> None:
        self._request = _REQUEST.format(token=token, port=port).encode()
        subscribe = {"type": "subscribe", "payload": {"channels": [channel]}, "id": "1"}
        self._subscribe = frames.text(json.dumps(subscribe).encode())
        self._received = b""
        self.connecting = True  # waits to write; afterwards, to read
        self.socket = socket.socket()
        self.socket.setblocking(False)
        self.socket.setsockopt(socket.IPPROTO_IP, _BIND_ADDRESS_NO_PORT, 1)
        self.socket.bind((source, 0))
        self.socket.connect_ex(("127.0.0.1", port))

    def advance(self) -> bool:
        """Take the next step; True after the last. Raises LoadError where the server does not let the client in."""
        try:
            return self._advance()
        except ConnectionError as error:
            raise LoadError(f"a client on its way in was cut off: {error.strerror}") from error

    def _advance(self) -> bool:
        if self.connecting:
            self.socket.send(self._request)
            self.connecting = False
            return False
        self._received += _accepted(self.socket.recv(65_536))
        if self._subscribe and b'"connection:established"' in self._received:
            self.socket.send(self._subscribe)
            self._subscribe = b""
        return b'"subscribed"' in self._received and not frames.walk(self._received.partition(b"\r\n\r\n")[2]).rest


def _accepted(data: bytes) -> bytes:
    """What the server says, if it says yes."""
    if not data:
        raise LoadError("the server closed the connection of a client on its way in")
    if data.startswith(b"HTTP/1.1 ") and not data.startswith(b"HTTP/1.1 101 "):
        raise LoadError(f"the server refused an upgrade: {data.splitlines()[0].decode(errors='replace')}")
    if b'"connection:error"' in data:
        raise LoadError(f"the server refused a client: {data[-400:].decode(errors='replace')}")
    return data
