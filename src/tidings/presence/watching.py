"""Those who are to be told the whole roster: once it is known, and as fast as they read."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from tidings.audience import Audience
from tidings.presence.channel import ChannelPresence
from tidings.presence.telling import Telling
from tidings.protocol.messages import WSEventType


class Member(Protocol):
    """What presence needs of a connection."""

    id: str
    user_id: str | None
    paused: bool
    expelled: bool

    @property
    def audiences(self) -> Mapping[str, Audience]: ...
    @property
    def closed(self) -> bool: ...
    def send(self, message: bytes) -> None: ...


class Watchers:
    """Connections that have not been told all yet, each with how far it was."""

    def __init__(self, compose: Callable[[str, Any], bytes], size: int) -> None:
        self._compose, self._size = compose, size
        self._untold: dict[tuple[Member, str], Telling | None] = {}

    def add(self, member: Member, log: str) -> None:
        """Tell the connection the roster of this presence log, from its beginning."""
        self._untold[(member, log)] = None

    def discard(self, member: Member, log: str) -> None:
        """It no longer wants to know."""
        self._untold.pop((member, log), None)

    def clear(self) -> None:
        """Nobody does."""
        self._untold.clear()

    def tell(self, channels: Mapping[str, ChannelPresence]) -> None:
        """Write what is known to those who read."""
        for (member, log), telling in list(self._untold.items()):
            channel = channels.get(log)
            if channel is None or member.closed or log not in member.audiences:
                del self._untold[(member, log)]
            elif channel.roster.ready and not (member.paused or member.audiences[log].held):
                self._write(member, channel, telling)

    def _write(self, member: Member, channel: ChannelPresence, telling: Telling | None) -> None:
        if telling is None and channel.whole is not None:
            member.send(channel.whole)
            del self._untold[(member, channel.log)]
            return
        telling = telling or Telling(channel.roster, channel.log, self._size)
        self._untold[(member, channel.log)] = telling
        while not (telling.done or member.paused or member.closed):
            part = telling.part()
            message = self._compose(WSEventType.PRESENCE_STATE, part)
            if part.part == 0 and not part.more:
                channel.whole = message
            member.send(message)
        if telling.done:
            self._untold.pop((member, channel.log), None)
