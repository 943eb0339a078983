"""A screen: the rows of one channel, fetched once and kept up to date by its events."""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from random import random as system_random
from typing import Any

import httpx2

from tidings.client import Client, Received, Reset, Subscription, connect
from tidings.client.client import State, Status
from tidings.client.connection import Connect
from tidings.protocol.log import Position
from tidings.testing.history import History
from torture.access import token
from torture.live import Item, ItemChanged, ItemRemoved, Items, OwnedItems

Rows = dict[str, list[Any]]
"""By item: its version, owner and text."""

_PATIENCE = 60.0  # seconds until a fetch must have succeeded
_PAUSE = 0.1  # seconds before it is tried again


def rows_of(items: list[Item]) -> Rows:
    """Items as a screen shows them."""
    return {str(item.id): [item.version, item.owner, item.text] for item in items}


class Screen:
    """What one user sees of all items, or of one owner's, while the connection comes and goes.

        async with screen.shown(websocket): ...

    It subscribes, fetches, and applies what comes by version; after a reset it fetches anew. All that its subscription
    hands out is recorded.
    """

    def __init__(self, name: str, http: httpx2.AsyncClient, history: History, owner: str | None = None) -> None:
        self.name = name
        self.channel = Items() if owner is None else OwnedItems(owner=owner)
        self.rows: Rows = {}
        self.mark = ""  # added to the epochs that are recorded, from now on
        self.resets = 0
        self.position: Position | None = None
        self.longest_wait = 0.0  # seconds between two things that it heard, since `measure`
        self._heard_at = math.inf
        self._http, self._reader, self._owner = http, history.reader(name), owner
        self._changed = asyncio.Event()
        self._client: Client | None = None
        self._shown: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def shown(
        self, websocket: str, random: Callable[[], float] = system_random, connect: Connect = connect
    ) -> AsyncIterator["Screen"]:
        """Connect, and keep the rows until the end of the block. `random` is that of the client's backoff."""
        self._client = client = Client(
            websocket,
            get_token=lambda: token(self.name),
            on_status=self._told,
            connect=connect,
            random=random,
        )
        async with client, client.subscribe(self.channel) as events:
            self._reader.subscribed(self.channel.name, self._marked(self._at(events)))
            await self._fetch()
            self._shown = asyncio.create_task(self._follow(events))
            try:
                yield self
            finally:
                self._shown.cancel()
                await asyncio.wait([self._shown])
        if not self._shown.cancelled() and (error := self._shown.exception()) is not None:
            raise error

    @property
    def standing(self) -> str:
        """Where it is, for people."""
        if self._client is None:
            return "not shown"
        status = self._client.status
        wait = ""
        if status.retry_at is not None:
            wait = f" and tries again in {status.retry_at - asyncio.get_running_loop().time():.1f} s"
        return f"at {self.position}, {status.state} after {status.attempt} attempts{wait}"

    @property
    def connected(self) -> bool:
        """Whether its connection stands."""
        return self._client is not None and self._client.status.state is State.CONNECTED

    async def reached(self, top: Position) -> None:
        """Return when its connection stands, and all up to this position of its channel is on the screen."""
        while not (self._is_past(top) and self.connected):
            await self._changed.wait()

    def measure(self) -> None:
        """Measure `longest_wait` from now on."""
        self.longest_wait, self._heard_at = 0.0, time.monotonic()

    async def was_reset(self, times: int = 1) -> None:
        """Return when it was reset so many times in all."""
        while self.resets < times:
            await self._changed.wait()

    def record_end(self) -> None:
        """Record what it shows now as its end."""
        self._reader.final(self.channel.name, self.rows)

    def _is_past(self, top: Position) -> bool:
        if self._shown is not None and self._shown.done():
            self._shown.result()
        position = self.position
        return position is not None and position.epoch == top.epoch and position.offset >= top.offset

    async def _follow(self, events: Subscription[Any]) -> None:
        try:
            async for item in events:
                await self._take(item)
                self._at(events)
                self._tell()
        finally:
            self._tell()

    async def _take(self, item: Received[ItemChanged | ItemRemoved] | Reset) -> None:
        name, now = self.channel.name, time.monotonic()
        self.longest_wait, self._heard_at = max(self.longest_wait, now - self._heard_at), now
        if isinstance(item, Reset):
            self._reader.reset(name, self._marked(item.position), item.reason)
            self.resets += 1
            self.rows.clear()
            await self._fetch()
            return
        self._reader.event(name, self._marked(item.position), key=item.key, version=item.version, after=item.after)
        self._apply(item.event)

    def _apply(self, event: ItemChanged | ItemRemoved) -> None:
        match event:
            case ItemChanged(item=item):
                if self._version(item.id) < item.version:
                    self.rows |= rows_of([item])
            case ItemRemoved(id=id, version=version):
                if self._version(id) < version:
                    self.rows.pop(str(id), None)

    def _version(self, id: int) -> int:
        return int(self.rows[str(id)][0]) if str(id) in self.rows else 0

    async def _fetch(self) -> None:
        async with asyncio.timeout(_PATIENCE):
            while (items := await self._ask()) is None:  # noqa: ASYNC110
                await asyncio.sleep(_PAUSE)
        self.rows |= rows_of(items)

    async def _ask(self) -> list[Item] | None:
        """The items; None where the server cannot say now."""
        try:
            answer = await self._http.get("/items", params={} if self._owner is None else {"owner": self._owner})
        except httpx2.TransportError:
            return None
        return [Item.model_validate(row) for row in answer.json()] if answer.status_code == 200 else None

    def _at(self, events: Subscription[Any]) -> Position:
        self.position = events.position
        assert self.position is not None  # it is entered
        return self.position

    def _marked(self, position: Position) -> Position:
        return position._replace(epoch=position.epoch + self.mark)

    def _told(self, _: Status) -> None:
        self._tell()

    def _tell(self) -> None:
        """Have those look again who wait for something on this screen."""
        self._changed.set()
        self._changed = asyncio.Event()
