"""permessage-deflate (RFC 7692) for many: what is agreed on with a client, and one compressed frame for all of them.

No message refers to an earlier one, on either side. So a connection keeps no context, and a frame that was made for
one client is good for each.
"""

import zlib
from collections.abc import Sequence

from websockets.exceptions import NegotiationError
from websockets.extensions import Extension
from websockets.extensions.permessage_deflate import PerMessageDeflate, ServerPerMessageDeflateFactory
from websockets.typing import ExtensionParameter

from tidings.transport import Encode
from tidings.transports.frames import WINDOW

REMEMBERED = 4_194_304  # bytes of messages and of their frames

_MEMORY = 5  # zlib's memLevel: a compressor for a small window is made in a third of the time
_TAIL = b"\x00\x00\xff\xff"  # of what is flushed; left out (RFC 7692, section 7.2.1)


class SharedDeflate(ServerPerMessageDeflateFactory):
    """Takes a client's offer of permessage-deflate where the frames that are made for all are good for it."""

    def __init__(self) -> None:
        super().__init__(
            server_no_context_takeover=True, client_no_context_takeover=True, server_max_window_bits=WINDOW
        )

    def process_request_params(
        self, params: Sequence[ExtensionParameter], accepted_extensions: Sequence[Extension]
    ) -> tuple[list[ExtensionParameter], PerMessageDeflate]:
        """The answer to an offer. Raises NegotiationError for one that is declined."""
        answer, extension = super().process_request_params(params, accepted_extensions)
        if extension.local_max_window_bits < WINDOW:
            raise NegotiationError(f"frames are compressed with a window of {WINDOW} bits")
        return answer, extension


class Compressor:
    """Makes frames for clients that take compressed ones: of a message below `threshold` bytes, and of one that does
    not get smaller, the plain one.

    The frames that were made last are remembered, at most `REMEMBERED` bytes with their messages: for clients that
    come to them by themselves, as in a replay.
    """

    __slots__ = ("_frames", "_plain", "_size", "_threshold", "encode")

    def __init__(self, threshold: int, plain: Encode) -> None:
        self._threshold, self._plain = threshold, plain
        self._frames: dict[bytes, bytes] = {}
        self._size = 0
        self.encode: Encode = self._encode
        """The same object at each look: by it, an audience knows who takes the same frames."""

    def _encode(self, message: bytes) -> bytes:
        if len(message) < self._threshold:
            return bytes(self._plain(message))
        frame = self._frames.get(message)
        if frame is None:
            frame = self._shorter(message)
            self._remember(message, frame)
        return frame

    def _shorter(self, message: bytes) -> bytes:
        data = deflated(message)
        if len(data) >= len(message):
            return bytes(self._plain(message))
        return b"\xc1" + bytes(self._plain(data))[1:]  # RSV1 says that it is compressed (RFC 7692, section 6)

    def _remember(self, message: bytes, frame: bytes) -> None:
        self._frames[message] = frame
        self._size += len(message) + len(frame)
        while self._size > REMEMBERED:
            oldest = next(iter(self._frames))
            self._size -= len(oldest) + len(self._frames.pop(oldest))


def deflated(message: bytes) -> bytes:
    """The payload of a message's compressed frame (RFC 7692, section 7.2.1)."""
    deflate = zlib.compressobj(wbits=-WINDOW, memLevel=_MEMORY)
    return (deflate.compress(message) + deflate.flush(zlib.Z_SYNC_FLUSH)).removesuffix(_TAIL)
