"""The Transport contract: what carries messages to one client."""

from collections.abc import Callable
from typing import Any, Protocol

GRACE = 25.0
"""Seconds that clients have to go when a server stops that sets no time."""

Encode = Callable[[bytes], Any]
Write = Callable[[Any], None]


class Transport(Protocol):
    """Carries messages to one client. Every call is made on the event loop's thread and returns at once."""

    @property
    def encode(self) -> Encode:
        """Makes a frame of a message (JSON, UTF-8).

        The same function for all transports of a kind: its frames are shared.
        """
        ...

    @property
    def write(self) -> Write:
        """Queues a frame.

        Never raises. Calls the connection's `pause` where more than the high-water mark is waiting.
        """
        ...

    def close(self, code: int, reason: str) -> None:
        """Close after what was written; abort if that takes longer than a few seconds."""

    def abort(self) -> None:
        """End at once, with nothing flushed."""

    def ping(self) -> None:
        """Ask for a sign of life."""

    def pause_reading(self) -> None:
        """Take nothing from the client until `resume_reading`."""

    def resume_reading(self) -> None:
        """Read on."""
