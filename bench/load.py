"""The load: many WebSocket clients in one thread, which cost less than any server that they measure.

Raw non-blocking sockets under one epoll. Messages are counted by their frames' headers; nothing is parsed as JSON once
a client is subscribed.
"""

import json
import select
import socket
import struct
import time
from collections.abc import Sequence
from itertools import islice

from bench import frames

CONNECTIONS_PER_ADDRESS = 5_000  # the system has some 28,000 ports for each source address
AT_ONCE = 64  # clients in the middle of opening
SILENCE = 30.0  # seconds without any message that count as a failure

_READ = 262_144  # bytes
_BIND_ADDRESS_NO_PORT = 24  # ip(7): choose the port at connect, when the destination is known
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close with RST, so that no port stays in TIME_WAIT
_NO_CLIENT = 1 << 60  # a count that is never the least
_REQUEST = (
    "GET /ws?token={token} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\n"
    "User-Agent: tidings-bench\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


class LoadError(Exception):
    """The server did not do what was asked of it; the message says what it did."""


class _Opening:
    """A client on its way in: it connects, asks for the upgrade, is greeted, subscribes, is answered."""

    __slots__ = ("received", "request", "subscribing")

    def __init__(self, request: bytes) -> None:
        self.request, self.received, self.subscribing = request, b"", False


class Swarm:
    """Clients of one server, all on one channel."""

    def __init__(self, port: int, channel: str) -> None:
        self._port = port
        subscribe = {"type": "subscribe", "payload": {"channels": [channel]}, "id": "1"}
        self._subscribe = frames.text(json.dumps(subscribe).encode())
        self._epoll = select.epoll()
        self._sockets: dict[int, socket.socket] = {}  # by file descriptor, as all that follows
        self._openings: dict[int, _Opening] = {}
        self._rests: dict[int, bytes] = {}  # the beginning of a frame that is not whole yet
        self._counts: list[int] = []
        self._buffer = bytearray(_READ)
        self.messages = self.bytes = 0  # of all clients since `reset`
        self.sample = b""  # one message since `reset`

    def __len__(self) -> int:
        return len(self._sockets)

    # Come and go.

    def open(self, tokens: Sequence[str]) -> float:
        """Connect, authenticate and subscribe a client for each token; returns the seconds that it took."""
        begin = time.perf_counter()
        waiting = iter(tokens)
        for token in islice(waiting, AT_ONCE):
            self._connect(token)
        while self._openings:
            events = self._epoll.poll(SILENCE)
            if not events:
                raise LoadError(f"the server has not answered {len(self._openings)} clients for {SILENCE:g} s")
            for fd, _ in events:
                if fd not in self._openings:
                    self._take(fd)
                elif self._advance(fd) and (token := next(waiting, "")):
                    self._connect(token)
        seconds = time.perf_counter() - begin
        self.reset()
        return seconds

    def close(self) -> None:
        """Be gone at once."""
        for client in self._sockets.values():
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            client.close()
        self._sockets.clear()
        self._epoll.close()

    def _connect(self, token: str) -> None:
        client = socket.socket()
        client.setblocking(False)
        client.setsockopt(socket.IPPROTO_IP, _BIND_ADDRESS_NO_PORT, 1)
        client.bind((f"127.0.0.{1 + len(self) // CONNECTIONS_PER_ADDRESS}", 0))
        client.connect_ex(("127.0.0.1", self._port))
        fd = client.fileno()
        self._sockets[fd] = client
        self._openings[fd] = _Opening(_REQUEST.format(token=token, port=self._port).encode())
        self._counts.extend([_NO_CLIENT] * (fd + 1 - len(self._counts)))
        self._epoll.register(fd, select.EPOLLOUT)

    def _advance(self, fd: int) -> bool:
        """Take the next step of a client on its way in; True after the last."""
        opening, client = self._openings[fd], self._sockets[fd]
        if opening.request:
            client.send(opening.request)
            opening.request = b""
            self._epoll.modify(fd, select.EPOLLIN)
            return False
        opening.received += _read(client)
        if not opening.subscribing and _greeted(opening.received):
            client.send(self._subscribe)
            opening.subscribing = True
        if not _subscribed(opening.received):
            return False
        del self._openings[fd]
        return True

    # Receive.

    def reset(self) -> None:
        """Count from nothing. All that was published must have come."""
        self.messages = self.bytes = 0
        self.sample = b""
        for fd in self._sockets:
            self._counts[fd] = 0

    def completed(self) -> int:
        """How many messages the client has that has the fewest."""
        return min(self._counts)

    def receive_until(self, deadline: float) -> None:
        """Take what comes until `deadline` (of `time.perf_counter`)."""
        while (left := deadline - time.perf_counter()) > 0:
            self.receive(left)

    def receive_all(self, messages: int) -> None:
        """Take what comes until every client has had this many messages since `reset`, and none has had more."""
        expected = messages * len(self)
        while self.messages < expected:
            if not self.receive(SILENCE):
                raise LoadError(f"{expected - self.messages} messages are missing, and none came for {SILENCE:g} s")
        if (self.completed(), self.messages) != (messages, expected):
            raise LoadError(f"some clients had more than the {messages} messages that were published")

    def receive(self, timeout: float) -> bool:
        """Take what has come, or wait at most `timeout` seconds for something; whether anything came."""
        events = self._epoll.poll(timeout)
        for fd, _ in events:
            self._take(fd)
        return bool(events)

    def _take(self, fd: int) -> None:
        """Read once from a client. Mostly that gives whole messages of one length, which need no walk."""
        buffer = self._buffer
        try:
            read = self._sockets[fd].recv_into(buffer)
        except ConnectionError as error:
            raise LoadError(f"the server broke a client's connection: {error.strerror}") from error
        length = 4 + (buffer[2] << 8 | buffer[3])
        whole = read > 0 and read % length == 0 and fd not in self._rests
        if whole and buffer.startswith(_HEADER, read - length) and buffer.startswith(buffer[:4], read - length):
            count, size = read // length, read
            self.sample = self.sample or bytes(buffer[4:length])
        else:
            count, size = self._walk(fd, read)
        self._counts[fd] += count
        self.messages += count
        self.bytes += size

    def _walk(self, fd: int, read: int) -> tuple[int, int]:
        """The messages in what was read, and their bytes. Answers pings."""
        if not read:
            raise LoadError("the server closed a client's connection")
        walked = frames.walk(self._rests.pop(fd, b"") + self._buffer[:read])
        if walked.rest:
            self._rests[fd] = walked.rest
        for control in walked.controls:
            if control != frames.PING:
                raise LoadError(f"the server sent a client a frame that begins with {control:#x}")
            self._sockets[fd].send(frames.PONG)
        return walked.messages, walked.size


_HEADER = bytes([frames.TEXT, frames.LENGTH_16])


def _read(client: socket.socket) -> bytes:
    """What a server says to a client on its way in. Raises LoadError for a refusal."""
    data = client.recv(65_536)
    if not data:
        raise LoadError("the server closed the connection of a client on its way in")
    if data.startswith(b"HTTP/1.1 ") and not data.startswith(b"HTTP/1.1 101 "):
        raise LoadError(f"the server refused an upgrade: {data.splitlines()[0].decode(errors='replace')}")
    if b'"connection:error"' in data:
        raise LoadError(f"the server refused a client: {data[-400:].decode(errors='replace')}")
    return data


def _greeted(received: bytes) -> bool:
    """Whether the upgrade was made and `connection:established` has come."""
    return b"\r\n\r\n" in received and b'"connection:established"' in received


def _subscribed(received: bytes) -> bool:
    """Whether `subscribed` has come, to the last byte of its frame."""
    return b'"subscribed"' in received and not frames.walk(received.partition(b"\r\n\r\n")[2]).rest
