"""One open WebSocket on an asyncio transport.

`websockets`' sans-I/O Protocol reads: frames, control frames and closing are its affair (RFC 6455). What is written was
framed once, by `encode`, for all connections. There is no task here, and no timer of a connection's own.
"""

import asyncio
import socket
import struct
import sys
from typing import TYPE_CHECKING, cast

from websockets.frames import Frame, Opcode
from websockets.protocol import SEND_EOF, State

from tidings.protocol.codes import CloseCode, close_reason
from tidings.transport import GRACE, Encode
from tidings.transports import direct
from tidings.transports.compression import Compressor
from tidings.transports.frames import Frames, InflatingFrames
from tidings.transports.watch import TICK, Watch

if TYPE_CHECKING:
    from tidings.connection import Connection
    from tidings.handshake import Handshake
    from tidings.manager import ConnectionManager

CLOSE_TIMEOUT = 3.0  # seconds that a closing handshake may take before the socket is aborted
MAX_FRAGMENTS = 1_024  # of one message
OVERSIZE = 4  # a user's message of up to so many times the limit is read, to be answered

_SLICE = 8_192  # bytes read at once: bounds what a flood of tiny frames costs between two looks at the buffer
_BATCH = 64  # frames that wait for the end of the loop's iteration
_PONG = b"\x8a\x80"  # and a mask: the answer to our ping, which is empty
_PONG_SIZE = 6
_PING = Frame(Opcode.PING, b"").serialize(mask=False)
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close with RST, keep nothing in the kernel


def encode(message: bytes) -> bytes:
    """A text message (UTF-8) as one unmasked frame (RFC 6455, section 5.2)."""
    length = len(message)
    if length < 126:
        return b"\x81%c%b" % (length, message)
    if length < 65_536:
        return b"\x81\x7e%b%b" % (length.to_bytes(2, "big"), message)
    return b"\x81\x7f%b%b" % (length.to_bytes(8, "big"), message)


class Endpoint:
    """What the connections to one path of one server share: manager, watch, and one flush per loop iteration."""

    __slots__ = (
        "_frames",
        "_joined",
        "_waiting_threads",
        "compressor",
        "connections",
        "grace",
        "limits",
        "loop",
        "manager",
        "unflushed",
        "watch",
    )

    def __init__(
        self,
        manager: "ConnectionManager",
        loop: asyncio.AbstractEventLoop,
        watch: Watch,
        connections: "set[WebSocketTransport]",
        grace: float | None = None,
    ) -> None:
        self.manager, self.limits, self.loop, self.watch = manager, manager.limits, loop, watch
        self.connections = connections  # the server's own: it calls their `shutdown`
        self.grace = GRACE if grace is None else grace  # seconds that clients have to go when the server stops
        self.unflushed: list[WebSocketTransport] = []
        self._joined: tuple[list[bytes], bytes] = ([], b"")
        self._frames: dict[type[Frames], Frames] = {}
        self.compressor = Compressor(self.limits.compression_threshold, encode)
        self._waiting_threads = direct.waiting_threads()

    def lend(self, kind: type[Frames]) -> Frames:
        """A reader of frames that nobody uses."""
        return self._frames.pop(kind, None) or kind()

    def take_back(self, frames: Frames) -> None:
        """It is idle again."""
        self._frames[type(frames)] = frames

    def join(self, batch: list[bytes]) -> bytes:
        """One piece of several frames; the same one for all who were written the same."""
        if batch != self._joined[0]:
            self._joined = (batch, b"".join(batch))
        return self._joined[1]

    def flush_soon(self) -> None:
        """Flush, in the loop's next iteration, all that are in `unflushed` by then."""
        self.loop.call_soon(self._flush)

    def _flush(self) -> None:
        unflushed, self.unflushed = self.unflushed, []
        alone = direct.is_alone(self._waiting_threads)
        for transport in unflushed:
            transport.flush(alone)
        self._joined = ([], b"")


