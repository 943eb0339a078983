"""One channel's bounded, numbered history (spec/protocol.md, section 7)."""

from collections import deque
from collections.abc import Iterable
from itertools import islice
from typing import NamedTuple

import msgspec

from tidings.protocol.events import Draft

_ENTRY_OVERHEAD = 300  # what an entry costs beside its message, roughly, so that a bound in bytes bounds memory


class Position(NamedTuple):
    """Where a reader is in a log: after the event `id` at `offset` of the log `epoch`. Offset 0 has the empty id."""

    epoch: str
    offset: int
    id: str

    def document(self) -> dict[str, str | int]:
        """The position as it stands in messages."""
        return self._asdict()


class Entry(NamedTuple):
    """One event in a log: its position, its whole message as JSON, and when it was appended (seconds of a clock)."""

    position: Position
    message: bytes
    key: str | None
    at: float

    @property
    def size(self) -> int:
        """Bytes of memory that the entry is counted with."""
        return len(self.message) + _ENTRY_OVERHEAD

    def covering(self, after: int) -> bytes:
        """The message as it stands for all offsets above `after` up to its own."""
        if after + 1 == self.position.offset:
            return self.message
        return b'%b,"after":%d}' % (self.message.removesuffix(b"}"), after)


def latest_per_key(entries: Iterable[Entry]) -> list[Entry]:
    """The last entry of each key, in order of offsets: what is left to tell of entities that have changed since.

    Every entry must have a key.
    """
    latest: dict[str | None, Entry] = {}
    for entry in entries:
        latest.pop(entry.key, None)
        latest[entry.key] = entry
    return list(latest.values())


class _EventMessage(msgspec.Struct, omit_defaults=True):
    type: str
    payload: msgspec.Raw
    timestamp: str
    id: str
    channel: str
    epoch: str
    offset: int
    key: str | None = None
    version: int | None = None
    traceparent: str | None = None


_encoder = msgspec.json.Encoder()


def event_message(channel: str, position: Position, draft: Draft) -> bytes:
    """A channel event's message as JSON (spec/protocol.md, section 2)."""
    return _encoder.encode(
        _EventMessage(
            type=draft.type,
            payload=msgspec.Raw(draft.payload),
            timestamp=draft.timestamp,
            id=draft.id,
            channel=channel,
            epoch=position.epoch,
            offset=position.offset,
            key=draft.key,
            version=draft.version,
            traceparent=draft.traceparent,
        )
    )


class Log:
    """A channel's events under one epoch, numbered densely after `start`; the oldest go when a bound is passed.

    `append` is idempotent by id while the event is held. The epoch and the top outlive what is trimmed; `start` is the
    position that the oldest event held follows.
    """

    __slots__ = ("_by_id", "_entries", "channel", "size", "start", "top")

    def __init__(self, channel: str, start: Position) -> None:
        self.channel = channel
        self.top = self.start = start
        self.size = 0
        self._entries: deque[Entry] | None = None  # none until the first event: most logs of most users stay empty
        self._by_id: dict[str, Entry] | None = None

    def __len__(self) -> int:
        return len(self._entries) if self._entries else 0

    def append(self, draft: Draft, now: float) -> tuple[Entry, bool]:
        """The event's entry, and whether it is new: an id that is still held is not appended again."""
        if self._by_id is not None and (known := self._by_id.get(draft.id)) is not None:
            return known, False
        epoch, offset, _ = self.top
        position = Position(epoch, offset + 1, draft.id)
        entry = Entry(position, event_message(self.channel, position, draft), draft.key, now)
        self._hold(entry)
        return entry, True

    def add(self, entry: Entry) -> None:
        """Hold an event that was numbered elsewhere. Raises ValueError unless it is the next."""
        epoch, offset, _ = entry.position
        if epoch != self.top.epoch or offset != self.top.offset + 1:
            raise ValueError(f"{entry.position} does not follow {self.top} in the log of {self.channel}")
        self._hold(entry)

    def covers(self, position: Position) -> bool:
        """Whether everything after this position is held, and the position is one of this log."""
        epoch, offset, id = position
        if epoch != self.top.epoch or not self.start.offset <= offset <= self.top.offset:
            return False
        return self._id_at(offset) == id

    def since(self, position: Position, limit: int) -> list[Entry] | None:
        """At most `limit` events after the position, oldest first; None where the log does not cover it."""
        if not self.covers(position):
            return None
        first = position.offset - self.start.offset
        return list(islice(self._entries or (), first, first + limit))

    def trim(self, *, events: int, size: int, before: float) -> None:
        """Drop the oldest until at most `events` and `size` bytes are held, and none from before that time."""
        held = self._entries
        while held and (len(held) > events or self.size > size or held[0].at < before):
            self.drop_oldest()

    def drop_oldest(self) -> Entry:
        """Take the oldest event out. Raises IndexError on a log that holds none."""
        if not self._entries or self._by_id is None:
            raise IndexError(f"the log of {self.channel} holds nothing")
        entry = self._entries.popleft()
        del self._by_id[entry.position.id]
        self.start = entry.position
        self.size -= entry.size
        return entry

    def _hold(self, entry: Entry) -> None:
        position, message, _, _ = entry
        if self._entries is None or self._by_id is None:
            self._entries, self._by_id = deque(), {}
        self._entries.append(entry)
        self._by_id[position.id] = entry
        self.top = position
        self.size += len(message) + _ENTRY_OVERHEAD

    def _id_at(self, offset: int) -> str:
        if offset == self.start.offset or self._entries is None:
            return self.start.id
        return self._entries[offset - self.start.offset - 1].position.id
