"""What is announced of the channels that are followed here, on its way to their readers."""

import asyncio
import logging
from typing import Protocol

from tidings.brokers.redis.stored import Unreadable, announcement, entry, unpacked
from tidings.protocol.log import Entry, Position

log = logging.getLogger("tidings")

_SAY_AGAIN = 60.0  # seconds between two log lines about messages that are none of ours


class Delivering(Protocol):
    """The tails that announcements are for."""

    def top(self, name: str) -> Position | None: ...
    def committed(self, name: str, entry: Entry, after: Position | None) -> None: ...
    def wake(self, name: str | None) -> None: ...


class Announcements:
    """Delivers an event that comes next as it came; any other tells that there is something to read.

    What is no announcement of ours is dropped: `dropped` counts it, and a line in the log says so once a minute.
    """

    def __init__(self, tails: Delivering) -> None:
        self._tails = tails
        self.dropped = 0
        self._said, self._said_at = 0, -_SAY_AGAIN

    def hear(self, channel: str, message: bytes) -> None:
        """A message came for a channel that is followed here."""
        try:
            epoch, offset, id, before, at, event = announcement(message)
            top = self._tails.top(channel)
            if top is not None and top[0] == epoch:
                if top[1] >= offset:
                    return  # this process appended it, or has read it
                if event and top == (epoch, offset - 1, before):
                    position = Position(epoch, offset, id)
                    self._tails.committed(channel, entry(channel, position, unpacked(event), at), top)
                    return
            self._tails.wake(channel)
        except Unreadable as reason:
            self._drop(channel, reason)

    def _drop(self, channel: str, reason: Unreadable) -> None:
        self.dropped += 1
        now = asyncio.get_running_loop().time()
        if now - self._said_at >= _SAY_AGAIN:
            count, self._said, self._said_at = self.dropped - self._said, self.dropped, now
            log.warning(
                "%d messages that are no events were dropped; one was on the channel of %s: %s", count, channel, reason
            )
