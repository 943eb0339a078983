"""What a server must still have after it was away."""

import threading
from collections import OrderedDict

from tidings.brokers.redis.logs import Logs
from tidings.protocol.log import Position

_CHANNELS = 10_000  # whose last append is remembered
_AT_ONCE = 500  # of them that are asked about


class Remembered:
    """What this process was last told of the channels that it appended to: its word that this was in the log.

    A server that comes back without it, after a crash or as another's stand-in, has lost what was acknowledged; nobody
    else may have seen that. `doubt` says that the server may be such a one; then `verify` finds out, and gives the logs
    concerned another epoch, so that their readers learn of it.
    """

    def __init__(self) -> None:
        self._last: OrderedDict[str, Position] = OrderedDict()
        self._lock = threading.Lock()  # several loops may append
        self._doubted = False

    @property
    def doubted(self) -> bool:
        """Whether `verify` has something to find out."""
        return self._doubted

    def doubt(self) -> None:
        """Another server may be there than before."""
        self._doubted = True

    def appended(self, channel: str, position: Position) -> None:
        """The log of a channel has this position."""
        with self._lock:
            known = self._last.get(channel)
            if known is None or known.epoch != position.epoch or known.offset < position.offset:
                self._last[channel] = position
                self._last.move_to_end(channel)
                if len(self._last) > _CHANNELS:
                    self._last.popitem(last=False)

    async def verify(self, logs: Logs) -> None:
        """Where there is doubt, renumber the logs that lack what they had. Raises what the driver raises."""
        if not self._doubted:
            return
        self._doubted = False
        try:
            with self._lock:
                places = list(self._last.items())
            for first in range(0, len(places), _AT_ONCE):
                some = places[first : first + _AT_ONCE]
                for (name, seen), top in zip(some, await logs.renumber(some), strict=True):
                    if top.epoch != seen.epoch:
                        self.appended(name, top)
        except BaseException:
            self._doubted = True
            raise
