"""Reading one connection's frames (RFC 6455), compressed ones too (RFC 7692), with `websockets`' sans-I/O Protocol."""

import logging
from collections.abc import Sequence
from typing import cast

from websockets.extensions.permessage_deflate import PerMessageDeflate
from websockets.frames import Frame
from websockets.protocol import Protocol, Side, State

WINDOW = 12
"""Bits of the window that is compressed with (RFC 7692, section 7.1.2.1): JSON repeats itself within 4 KB."""

# `websockets` shows tokens at DEBUG (the request line, `auth` messages), and writes two lines per connection at INFO.
quiet = logging.getLogger("tidings.transports.frames")
quiet.setLevel(logging.WARNING)


class Frames(Protocol):
    """`websockets`' reader of one connection's frames. It is the connection's own only from the first byte of a frame
    to the last of a message, and while the connection closes: a fifth of what a connection would hold otherwise.
    """

    def __init__(self) -> None:
        super().__init__(Side.SERVER, state=State.OPEN, logger=quiet)
        self._begun = 0  # bytes received of a frame that is not whole yet

    def receive(self, data: bytes) -> list[Frame]:
        """The frames that these bytes complete."""
        self.receive_data(data)
        frames = cast(list[Frame], self.events_received())
        self._begun += len(data) - self._measure(frames)
        return frames

    @property
    def idle(self) -> bool:
        """Whether nothing is begun, so that the next frame may be any connection's."""
        return not self._begun and self.current_size is None and self.state is State.OPEN

    def _measure(self, frames: Sequence[Frame]) -> int:
        """Bytes that were received of these frames."""
        return sum(map(_size, frames))


class InflatingFrames(Frames):
    """The same, where the client may compress messages, each for itself: so it, too, may be any connection's."""

    def __init__(self) -> None:
        super().__init__()
        self._inflation = _Inflation()
        self.extensions = [self._inflation]

    def _measure(self, frames: Sequence[Frame]) -> int:
        return self._inflation.take_size()


class _Inflation(PerMessageDeflate):
    """Inflates within the limit of a message's size, and counts the bytes of frames as they came."""

    def __init__(self) -> None:
        super().__init__(
            remote_no_context_takeover=True,
            local_no_context_takeover=True,
            remote_max_window_bits=15,
            local_max_window_bits=WINDOW,
        )
        self._counted = 0

    def take_size(self) -> int:
        """What was counted since it was asked last."""
        counted, self._counted = self._counted, 0
        return counted

    def decode(self, frame: Frame, *, max_size: int | None = None) -> Frame:
        """One frame. Raises ProtocolError, PayloadTooBig."""
        self._counted += _size(frame)
        # To zlib a limit of 0 is none: a message that is full already could go on without end.
        return super().decode(frame, max_size=1 if max_size == 0 else max_size)


def _size(frame: Frame) -> int:
    """Bytes of a client's frame (RFC 6455, section 5.2). A sender may have used more for the length, never fewer."""
    length = len(frame.data)
    return length + (6 if length < 126 else 8 if length < 65_536 else 14)
