"""Who is on a channel, as a client keeps it (spec/protocol.md, section 9)."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from types import TracebackType
from typing import Self

import msgspec

from tidings.client import wire
from tidings.client.errors import ClientError
from tidings.client.subscription import Subscription
from tidings.protocol.messages import WSEventType
from tidings.protocol.presence import Present, Roster, read

log = logging.getLogger("tidings.client")


class Presence:
    """Who is on a channel, kept right across reconnects; made by `Client.presence`.

        async with client.presence(Plan(team_id=7)) as presence:
            async for users in presence: ...

    `async with` returns when the server has let this client see it. Iterating yields everybody (in order of
    `user_id`, with `connections` and `metadata`) as soon as all are known, and again after changes: the latest, not
    each. It ends as a subscription's does.
    """

    def __init__(self) -> None:
        self._subscription: Subscription[None]
        self._roster = Roster()
        self._leave: Callable[[], None] = lambda: None
        self._changes = self._seen = 0
        self._changed = asyncio.Event()
        self._drain: asyncio.Task[None] | None = None

    @property
    def users(self) -> list[Present]:
        """Who is shown now."""
        return self._roster.users()

    @property
    def live(self) -> bool:
        """Whether they are all who are there; else they are those who were there last."""
        return self._roster.ready and self._subscription.live

    async def __aenter__(self) -> Self:
        try:
            await self._subscription.__aenter__()
        except BaseException:
            self._leave()
            raise
        self._drain = asyncio.create_task(self._take())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._subscription.close()
        self._leave()
        if self._drain is not None:
            self._drain.cancel()
            await asyncio.wait([self._drain])

    def __aiter__(self) -> AsyncIterator[list[Present]]:
        return self

    async def __anext__(self) -> list[Present]:
        while not self._roster.ready or self._seen == self._changes:
            if self._drain is not None and self._drain.done():
                self._drain.result()
                raise StopAsyncIteration
            self._changed.clear()
            await self._changed.wait()
        self._seen = self._changes
        return self.users

    async def _take(self) -> None:
        """Take the resets, which a state follows; raises why the subscription has ended."""
        try:
            async for _ in self._subscription:
                pass
        finally:
            self._changed.set()

    # What the client calls.

    def join(self, subscription: Subscription[None], leave: Callable[[], None]) -> None:
        """What it stands on, and what ends it."""
        self._subscription, self._leave = subscription, leave

    @property
    def known(self) -> bool:
        """Whether the position in its log is worth going on from."""
        return self._roster.ready

    def begin(self) -> None:
        """A state is to come: until then the users are those who were there last."""
        self._roster.ready = False

    def take(self, type: str, payload: bytes) -> None:
        """An event of its log, or a state. Raises ClientError for one that is malformed."""
        try:
            message = read(type, msgspec.json.decode(payload))
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            raise ClientError("malformed", f"{type}: {error}") from error
        if message is not None:
            self._roster.apply(message)
            self._changes += 1
            self._changed.set()


class Presences:
    """The presences of a client, by the names of their logs."""

    def __init__(self) -> None:
        self._presences: dict[str, Presence] = {}

    def add(self, name: str, presence: Presence) -> None:
        """Keep one."""
        self._presences[name] = presence

    def leave(self, name: str) -> None:
        """Keep it no longer."""
        self._presences.pop(name, None)

    def unknown(self) -> list[str]:
        """Those that are not whole: they cannot go on from where they are."""
        return [name for name, presence in self._presences.items() if not presence.known]

    def subscribed(self, body: wire.Subscribed) -> None:
        """Without recovery, a state follows."""
        for name in body.channels:
            if not body.recovered.get(name, False):
                self.reset(name)

    def reset(self, name: str) -> None:
        """A state follows."""
        if (presence := self._presences.get(name)) is not None:
            presence.begin()

    def told(self, type: str, payload: bytes) -> bool:
        """Whether a direct message is a state of presence; one that nobody waits for is passed over."""
        if type != WSEventType.PRESENCE_STATE:
            return False
        try:
            name = msgspec.json.decode(payload, type=_Addressed).channel
            if (presence := self._presences.get(name)) is not None:
                presence.take(type, payload)
        except (msgspec.MsgspecError, ClientError) as error:
            log.warning("a state of presence is passed over: %s", error)
        return True


class _Addressed(msgspec.Struct):
    channel: str
