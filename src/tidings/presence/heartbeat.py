"""The log in which nodes say that they live."""

from collections.abc import Callable

from tidings.broker import Broker
from tidings.presence.nodes import BEAT
from tidings.presence.speaking import Speaker
from tidings.protocol.presence import NODES, Alive


class Heartbeat:
    """Follows that log, and says in it every BEAT seconds that this node lives. Times are seconds of one clock."""

    def __init__(self, broker: Broker, speaker: Speaker) -> None:
        self._broker, self._speaker = broker, speaker
        self._since: float | None = None  # when it began to follow
        self._next = 0.0

    async def beat(self, clock: Callable[[], float]) -> None:
        """Follow, and say that this node lives if it is time to. Raises what the broker raises."""
        if self._since is None:
            await self._broker.follow(NODES)
            self._since = clock()
        if (now := clock()) >= self._next:
            await self._speaker.say(NODES, Alive(self._speaker.node))
            self._next = now + BEAT

    def beat_soon(self) -> None:
        """It is time to: this node has another name."""
        self._next = 0.0

    def settled(self, now: float) -> bool:
        """Whether it has followed for so long that every node that lives was heard."""
        return self._since is not None and now - self._since >= 2 * BEAT

    def stop(self) -> None:
        """Follow no longer."""
        if self._since is not None:
            self._broker.unfollow(NODES)
            self._since = None
