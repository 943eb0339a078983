"""This node's part in presence: it says who is on which channel here, and knows what the others say."""

import asyncio
import logging
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from tidings.broker import Broker
from tidings.presence.channel import ChannelPresence
from tidings.presence.heartbeat import Heartbeat
from tidings.presence.nodes import Nodes
from tidings.presence.rounds import Rounds, failures
from tidings.presence.speaking import Speaker
from tidings.presence.watching import Member, Watchers
from tidings.protocol.channels import Channel
from tidings.protocol.limits import Limits
from tidings.protocol.log import Entry, Position
from tidings.protocol.presence import (
    MAX_USERS,
    NODES,
    Alive,
    Asked,
    Changed,
    Leaving,
    Message,
    NodeLeft,
    Present,
    channel_of,
    presence_log,
    read,
)

log = logging.getLogger("tidings")

BATCH = 0.2  # seconds between two messages of this node about one channel
ANSWERS = 1.0  # seconds for which the answers of other nodes are waited for
RETRY = 1.0  # seconds after which what failed is tried again
REST = 10.0  # seconds for which a presence log that nobody needs is still followed
READING = 5.0  # seconds after which a roster that cannot be read is given up
_EARLY = 0.001  # seconds by which a timer may come before its time, as the loop's clock counts


class Presence:
    """Follows the presence log of each channel that somebody here is on or watches (spec/protocol.md, section 9).

    The hub says who enters and leaves. Nothing waits for the broker: what is to be said is said with the next batch,
    and what could not be, with a later one.
    """

    def __init__(
        self,
        broker: Broker,
        *,
        declared: Callable[[str], Channel[Any] | None],
        compose: Callable[[str, Any], bytes],
        limits: Limits,
        clock: Callable[[], float],
        ids: Callable[[], str],
    ) -> None:
        self._broker, self._ids = broker, ids
        self.declared = declared
        self._grace = limits.presence_grace
        self.metadata_size = limits.presence_metadata
        self._speaker = Speaker(broker, size=limits.message_size, clock=clock, ids=ids)
        self._watchers = Watchers(compose, limits.message_size)
        self._channels: dict[str, ChannelPresence] = {}  # by the names of their logs
        self.dropped = 0  # entries of presence logs that no node has written
        self._clear()
        broker.attach(self)

    def _clear(self) -> None:
        self._nodes = Nodes(self._grace)
        self._heartbeat = Heartbeat(self._broker, self._speaker)
        self._rounds = Rounds(self._round, needed=lambda: bool(self._channels), ended=self._heartbeat.stop)
        self._opening: dict[str, None] = {}  # logs that are not followed, or not asked, yet
        self._dirty: dict[str, None] = {}
        self._unready: dict[str, None] = {}
        self._resting: OrderedDict[str, float] = OrderedDict()  # logs that nobody needs, and since when
        self._ended: deque[tuple[float, str, str, str]] = deque()  # places that are kept: until, log, user, connection
        self._watchers.clear()

    @property
    def node(self) -> str:
        """What this node is called now."""
        return self._speaker.node

    # What the hub says.

    def entered(self, member: Member, name: str, position: Position | None) -> None:
        """A connection has entered a channel; in a presence log, from a position that the log covers, if any."""
        if channel_of(name) is not None:
            channel = self._use(name)
            channel.watchers.add(member.id)
            if position is None or not _knows(channel.followed, position):
                self.watch(member, name)
        elif self.declared(name) is not None and member.user_id is not None:
            channel = self._use(presence_log(name))
            channel.attendance.enter(member.user_id, member.id)
            self._dirty[channel.log] = None

    def left(self, member: Member, name: str) -> None:
        """A connection has left a channel, or has ended: then its user may come back for a while."""
        if channel_of(name) is not None:
            if (channel := self._channels.get(name)) is not None:
                channel.watchers.discard(member.id)
                self._watchers.discard(member, name)
                self._rest(channel)
        elif (channel := self._channels.get(presence_log(name))) is not None and member.user_id is not None:
            until = self._now() + self._grace if member.closed and not member.expelled else None
            channel.attendance.leave(member.user_id, member.id, until)
            if until is None:
                self._dirty[channel.log] = None
            else:
                self._ended.append((until, channel.log, member.user_id, member.id))

    def update(self, member: Member, name: str, metadata: dict[str, Any] | None) -> None:
        """A connection that is on the channel says what it does there."""
        channel = self._channels[presence_log(name)]
        channel.attendance.update(str(member.user_id), member.id, metadata)
        self._dirty[channel.log] = None

    def watch(self, member: Member, name: str) -> None:
        """Tell a connection the whole roster of a presence log, once it is known and the connection reads."""
        if name in self._channels:
            self._watchers.add(member, name)
            asyncio.get_running_loop().call_soon(self._watchers.tell, self._channels)

    def forget(self, user_id: str, name: str | None = None) -> None:
        """The user's right to a channel (to all) was withdrawn: keep no place for connections that have ended."""
        logs = self._channels.keys() if name is None else [presence_log(name)]
        for channel in filter(None, map(self._channels.get, logs)):
            channel.attendance.release(user_id)
            if channel.attendance.changed:
                self._dirty[channel.log] = None

    async def users(self, name: str) -> list[Present]:
        """Who is on a channel, on all nodes. Raises TimeoutError where its presence log cannot be read."""
        channel = self._use(presence_log(name))
        channel.holds += 1
        try:
            async with asyncio.timeout(READING):
                await channel.known.wait()
            return channel.roster.users()
        finally:
            channel.holds -= 1
            self._rest(channel)

    def begin(self) -> None:
        """Forget all: connections are to live on the running loop. From now on this is another node."""
        for channel in self._channels.values():
            if channel.followed is not None:
                self._broker.unfollow(channel.log)
        self._heartbeat.stop()
        self._channels.clear()
        self._clear()
        self._speaker.node = self._ids()

    async def end(self) -> None:
        """Tell the others that this node stops. They keep its users for a while, who may come back to them."""
        if not await self._rounds.stop():
            return
        if any(not channel.attendance.unused for channel in self._channels.values()):
            try:
                await self._speaker.say(NODES, Leaving(self.node))
            except Exception as error:  # noqa: BLE001
                log.warning("presence: other processes were not told that this one stops: %s", error)
        self.begin()

    # What the broker says.

    def deliver(self, name: str, entry: Entry) -> None:
        """An entry was appended: to a presence log, perhaps, or by a node about itself."""
        channel = self._channels.get(name)
        if channel is None and name != NODES:
            return
        try:
            envelope = msgspec.json.decode(entry.message, type=_Envelope)
            message = read(envelope.type, envelope.payload)
        except msgspec.MsgspecError as error:
            if not self.dropped:
                log.warning("presence: what is at %s of %s is no message of a node: %s", entry.position[1], name, error)
            self.dropped += 1
            return
        if channel is None:
            self._hear(message)
        elif message is not None:
            self._follow(channel, message)

    def reset(self, name: str, position: Position) -> None:
        """A presence log goes on from here: say and ask everything again."""
        channel = self._channels.get(name)
        if channel is not None and channel.followed is not None:
            channel.begin(position)
            self._open_soon(channel)

    def _hear(self, message: Message | None) -> None:
        match message:
            case Alive(node=node) if node == self.node:
                self._nodes.hear_self(self._now())
            case Alive(node=node):
                self._nodes.hear(node, self._now())
            case Leaving(node=node) if node != self.node:
                self._nodes.leave(node, self._now())
                for channel in self._channels.values():
                    if node in channel.roster.nodes:
                        self._dirty[channel.log] = None

    def _follow(self, channel: ChannelPresence, message: Message) -> None:
        channel.roster.apply(message)
        channel.whole = None
        match message:
            case NodeLeft(node=node) if node == self.node:
                self._return()
            case NodeLeft(node=node):
                channel.forget(node)
            case Asked(node=node) if node != self.node:
                self._nodes.hear(node, self._now())
                if not channel.attendance.unused:
                    channel.answering = True
                    self._dirty[channel.log] = None
            case Changed(node=node) if node != self.node:
                self._nodes.hear(node, self._now())
                channel.hear(message)
                for user in message.users:
                    if user.connections:  # came back there
                        self._release(channel, user.user_id)

    def _release(self, channel: ChannelPresence, user_id: str) -> None:
        channel.attendance.release(user_id)
        if channel.attendance.changed:
            self._dirty[channel.log] = None

    def _return(self) -> None:
        """Others took this node for gone: it was held up. Come back as another."""
        log.warning("presence: this process was held up for so long that others took it for gone; it comes back")
        old, self._speaker.node = self.node, self._ids()
        self._heartbeat.beat_soon()
        for channel in self._channels.values():
            if channel.followed is not None:
                channel.answering = True
                channel.former.append(old)
                self._dirty[channel.log] = None

    # The batches.

    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    def _use(self, name: str) -> ChannelPresence:
        channel = self._channels.get(name)
        if channel is None:
            channel = self._channels[name] = ChannelPresence(str(channel_of(name)))
            self._open_soon(channel)
        self._resting.pop(name, None)
        self._rounds.start()
        return channel

    def _open_soon(self, channel: ChannelPresence) -> None:
        self._opening[channel.log] = None
        self._rounds.wake()

    def _rest(self, channel: ChannelPresence) -> None:
        if channel.unused and self._channels.get(channel.log) is channel:
            self._resting.setdefault(channel.log, self._now())

    async def _round(self) -> list[Exception]:
        """Open what is new, and once in a batch's time say what there is to say; returns what failed."""
        errors = await self._each(self._opening, self._open)
        now = self._now()
        if now + _EARLY < self._rounds.due:
            return errors
        self._expire(now)
        errors += await self._each(self._dirty, self._speak)
        if self._broker.multiprocess:
            errors += await self._attempt(self._heartbeat.beat(self._now))
        errors += await self._attempt(self._declare())
        self._conclude()
        self._watchers.tell(self._channels)
        self._close()
        self._rounds.due = self._now() + (RETRY if errors else BATCH)
        return errors

    async def _each(
        self, names: dict[str, None], work: Callable[[ChannelPresence], Awaitable[None]]
    ) -> list[Exception]:
        """Do something for each of these channels; where it fails, the name stays. Returns what failed."""
        channels = [channel for channel in map(self._channels.get, names) if channel is not None]
        names.clear()
        failed = await failures(channels, work)
        names.update((channel.log, None) for channel, _ in failed)
        return [error for _, error in failed]

    async def _attempt(self, work: Awaitable[None]) -> list[Exception]:
        try:
            await work
        except Exception as error:  # noqa: BLE001
            return [error]
        return []

    async def _open(self, channel: ChannelPresence) -> None:
        """Follow a presence log, ask the others, and say what is here."""
        if channel.followed is None:
            channel.begin(await self._broker.follow(channel.log))
        await self._speaker.say(channel.log, Asked(self.node))
        channel.asked_at = self._now()
        await self._speak(channel)
        self._unready[channel.log] = None
        self._conclude()
        self._watchers.tell(self._channels)

    async def _speak(self, channel: ChannelPresence) -> None:
        """Say what is here, or what of it has changed."""
        if channel.followed is None:
            return  # said when it is
        await self._speaker.speak(channel, self._nodes.leaving)
        if channel.attendance.unlisted and not channel.crowded:
            channel.crowded = True
            log.warning("presence: %s has more than %d users here; no more are shown", channel.name, MAX_USERS)
        self._rest(channel)

    async def _declare(self) -> None:
        """Say of nodes whose time is over that they are gone, wherever they are shown."""
        for node in self._nodes.gone(self._now()):
            showing = [channel for channel in self._channels.values() if node in channel.roster.nodes]
            if not showing:
                self._nodes.forget(node)
            for channel in showing:
                await self._speaker.declare_gone(channel, node)

    def _expire(self, now: float) -> None:
        while self._ended and self._ended[0][0] <= now:
            _, name, user_id, connection_id = self._ended.popleft()
            if (channel := self._channels.get(name)) is not None:
                channel.attendance.expire(user_id, connection_id, now)
                self._dirty[name] = None

    def _conclude(self) -> None:
        """See which rosters are known: the others have answered, or have had the time to."""
        now = self._now()
        alone = not self._broker.multiprocess
        settled = self._heartbeat.settled(now)
        for name in list(self._unready):
            channel = self._channels.get(name)
            if channel is None or channel.roster.ready:
                del self._unready[name]
            elif channel.asked_at is not None and (
                alone or now - channel.asked_at >= ANSWERS or (settled and channel.complete(self._nodes.alive()))
            ):
                channel.ready()
                del self._unready[name]

    def _close(self) -> None:
        """Follow no longer what nobody has needed for a while."""
        before = self._now() - REST
        while self._resting and next(iter(self._resting.values())) <= before:
            name, _ = self._resting.popitem(last=False)
            channel = self._channels[name]
            if channel.unused and channel.followed is not None and name not in self._opening:
                del self._channels[name]
                self._broker.unfollow(name)


class _Envelope(msgspec.Struct):
    type: str
    payload: dict[str, Any]


def _knows(followed: Position | None, position: Position) -> bool:
    """Whether all that came after the position was heard here: whoever is gone since is told so."""
    return followed is not None and position.epoch == followed.epoch and position.offset >= followed.offset
