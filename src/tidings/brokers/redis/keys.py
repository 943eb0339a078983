"""The names that logs have in Redis."""

import zlib
from collections.abc import Sequence
from functools import lru_cache

_KNOWN = 1_000  # channels whose keys are not put together again


class Keys:
    """Names keys by channel. A channel's name stands last and as it is: keys are bytes, so nothing in it can be taken
    for anything else, and what decides the slot in a cluster is the number in braces before it.

    Raises ValueError for a prefix with braces, or without a character.
    """

    def __init__(self, prefix: str, partitions: int) -> None:
        if not prefix or not prefix.isprintable() or set(prefix) & set("{}"):
            raise ValueError(f"RedisBroker(prefix={prefix!r}): write at least one printable character, and no braces")
        self._prefix, self._partitions = prefix, partitions
        self._epochs = [f"{prefix}{{{number}}}:epoch" for number in range(partitions)]
        self.of_append = lru_cache(_KNOWN)(self._of_append)
        self.of_read = lru_cache(_KNOWN)(self._of_read)

    def partition(self, channel: str) -> int:
        """The group of channels that this one is in, all in one slot of a cluster."""
        return zlib.crc32(channel.encode()) % self._partitions

    def epoch(self, channel: str) -> str:
        """Of the channel's partition: the epoch of its logs that begin now."""
        return self._epochs[self.partition(channel)]

    def epochs(self) -> list[str]:
        """Those of all partitions."""
        return self._epochs

    def top(self, channel: str) -> str:
        """A hash: where the log ends and begins, and its bytes. It outlives the log."""
        return self._key("top", channel)

    def log(self, channel: str) -> str:
        """A stream of events whose ids are their offsets; also where they are announced."""
        return self._key("log", channel)

    def ids(self, channel: str) -> str:
        """A hash: the offset of each id in the log."""
        return self._key("ids", channel)

    def _of_append(self, channel: str) -> Sequence[str]:
        """The keys of a channel that an append or a renumbering may write."""
        return [self.epoch(channel), self.top(channel), self.log(channel), self.ids(channel)]

    def _of_read(self, channel: str) -> Sequence[str]:
        """The keys of a channel that a reading of its log may read."""
        return [self.top(channel), self.log(channel), self.epoch(channel)]

    def _key(self, kind: str, channel: str) -> str:
        return f"{self._prefix}{{{self.partition(channel)}}}:{kind}:{channel}"