class _Message:
    """A message whose last fragment has not come yet. Over the limit only its size is kept."""

    __slots__ = ("fragments", "opcode", "parts", "size")

    def __init__(self, opcode: Opcode) -> None:
        self.opcode, self.fragments, self.size = opcode, 0, 0
        self.parts: list[bytearray] = []

    def add(self, data: bytearray, limit: int) -> None:
        self.fragments += 1
        self.size += len(data)
        if self.size > limit:
            self.parts.clear()
        else:
            self.parts.append(data)


class WebSocketTransport(asyncio.Protocol):
    """The `Transport` of `tidings.connection`, and the protocol of an asyncio transport whose upgrade was made.

    - What a connection is written during one loop iteration goes out in one system call. Several frames are joined,
      once for all connections that were written the same.
    - A client that does not read is not read from: what it has sent waits, at most one read of it.
    - A buffer above the high-water mark that makes no progress for `limits.stuck_timeout` is aborted, and so is a
      closing handshake that takes longer than `CLOSE_TIMEOUT`.
    """

    __slots__ = (
        "_batch",
        "_blocked",
        "_connection",
        "_deadline",
        "_descriptor",
        "_ended",
        "_endpoint",
        "_frames",
        "_held",
        "_message",
        "_queued",
        "_reading_paused",
        "_transport",
        "_unsent",
    )

    _reader: type[Frames] = Frames

    def __init__(self, transport: asyncio.Transport, endpoint: Endpoint) -> None:
        limits = endpoint.limits
        self._transport, self._endpoint = transport, endpoint
        self._connection: Connection | None = None
        self._frames: Frames | None = None  # none between two messages
        self._message: _Message | None = None
        self._descriptor = direct.descriptor(transport)
        self._queued = True  # the asyncio transport may hold something: of an HTTP answer before the upgrade, say
        self._batch: bytes | list[bytes] | None = None  # no list for one frame: mostly it is one
        self._held = b""  # received, not read
        self._blocked = False  # above the high-water mark
        self._reading_paused = False  # the connection's wish
        self._ended = False  # nothing is written or taken any more
        self._deadline = 0.0  # while under watch
        self._unsent = 0
        transport.set_write_buffer_limits(high=limits.write_buffer)
        _bound_kernel(transport, limits.send_buffer, limits.stuck_timeout)

    def open(self, handshake: "Handshake") -> None:
        """The upgrade was made: have the manager make the connection."""
        self._endpoint.connections.add(self)
        self._connection = connection = self._endpoint.manager.open(self, handshake)
        if self._blocked:
            connection.pause()

    # Write: what a connection asks of its transport.

    @property
    def encode(self) -> Encode:
        """Makes a frame of a message."""
        return encode

    def write(self, frame: bytes) -> None:
        """Queue a frame for the end of this loop iteration."""
        batch = self._batch
        if batch is None:
            if not self._ended:
                self._batch = frame
                unflushed = self._endpoint.unflushed
                if not unflushed:
                    self._endpoint.flush_soon()
                unflushed.append(self)
        elif type(batch) is list:
            batch.append(frame)
            if len(batch) == _BATCH:
                self.flush()
        else:
            self._batch = [cast(bytes, batch), frame]

    def flush(self, alone: bool = False) -> None:
        """Hand what was written to the socket; at once where no other thread runs. Calls back `pause_writing` where
        that is more than it takes.
        """
        batch, self._batch = self._batch, None
        if batch is None:
            return
        data = self._endpoint.join(batch) if type(batch) is list else cast(bytes, batch)
        if alone and self._descriptor is not None:
            if self._queued:
                self._queued = self._transport.get_write_buffer_size() > 0
            if not self._queued:
                data = direct.send(self._descriptor, data)
        if data:
            self._hand_over(data)

    def close(self, code: int, reason: str) -> None:
        """Send a close frame after what was written, and end when the client has answered it, or does not."""
        if self._ended:
            return
        frames = self._own_frames()
        if frames.state is State.OPEN:
            frames.send_close(code, close_reason(reason))
        self._end()
        self._write_output()

    def abort(self) -> None:
        """End at once; neither we nor the kernel keep anything of it."""
        self._end()
        self._batch = None
        if self in self._endpoint.connections:  # else the file descriptor may be another's by now
            sock = self._transport.get_extra_info("socket")
            if sock is not None:  # it is None where TLS has lost it and will tell us next
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            self._transport.abort()

    def ping(self) -> None:
        """Ask for a pong, which reaches the connection as `heard`."""
        self.write(_PING)

    def pause_reading(self) -> None:
        """Read nothing, until `resume_reading`."""
        self._reading_paused = True
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Read on, unless the client does not."""
        self._reading_paused = False
        self._read_on()

    # Read: what the asyncio transport calls.

    def data_received(self, data: bytes) -> None:
        """Read frames, a slice of bytes at a time, for as long as the client may be read from."""
        if len(data) == _PONG_SIZE and data.startswith(_PONG) and self._frames is None and self._may_read():
            if self._connection is not None:
                self._connection.heard()
            return
        frames, limit = self._own_frames(), self._endpoint.limits.message_size
        is_users = self._connection is not None and self._connection.user_id is not None
        frames.max_message_size = OVERSIZE * limit if is_users else limit
        for start in range(0, len(data), _SLICE):
            if not self._may_read():
                self._held += data[start:]
                break
            received = frames.receive(data[start : start + _SLICE])
            if frames.state is State.OPEN:
                self._write_output()  # pongs: a ping amid a message's fragments is answered before the message
            for frame in received:
                self._take(frame)
            self._write_output()
        if frames.idle:
            self._frames = None
            self._endpoint.take_back(frames)

    def eof_received(self) -> None:
        """The client has gone without a closing handshake. The asyncio transport closes itself."""
        self._lose()

    def pause_writing(self) -> None:
        """More than the high-water mark waits: the client does not read, so it is not read from, and watched."""
        self._blocked = True
        self._transport.pause_reading()
        if self._ended:
            return
        self._unsent = self._measure_unsent()
        self._deadline = self._endpoint.loop.time() + self._endpoint.limits.stuck_timeout
        self._endpoint.watch.add(self)
        if self._connection is not None:
            self._connection.pause()

    def resume_writing(self) -> None:
        """Less than the low-water mark waits."""
        self._blocked = False
        if not self._ended:
            self._endpoint.watch.discard(self)
            if self._connection is not None:
                self._connection.resume()
        self._read_on()

    def connection_lost(self, exc: Exception | None) -> None:
        """The socket is gone."""
        self._batch = None
        self._endpoint.connections.discard(self)
        self._lose()
        self._endpoint.watch.discard(self)
        if self._frames is not None:
            self._frames.parser.close()  # a generator that holds the object that holds it

    def shutdown(self) -> None:
        """The server stops (uvicorn calls this of each connection): have all of the manager's sent away."""
        self._endpoint.manager.drain(self._endpoint.grace)

    # What the watch calls.

    def check(self, now: float) -> None:
        """Abort a closing handshake that is overdue, or a client that has taken nothing for too long."""
        if not self._ended:
            unsent = self._measure_unsent()
            if unsent < self._unsent and self._connection is not None:
                self._connection.heard()
                self._deadline = now + self._endpoint.limits.stuck_timeout
            self._unsent = unsent
        if now + TICK > self._deadline:
            self.abort()

    # Inside.

    def _own_frames(self) -> Frames:
        if self._frames is None:
            self._frames = self._endpoint.lend(self._reader)
        return self._frames

    def _take(self, frame: Frame) -> None:
        """One frame, which `websockets` has checked."""
        connection = self._connection
        if self._ended or connection is None:
            return
        if frame.opcode is Opcode.PING or frame.opcode is Opcode.PONG:
            connection.heard()
        elif frame.opcode is not Opcode.CLOSE:
            self._take_data(connection, frame)

    def _take_data(self, connection: "Connection", frame: Frame) -> None:
        data, limit = cast(bytearray, frame.data), self._endpoint.limits.message_size
        message = self._message
        if message is None and frame.fin:
            self._deliver(connection, frame.opcode, data if len(data) <= limit else None)
            return
        if message is None:
            message = self._message = _Message(frame.opcode)
        message.add(data, limit)
        if frame.fin:
            self._message = None
            whole = b"".join(message.parts) if message.size <= limit else None
            self._deliver(connection, message.opcode, whole)
        elif message.fragments >= MAX_FRAGMENTS:
            self._fail(1008, f"more than {MAX_FRAGMENTS} fragments in a message")

    def _deliver(self, connection: "Connection", opcode: Opcode, data: bytes | bytearray | None) -> None:
        """Give the connection one whole message; None stands for one that was too large to keep."""
        if data is None:
            connection.receive_oversized()
        elif opcode is Opcode.BINARY:
            connection.receive_binary(bytes(data))
        else:
            try:
                text = data.decode()
            except UnicodeDecodeError as error:
                self._fail(1007, f"not UTF-8: {error.reason} at position {error.start}")
            else:
                connection.receive(text)

    def _fail(self, code: int, reason: str) -> None:
        """Fail the connection (RFC 6455, section 7.1.7). `_write_output` sends what `websockets` says of it."""
        self._own_frames().fail(code, reason)
        self._lose()

    def _write_output(self) -> None:
        """Write what the frame protocol answers: pongs, the close frame, the end of the stream."""
        frames = self._own_frames()
        output = frames.data_to_send()
        if not output:
            return
        self.flush()
        self._hand_over(b"".join(output))
        if output[-1] != SEND_EOF:
            return
        self._lose()
        # A peer that sent a good close frame has said all. From another one, bytes may be on their way: to close now
        # would reset the connection, and the reset may overtake our close frame.
        said_all = frames.close_rcvd is not None and frames.parser_exc is None
        if said_all or not self._transport.can_write_eof():
            self._transport.close()
        else:
            self._transport.write_eof()

    def _hand_over(self, data: bytes) -> None:
        """Have the asyncio transport write it, at once or when the socket takes more."""
        self._queued = True
        self._transport.write(data)

    def _end(self) -> None:
        """From now on nothing is written or taken; the rest has `CLOSE_TIMEOUT`."""
        if self._ended:
            return
        self._ended, self._message, self._held = True, None, b""
        self._descriptor = None  # what waits is the asyncio transport's to write or to drop; the number may be reused
        self._deadline = self._endpoint.loop.time() + CLOSE_TIMEOUT
        self._endpoint.watch.add(self)
        if self._reading_paused:
            self.resume_reading()

    def _lose(self) -> None:
        self._end()
        if self._connection is not None:
            frames = self._frames
            said = None if frames is None else frames.close_rcvd or frames.close_sent
            self._connection.lost(CloseCode.ABNORMAL if said is None else said.code)

    def _read_on(self) -> None:
        """Read what waits here, then from the socket, as far as may be."""
        if self._held and self._may_read():
            held, self._held = self._held, b""
            self.data_received(held)
        if self._may_read():
            self._transport.resume_reading()

    def _may_read(self) -> bool:
        return not (self._blocked or self._reading_paused)

    def _measure_unsent(self) -> int:
        return self._transport.get_write_buffer_size() + _kernel_queue(self._transport)


