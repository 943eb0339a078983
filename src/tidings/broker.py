"""The Broker contract: one log per channel, and a wake-up between processes."""

import time
from abc import ABC, abstractmethod
from typing import ClassVar, Protocol

from tidings.protocol.events import Draft
from tidings.protocol.log import Entry, Position


class Listener(Protocol):
    """A manager's side of a broker. Called on the event loop of whoever follows; returns at once and never raises."""

    def deliver(self, channel: str, entry: Entry) -> None:
        """The next entry of a channel's log."""

    def reset(self, channel: str, position: Position) -> None:
        """The channel's log goes on from this position.

        What lay between the entry delivered last and here is gone, or the numbering of it was given up.
        """


class Broker(ABC):
    """Keeps each channel's log, alone gives its offsets, and tells every attached manager of what was appended.

    Duties of an implementation:

    - Offsets of a channel are dense from 1 under one epoch; when a log's numbering is lost, the epoch changes with
      it.
    - `append` is idempotent by channel and id while the log holds the event.
    - After `follow(channel)` has returned a top, `deliver(channel, entry)` is called on the loop of the follower for
      every later entry, in order of offsets, each once, until `unfollow`; or `reset(channel, position)`, after which
      it goes on from that position. Both may be called for channels that nobody follows.
    - History is bounded per channel and in all. `since` never skips: what it cannot cover it refuses.
    - No call waits without bound: where the log's server does not answer in time, it raises.
    """

    multiprocess: ClassVar[bool]
    """Whether several processes that each have such a broker share their logs."""

    lacks: ClassVar[str]
    """What the choice of this broker goes without, for the log line at start; empty where nothing."""

    @abstractmethod
    def attach(self, listener: Listener) -> None:
        """Have the listener told of what is appended."""

    @abstractmethod
    async def append(self, channel: str, draft: Draft) -> Entry:
        """The entry of the event, appended now or, with this id, before."""

    @abstractmethod
    async def since(self, channel: str, position: Position, limit: int) -> list[Entry] | None:
        """At most `limit` entries after the position, oldest first; None where the log does not cover the position."""

    @abstractmethod
    async def follow(self, channel: str) -> Position:
        """From the returned top on, deliver this channel's entries."""

    @abstractmethod
    def unfollow(self, channel: str) -> None:
        """This channel's entries are no longer needed here.

        Each `follow` is undone by one `unfollow`, which returns at once.
        """

    @abstractmethod
    async def beginning(self, channel: str) -> Position:
        """Where the channel's history begins: before the oldest entry that `since` gives."""

    @abstractmethod
    async def refresh(self, *channels: str) -> None:
        """Deliver what the logs of these followed channels have now and was not delivered here.

        Raises where one cannot be read, within the same bounded time as any call.
        """

    def now(self) -> float:
        """Seconds by the clock that `Entry.at` is of."""
        return time.time()

    async def server_time(self) -> float | None:
        """Seconds since 1970 by the clock of the log's server; None where it goes by this machine's. Raises where the
        server does not answer."""
        return None

    async def behind(self) -> int:
        """How many events the followed channels' logs hold that were not delivered here. Raises where they cannot be
        read.
        """
        return 0

    @property
    def dropped(self) -> int:
        """How many messages came on the channels of this broker that were no events, and were dropped."""
        return 0

    async def check(self) -> None:  # noqa: B027
        """Raise what would keep this broker from ever working, such as a database that was not migrated.

        Called once before a server takes connections. What may pass, such as a database that is not up yet, is no
        reason not to start.
        """

    @property
    def in_use(self) -> bool:
        """Whether channels are followed here: another manager may share this broker with one that stops."""
        return False

    async def close(self) -> None:  # noqa: B027
        """Release what is held of this event loop: tasks, connections. A broker that is used again starts again."""
