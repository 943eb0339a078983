"""What this node says in the presence logs: its users, and which other nodes are gone."""

from collections.abc import Callable, Iterable, Sequence

import msgspec

from tidings.broker import Broker
from tidings.presence.channel import ChannelPresence
from tidings.presence.telling import pieces
from tidings.protocol.events import Draft
from tidings.protocol.messages import timestamp
from tidings.protocol.presence import Changed, Message, NodeLeft, Present


class Speaker:
    """Appends to the logs under the name of this node. All methods raise what the broker raises; what was not said is
    said at the next call.
    """

    def __init__(self, broker: Broker, *, size: int, clock: Callable[[], float], ids: Callable[[], str]) -> None:
        self._broker, self._size = broker, size
        self._clock, self._ids = clock, ids
        self.node = ids()

    async def say(self, name: str, message: Message, id: str | None = None) -> None:
        """Append a message to a log."""
        payload = msgspec.json.encode(message)
        await self._broker.append(name, Draft(message.type, payload, timestamp(self._clock()), id or self._ids()))

    async def speak(self, channel: ChannelPresence, leaving: Iterable[str]) -> None:
        """Say what is here, or what of it has changed, and who of the `leaving` nodes' users has come here."""
        while channel.former:
            await self.say(channel.log, Changed(channel.former[0], [], full=True))
            del channel.former[0]
        if channel.answering and not channel.attendance.unused:
            await self._say_everyone(channel)
        elif channel.attendance.changed:
            await self._say_changes(channel)
        for node in leaving:
            if users := channel.returned(node):
                await self._say_users(channel, node, users)

    async def declare_gone(self, channel: ChannelPresence, node: str) -> None:
        """Say that another node is gone. Several may: the log takes it once."""
        if node in channel.forgotten:  # it spoke once more after that
            await self.say(channel.log, Changed(node, [], full=True))
        else:
            await self.say(channel.log, NodeLeft(node), id=f"gone:{node}")

    async def _say_everyone(self, channel: ChannelPresence) -> None:
        channel.answering = False
        users = channel.attendance.everyone()
        try:
            await self._say_users(channel, self.node, users, full=True)
        except BaseException:
            channel.answering = True
            raise
        channel.attendance.confirm(users, full=True)

    async def _say_changes(self, channel: ChannelPresence) -> None:
        users = channel.attendance.changes()
        try:
            if users:
                await self._say_users(channel, self.node, users)
        except BaseException:
            channel.attendance.mark(users)
            raise
        channel.attendance.confirm(users)

    async def _say_users(
        self, channel: ChannelPresence, node: str, users: Sequence[Present], *, full: bool = False
    ) -> None:
        parts = list(pieces(users, self._size))
        for index, part in enumerate(parts):
            last = index == len(parts) - 1
            await self.say(channel.log, Changed(node, part, full=full and index == 0, more=full and not last))