class CompressingTransport(WebSocketTransport):
    """The same, where permessage-deflate was agreed on (`tidings.transports.compression`)."""

    __slots__ = ()

    _reader = InflatingFrames

    @property
    def encode(self) -> Encode:
        """Makes a compressed frame of a message, where that pays."""
        return self._endpoint.compressor.encode


def _bound_kernel(transport: asyncio.Transport, send_buffer: int, stuck_timeout: float) -> None:
    """Have the kernel keep little for a client that does not read, and drop it where it can (TCP_USER_TIMEOUT, tcp(7)).

    TCP_NODELAY is set by the event loops.
    """
    sock = transport.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, send_buffer)
    if sys.platform == "linux" and sock.family in {socket.AF_INET, socket.AF_INET6}:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(stuck_timeout * 1_000))


if sys.platform == "linux":
    from fcntl import ioctl
    from termios import TIOCOUTQ

    def _kernel_queue(transport: asyncio.Transport) -> int:
        """Bytes that the kernel still holds (SIOCOUTQ, tcp(7)).

        It asks for more only when a good part of its buffer is free: a slow reader's progress shows here first.
        """
        sock = transport.get_extra_info("socket")
        return 0 if sock is None else int.from_bytes(ioctl(sock.fileno(), TIOCOUTQ, bytes(4)), sys.byteorder)

else:

    def _kernel_queue(transport: asyncio.Transport) -> int:
        """Not known here."""
        return 0
