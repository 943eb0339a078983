"""The client's side of one WebSocket on a non-blocking socket, and many of them under one epoll."""

import heapq
import select
import socket
import struct
import time
from collections.abc import Callable
from itertools import count
from typing import Protocol

from tidings.cli.bench import frames

PER_ADDRESS = 5_000  # sockets from one source address: the system has some 28,000 ports for each

_READ = 65_536  # bytes
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close with RST, as a network that is gone; no port stays in TIME_WAIT
_BIND_ADDRESS_NO_PORT = 24  # ip(7): choose the port at connect, when the destination is known
_REQUEST = (
    "GET /ws HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


class Lost(Exception):
    """The connection has ended, or never was one. `code` is the close frame's, where one came."""

    def __init__(self, reason: str, *, code: int | None = None) -> None:
        super().__init__(reason)
        self.code = code


class Socket:
    """Connects, asks for the upgrade, and then reads whole messages. Pings are answered."""

    __slots__ = ("_rest", "_socket", "connected", "opened", "port")

    def __init__(self, port: int, number: int) -> None:
        """Connect to `port`, as client `number` of those on this machine."""
        self.port = port
        self.connected = False  # the request was sent
        self.opened = False  # the upgrade was made
        self._rest = b""
        self._socket = socket.socket()
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.IPPROTO_IP, _BIND_ADDRESS_NO_PORT, 1)
        self._socket.bind((f"127.0.0.{1 + number // PER_ADDRESS}", 0))
        self._socket.connect_ex(("127.0.0.1", port))

    def fileno(self) -> int:
        """For epoll."""
        return self._socket.fileno()

    @property
    def local_port(self) -> int:
        """Where it was connected from."""
        port: int = self._socket.getsockname()[1]
        return port

    def request(self) -> None:
        """The socket can be written: ask for the upgrade. Raises Lost."""
        self._send(_REQUEST.format(port=self.port).encode())
        self.connected = True

    def read(self) -> list[bytes]:
        """The messages that are whole now. Raises Lost."""
        try:
            data = self._socket.recv(_READ)
        except ConnectionError as error:
            raise Lost(f"broken: {error.strerror}") from error
        if not data:
            raise Lost("closed without a word")
        data = self._rest + data if self._rest else data
        return self._messages(data) if self.opened else self._upgraded(data)

    def send(self, message: str) -> None:
        """Send one message, which must fit into the kernel's buffer. Raises Lost."""
        self._send(frames.text(message.encode()))

    def cut(self) -> None:
        """Be gone, as after the loss of the network: neither a close frame nor anything else is said."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self._socket.close()

    def _send(self, data: bytes) -> None:
        try:
            sent = self._socket.send(data)
        except ConnectionError as error:
            raise Lost(f"broken: {error.strerror}") from error
        assert sent == len(data), "a client says little"

    def _upgraded(self, data: bytes) -> list[bytes]:
        head, end, rest = data.partition(b"\r\n\r\n")
        if not end:
            self._rest = data
            return []
        if not head.startswith(b"HTTP/1.1 101 "):
            raise Lost(f"refused: {head.splitlines()[0].decode(errors='replace')}")
        self.opened = True
        return self._messages(rest)

    def _messages(self, data: bytes) -> list[bytes]:
        messages, begin = [], 0
        while (length := frames.frame_length(data, begin)) and begin + length <= len(data):
            frame = data[begin : begin + length]
            if frame[0] == frames.TEXT:
                messages.append(frame[_header(frame) :])
            else:
                self._control(frame[0], frame[2:])
            begin += length
        self._rest = data[begin:]
        return messages

    def _control(self, first_byte: int, payload: bytes) -> None:
        if first_byte == frames.PING:
            self._send(frames.pong(payload))
        elif first_byte == frames.CLOSE:
            code = int.from_bytes(payload[:2], "big") if len(payload) >= 2 else 1005
            raise Lost(f"closed with {code}: {payload[2:].decode(errors='replace')}", code=code)
        elif first_byte != frames.PONG:
            raise Lost(f"a frame that begins with {first_byte:#x}")


def _header(frame: bytes) -> int:
    return {126: 4, 127: 10}.get(frame[1], 2)


class Client(Protocol):
    """Somebody who has a socket in a crowd."""

    def opened(self) -> None:
        """The upgrade was made."""

    def take(self, message: bytes) -> None:
        """A message came."""

    def lost(self, lost: Lost) -> None:
        """The socket is gone."""


class Crowd:
    """Sockets, whom they belong to, and timers. All calls are made within `turn`, or by whoever calls it."""

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._clients: dict[int, tuple[Socket, Client]] = {}  # by file descriptor
        self._timers: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = count()

    def __len__(self) -> int:
        return len(self._clients)

    def connect(self, port: int, client: Client, number: int) -> Socket:
        """A socket on its way to `port`, for client `number` of this machine."""
        made = Socket(port, number)
        self._clients[made.fileno()] = made, client
        self._epoll.register(made, select.EPOLLOUT)
        return made

    def cut(self, gone: Socket) -> None:
        """Be rid of a socket. Its client is not told."""
        del self._clients[gone.fileno()]
        gone.cut()  # which takes it out of the epoll

    def later(self, seconds: float, act: Callable[[], None]) -> None:
        """Act in so many seconds."""
        heapq.heappush(self._timers, (time.monotonic() + seconds, next(self._numbers), act))

    def turn(self, timeout: float) -> None:
        """Take what has come, or wait at most so many seconds for something."""
        if self._timers:
            timeout = max(0.0, min(timeout, self._timers[0][0] - time.monotonic()))
        for fd, _ in self._epoll.poll(timeout):
            if fd in self._clients:  # not cut by one before it
                self._serve(*self._clients[fd])
        now = time.monotonic()
        while self._timers and self._timers[0][0] <= now:
            heapq.heappop(self._timers)[2]()

    def run_until(self, done: Callable[[], bool], timeout: float) -> bool:
        """Turn until `done()`; False when that takes longer than so many seconds."""
        deadline = time.monotonic() + timeout
        while not done():
            if (left := deadline - time.monotonic()) <= 0:
                return False
            self.turn(min(left, 0.25))
        return True

    def close(self) -> None:
        """Be gone at once."""
        for gone, _ in list(self._clients.values()):
            self.cut(gone)
        self._timers.clear()
        self._epoll.close()

    def _serve(self, ready: Socket, client: Client) -> None:
        try:
            if not ready.connected:
                ready.request()
                self._epoll.modify(ready, select.EPOLLIN)
                return
            was_open = ready.opened
            messages = ready.read()
        except Lost as lost:
            self.cut(ready)
            client.lost(lost)
            return
        if ready.opened and not was_open:
            client.opened()
        for message in messages:
            client.take(message)
