"""The load: many WebSocket clients in one thread, which cost less than any server that they measure.

Raw non-blocking sockets under one epoll. Messages are counted by their frames' headers; nothing is parsed as JSON once
a client is subscribed.
"""

import select
import socket
import struct
import time
from collections.abc import Sequence
from itertools import islice

from tidings.cli.bench import frames
from torture.crowd.opening import LoadError, Opening

CONNECTIONS_PER_ADDRESS = 5_000  # the system has some 28,000 ports for each source address
AT_ONCE = 64  # clients in the middle of opening
SILENCE = 30.0  # seconds without any message that count as a failure

_READ = 262_144  # bytes
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close with RST, so that no port stays in TIME_WAIT
_NO_CLIENT = 1 << 60  # a count that is never the least
_HEADER = bytes([frames.TEXT, frames.LENGTH_16])


class Swarm:
    """Clients of one server, all on one channel."""

    def __init__(self, port: int, channel: str) -> None:
        self._port, self._channel = port, channel
        self._epoll = select.epoll()
        self._sockets: dict[int, socket.socket] = {}  # by file descriptor, as all that follows
        self._openings: dict[int, Opening] = {}
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
        waiting, patience = iter(tokens), begin + SILENCE
        for token in islice(waiting, AT_ONCE):
            self._connect(token)
        while self._openings:
            if time.perf_counter() > patience:
                raise LoadError(f"{len(self._openings)} clients on their way in, and none got in for {SILENCE:g} s")
            for fd, _ in self._epoll.poll(1.0):
                if self._advance(fd):
                    patience = time.perf_counter() + SILENCE
                    if token := next(waiting, ""):
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
        source = f"127.0.0.{1 + len(self) // CONNECTIONS_PER_ADDRESS}"
        opening = Opening(source, self._port, token, self._channel)
        fd = opening.socket.fileno()
        self._sockets[fd], self._openings[fd] = opening.socket, opening
        self._counts.extend([_NO_CLIENT] * (fd + 1 - len(self._counts)))
        self._epoll.register(fd, select.EPOLLOUT)

    def _advance(self, fd: int) -> bool:
        """What has come is for a client on its way in, or for one that is in; True if one has got in."""
        opening = self._openings.get(fd)
        if opening is None:
            self._take(fd)
            return False
        connecting, done = opening.connecting, opening.advance()
        if connecting:
            self._epoll.modify(fd, select.EPOLLIN)
        elif done:
            del self._openings[fd]
        return done

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
            self.receive_more()
        if (self.completed(), self.messages) != (messages, expected):
            raise LoadError(f"some clients had more than the {messages} messages that were published")

    def receive_more(self) -> None:
        """Take what comes until there is a message among it. Raises LoadError when that takes too long."""
        before, patience = self.messages, time.perf_counter() + SILENCE
        while self.messages == before:
            if time.perf_counter() > patience:
                raise LoadError(f"{before} messages came, and then none for {SILENCE:g} s")
            self.receive(1.0)

    def receive(self, timeout: float) -> None:
        """Take what has come, or wait at most `timeout` seconds for something."""
        for fd, _ in self._epoll.poll(timeout):
            self._take(fd)

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
        for first_byte, payload in walked.others:
            if first_byte != frames.PING:
                raise LoadError(f"the server sent a client a frame that begins with {first_byte:#x}: {payload!r}")
            self._sockets[fd].send(frames.pong(payload))
        return walked.messages, walked.size
