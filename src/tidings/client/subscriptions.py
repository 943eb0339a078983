"""All subscriptions of a client. What the application wants is state: it is brought to the server after each connect,
and again from the position where events are missing (spec/protocol.md, sections 4 and 7).
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import Any, Generic, TypeVar

from tidings.client import wire
from tidings.client.applying import Action, Phase, Reading, answer, ask, leave, receive, reset
from tidings.client.demand import Demand
from tidings.client.errors import ChannelRefused, ClientError
from tidings.client.payload import Read
from tidings.client.retrying import LOWEST_CEILING, Random, backoff
from tidings.client.subscription import Inbox, Received, Reset, Subscription
from tidings.protocol.channels import is_own_channel
from tidings.protocol.codes import ErrorCode
from tidings.protocol.errors import ChannelError
from tidings.protocol.log import Position
from tidings.protocol.messages import MAX_CHANNELS, WSEventType

log = logging.getLogger("tidings.client")

T = TypeVar("T")

ANSWER_TIMEOUT = 30.0
"""Seconds without an answer, or without the next event of a replay, after which a subscribe is sent again."""
_PASSING = frozenset({ErrorCode.RATE_LIMITED, ErrorCode.INTERNAL_ERROR})
_DOUBLINGS = 5  # of the ceiling of a wait, from the lowest to beyond the highest
_TOLD = 8  # own channels in one `auth`; more than one only where the user is not known


class _Feed(Generic[T]):
    """One channel: what of it was read, what was asked, and where its events go."""

    __slots__ = ("failures", "gaps", "inbox", "name", "read", "reading", "request", "resting", "timer", "trouble")

    def __init__(self, name: str, inbox: Inbox[T], read: Read[T]) -> None:
        self.name, self.inbox, self.read = name, inbox, read
        self.reading = Reading(Phase.OUT, inbox.position)
        self.request: str | None = None  # the id of the subscribe whose answer is awaited
        self.failures = 0  # subscribes in a row that failed for the time being
        self.trouble: str | None = None  # why it is not live, where that was logged
        self.gaps = 0  # since the last event that was applied
        self.resting = False  # left until its inbox has room
        self.timer: asyncio.TimerHandle | None = None

    def rest(self) -> None:
        """It is no longer entered, nothing is awaited, and the position stays."""
        self.wait(None, None)
        self.request, self.reading = None, leave(self.reading)

    def tell(self, trouble: str) -> None:
        """Log why it is not live: once, until it is."""
        if self.trouble is None:
            log.warning("subscribing to %s does not succeed: %s; it is asked for again", self.name, trouble)
        self.trouble = trouble

    def wait(self, seconds: float | None, then: Callable[[], None] | None) -> None:
        """Do this after so many seconds, and no longer what was to be done."""
        if self.timer is not None:
            self.timer.cancel()
        loop = asyncio.get_running_loop() if then else None
        self.timer = loop.call_later(seconds or 0.0, then) if loop and then else None


class Subscriptions:
    """Brings each message to the inbox of its channel. `wake` is called when `next_message` has something to say."""

    def __init__(
        self,
        random: Random,
        ids: Callable[[], str],
        demand: Demand,
        wake: Callable[[], None],
        outage: Callable[[], str | None],
    ) -> None:
        self._random, self._ids, self._demand, self._wake = random, ids, demand, wake
        self._outage = outage  # why there is no connection
        self._feeds: dict[str, _Feed[Any]] = {}
        self._due: dict[str, _Feed[Any]] = {}  # to be asked for
        self._leaving: dict[str, None] = {}  # entered on the server, and no longer wanted

    # What the application wants.

    def add(
        self, name: str, read: Read[T], position: Position | None, limit: int, timeout: float | None
    ) -> Subscription[T]:
        """Want a channel, from this position on. Raises ChannelError for one that is subscribed to already."""
        if name in self._feeds:
            raise ChannelError(f"this client is subscribed to {name!r} already: share that, or use a client of its own")
        feed = _Feed(name, Inbox[T](limit, position, self._demand, lambda: self._taken(feed)), read)
        self._feeds[name] = feed
        self._ask(feed)
        return Subscription(
            name,
            feed.inbox,
            lambda: feed.reading.phase is Phase.LIVE,
            lambda: self._close(feed),
            timeout=timeout,
            trouble=lambda: feed.trouble or self._outage(),
        )

    def own_positions(self) -> dict[str, Position]:
        """Where the user's own channel was read to, for `auth`."""
        found = (feed for feed in self._feeds.values() if feed.reading.position and is_own_channel(feed.name))
        return {feed.name: feed.reading.position for feed in islice(found, _TOLD) if feed.reading.position}

    def end(self, error: ClientError) -> None:
        """There will be no further connection."""
        for feed in list(self._feeds.values()):
            self._forget(feed)
            feed.inbox.end(error)

    # What the server says.

    def established(self, body: wire.Established, told: Mapping[str, Position]) -> None:
        """A connection stands: the user's own channel is entered, the others are to be asked for.

        `told` are the positions that its `auth` gave.
        """
        self._due = {name: feed for name, feed in self._feeds.items() if not feed.resting}
        for name, top in body.positions.items():
            feed = self._due.get(name)
            # A position that `auth` did not tell is told by `subscribe`, as any other channel's.
            if feed is not None and feed.reading.position == told.get(name):
                del self._due[name]
                feed.reading = ask(feed.reading)
                self._answered(feed, top.position, recovered=body.recovered.get(name, False))

    def lost(self, without_position: Iterable[str] = ()) -> None:
        """The connection is gone; wishes stay, and positions but for these."""
        self._leaving.clear()
        self._due.clear()
        for feed in self._feeds.values():
            feed.rest()
        for name in without_position:
            if name in self._feeds:
                self._feeds[name].reading = Reading(Phase.OUT, None)

    def subscribed(self, reply_to: str | None, body: wire.Subscribed) -> None:
        """Channels were entered. An answer to an earlier question than the last counts for nothing."""
        for name in body.channels:
            feed, top = self._feeds.get(name), body.positions.get(name)
            if feed is not None and top is not None and reply_to is not None and feed.request == reply_to:
                self._answered(feed, top.position, recovered=body.recovered.get(name, False))

    def unsubscribed(self, reply_to: str | None, body: wire.Unsubscribed) -> None:
        """Without `reply_to` the server did it; an answer that is on its way decides otherwise."""
        for name in body.channels if reply_to is None else ():
            feed = self._feeds.get(name)
            if feed is not None and feed.request is None and feed.reading.phase is not Phase.OUT:
                self._refuse(feed, "unsubscribed", body.reason or "ended by the server")

    def refused(self, reply_to: str | None, body: wire.Failure) -> bool:
        """Returns whether the error answers a subscribe."""
        feeds = self._feeds.values() if body.channel is None else filter(None, [self._feeds.get(body.channel)])
        asked = [feed for feed in feeds if reply_to is not None and feed.request == reply_to]
        for feed in asked:
            if body.code in _PASSING:
                feed.tell(f"{body.code}: {body.message}")
                self._later(feed, feed.failures)
                feed.failures += 1
            else:
                self._refuse(feed, body.code, body.message)
        return bool(asked)

    def reset(self, body: wire.ChannelReset) -> None:
        """Events of a channel are gone."""
        feed = self._feeds.get(body.channel)
        if feed is None:
            return
        action, feed.reading = reset(feed.reading, body.position.position)
        if action is Action.RESET:
            if feed.reading.phase is Phase.LIVE:
                feed.wait(None, None)
            feed.inbox.put(Reset(feed.name, body.position.position, body.reason))

    async def event(self, name: str, message: wire.Message, position: Position, payload: bytes) -> None:
        """An event of a channel. Returns late where its inbox is full and nobody waits for anything else."""
        feed = self._feeds.get(name)
        if feed is not None:
            await self._demand.pause(feed.inbox.full)
        if feed is None or self._feeds.get(name) is not feed:
            return
        action, reading = receive(feed.reading, position, message.envelope.after)
        if action is Action.RESUBSCRIBE:
            feed.reading = reading
            self._again(feed)
        elif action is not Action.DROP and feed.inbox.full():
            self._rest(feed)
        elif action is not Action.DROP:
            feed.reading, feed.gaps = reading, 0
            self._expect(feed)
            self._deliver(feed, message.envelope, position, payload)

    # What the server is asked.

    def next_message(self) -> str | None:
        """The next message to send, which counts as sent. Leaving comes first: there is a limit of channels."""
        if self._leaving:
            names = list(islice(self._leaving, MAX_CHANNELS))
            for name in names:
                del self._leaving[name]
            return wire.write(WSEventType.UNSUBSCRIBE, {"channels": names}, id=self._ids())
        if not self._due:
            return None
        wishes = wire.fitting((name, feed.reading.position) for name, feed in self._due.items())
        id = self._ids()
        for name in wishes:
            feed = self._due.pop(name)
            feed.request, feed.reading = id, ask(feed.reading)
            self._expect(feed)
        return wire.subscribe(wishes, id=id)

    def _ask(self, feed: _Feed[Any]) -> None:
        self._due[feed.name] = feed
        self._wake()

    def _answered(self, feed: _Feed[Any], top: Position, *, recovered: bool) -> None:
        fresh = feed.reading.position is None
        feed.reading = answer(feed.reading, top, recovered=recovered).reading
        feed.request, feed.failures = None, 0
        if fresh:
            feed.inbox.position = top
        feed.inbox.entered.set()
        self._expect(feed)

    def _expect(self, feed: _Feed[Any]) -> None:
        """Until it is live, more must come: an answer, the rest of a replay, or a reset."""
        if feed.reading.phase is Phase.LIVE:
            feed.trouble = None
            if feed.timer is not None:
                feed.wait(None, None)
        else:
            feed.wait(ANSWER_TIMEOUT, lambda: self._ask_anew(feed))

    def _ask_anew(self, feed: _Feed[Any]) -> None:
        if feed.inbox.full():  # it is the consumer that is awaited
            self._expect(feed)
        else:
            feed.tell(f"nothing came within {ANSWER_TIMEOUT:g} s")
            self._ask(feed)

    def _again(self, feed: _Feed[Any]) -> None:
        """At a gap: at once, but with backoff when no event could be applied since the last."""
        feed.request = None
        if feed.gaps == 0:
            self._ask(feed)
        else:
            self._later(feed, feed.gaps)
        feed.gaps += 1

    def _later(self, feed: _Feed[Any], attempt: int) -> None:
        feed.request = None
        ceiling = LOWEST_CEILING * (1 << min(attempt, _DOUBLINGS))
        feed.wait(backoff(ceiling, self._random), lambda: self._ask(feed))

    # What becomes of a feed.

    def _deliver(self, feed: _Feed[Any], envelope: wire.Envelope, position: Position, payload: bytes) -> None:
        """An event of an undeclared type is a newer server's. One that breaks its class counts as missed."""
        try:
            event = feed.read(envelope.type, payload)
        except ClientError as error:
            log.warning("an event of %s cannot be read: %s", feed.name, error.reason)
            feed.inbox.put(Reset(feed.name, position, error.code))
            return
        if event is not None:
            feed.inbox.put(
                Received(
                    event=event,
                    type=envelope.type,
                    channel=feed.name,
                    position=position,
                    timestamp=envelope.timestamp,
                    key=envelope.key,
                    version=envelope.version,
                    after=envelope.after,
                )
            )

    def _rest(self, feed: _Feed[Any]) -> None:
        """Others wait while its consumer does not: leave the channel until the consumer has caught up."""
        feed.rest()
        feed.resting = True
        self._leaving[feed.name] = None
        self._wake()

    def _taken(self, feed: _Feed[Any]) -> None:
        self._demand.changed()
        if feed.resting and feed.inbox.half_empty():
            feed.resting = False
            if self._feeds.get(feed.name) is feed:
                self._ask(feed)

    def _refuse(self, feed: _Feed[Any], code: str, reason: str) -> None:
        self._forget(feed)
        feed.inbox.end(ChannelRefused(feed.name, code, reason))

    def _close(self, feed: _Feed[Any]) -> None:
        if self._feeds.get(feed.name) is feed:
            if feed.reading.phase is not Phase.OUT:
                self._leaving[feed.name] = None
                self._wake()
            self._forget(feed)
        feed.inbox.end(None)

    def _forget(self, feed: _Feed[Any]) -> None:
        feed.rest()
        self._feeds.pop(feed.name, None)
        self._due.pop(feed.name, None)
