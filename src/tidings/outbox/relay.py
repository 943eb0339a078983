"""The relay: from the outbox's table to a broker whose log is elsewhere, one process at a time."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.ext.asyncio import AsyncEngine

from tidings.broker import Broker
from tidings.outbox.blocked import BlockedChannels
from tidings.outbox.database import Database
from tidings.outbox.listening import Listening
from tidings.outbox.rows import OutboxMeasures, OutboxRow, OutboxTable, check_dialect
from tidings.protocol.errors import TidingsError, in_one_line
from tidings.protocol.events import Draft

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 4.0
"""Seconds before a channel, or the database, that failed is tried again; they double in between."""

LEASE_LOOK = 1.0
"""Seconds, at most, between two looks of those who wait for the lease: after its holder stopped, nobody relays."""

STOP_TIME = 10.0
"""Seconds that the relay's step in hand has at the end."""

EXPIRES_EVERY = 60.0
"""Seconds between two looks for rows whose retention is over."""

log = logging.getLogger("tidings")


@dataclass(frozen=True)
class RelaySettings:
    """How rows are relayed.

    `retention`: seconds after which a row is deleted, relayed or not. `patience`: seconds that a row may hold its
    channel up, failing while others succeed, before it is set aside. `poll`: seconds between two looks for commits of
    other processes that it was not told of. `lease`: seconds for which a process that has died keeps others from
    relaying. `batch`: rows that are read at once. `timeout`: seconds that the relay waits for any one answer of the
    database. `listen`: whether the process that relays has a connection on which it is told of others' commits; False
    for poolers that hand a connection from one client to the next.
    """

    retention: float = 7 * 86_400.0
    patience: float = 3_600.0
    poll: float = 0.5
    lease: float = 10.0
    batch: int = 100
    timeout: float = 30.0
    listen: bool = True

    def __post_init__(self) -> None:
        for name in ("retention", "patience", "poll", "lease", "batch", "timeout"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} is {getattr(self, name)!r}: it must be more than 0")


class Relay:
    """Appends what is in the table to the broker's logs, each channel's rows in their order, and deletes it after.

    A row that was appended and not deleted is appended again, which changes nothing: its id is the event's. A channel
    whose append fails is tried again with backoff, and holds up no other. A row that can never be an event is set
    aside with the reason, and counted.
    """

    def __init__(
        self,
        broker: Broker,
        engine: Engine | AsyncEngine,
        table: OutboxTable,
        settings: RelaySettings,
        *,
        holder: str,
        clock: Callable[[], float],
        random: Callable[[], float],
    ) -> None:
        check_dialect(engine.dialect.name)
        self._broker, self.table, self._settings = broker, table, settings
        self._holder, self._clock, self._random = holder, clock, random
        self._database = Database(engine, timeout=settings.timeout, explained=table.used)
        self._listening = Listening(
            engine, table, wake=self.wake, poll=settings.poll, timeout=settings.timeout, random=random
        )
        self._blocked = BlockedChannels(patience=settings.patience, backoff=self._backoff)
        self._outage = 0  # steps in a row that have failed
        self._expires_at = 0.0
        self._lease_until = 0.0
        self._asks_at = 0.0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._woken, self._stopping = asyncio.Event(), asyncio.Event()

    def write(self, connection: Connection, drafts: Sequence[tuple[str, Draft]]) -> None:
        """Insert the events' rows, in the caller's transaction. Raises TablesMissing."""
        check_dialect(connection.dialect.name)
        self.table.add(connection, drafts, self._clock())

    def wake(self) -> None:
        """There are new rows. Called on any thread."""
        loop = self._loop
        if loop is not None and loop.is_running():
            loop.call_soon_threadsafe(self._woken.set)

    async def measure(self) -> OutboxMeasures:
        """What is in the table."""
        return await self._database.do(self.table.measure)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Relay until the end of the block, on this event loop: that of the manager's connections."""
        if self._loop is not None and self._loop.is_running():
            raise RuntimeError("this outbox is relaying already")
        self._loop, self._woken, self._stopping = asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()
        task = self._loop.create_task(self._run())
        try:
            yield
        finally:
            self._stopping.set()
            self._woken.set()
            await asyncio.wait([task], timeout=STOP_TIME)
            task.cancel()
            self._loop = None

    async def _run(self) -> None:
        try:
            await self._relay_on()
            await self._release()
        finally:
            await self._listening.close()

    async def _relay_on(self) -> None:
        while not self._stopping.is_set():
            self._woken.clear()
            try:
                pause = await self.step()
                await self._listen()
                if self._outage:
                    log.warning("the outbox can be relayed again, after %d failures", self._outage)
                self._outage = 0
            except Exception as error:  # noqa: BLE001
                pause = self._backoff(self._outage)
                if not self._outage:
                    why = in_one_line(error)
                    log.error("the outbox cannot be relayed; it is tried again until it can: %s", why)  # noqa: TRY400
                self._outage += 1
            # In an outage a commit is no reason to try earlier.
            await _at_most(pause, (self._stopping if self._outage else self._woken).wait())

    async def _listen(self) -> None:
        """Listen for others' commits while this process has the lease."""
        if self._settings.listen and self._lease_until:
            self._listening.begin()
        else:
            await self._listening.end()

    async def step(self) -> float:
        """Relay what waits, if no other process does; returns after how many seconds to look again."""
        began = self._clock()
        if not await self._leased(began):
            return self._asks_at - began
        await self._expire(began)
        rows: Sequence[OutboxRow] = ()
        while not self._stopping.is_set() and not self._blocked.full:
            rows = await self._oldest()
            if not rows or not await self._relay(rows):
                break
        if not rows:  # what could be tried again, and was not
            self._blocked.forget_due(began)
        return max(0.0, min(self._settings.poll, self._blocked.next_try(self._clock())))

    async def _oldest(self) -> Sequence[OutboxRow]:
        held_up = self._blocked.held_up(self._clock())
        return await self._database.do(lambda connection: self.table.waiting(connection, held_up, self._settings.batch))

    async def _relay(self, rows: Sequence[OutboxRow]) -> bool:
        """Append rows and delete them; returns whether this process may go on."""
        sent: list[int] = []
        failed: set[str] = set()
        try:
            for row in rows:
                if self._stopping.is_set():
                    break
                if row.channel not in failed:
                    if await self._append(row):
                        sent.append(row.number)
                    elif row.channel in self._blocked:
                        failed.add(row.channel)
        finally:
            if sent:
                await self._database.do(lambda connection: self.table.delete(connection, sent))
        return await self._leased(self._clock())

    async def _append(self, row: OutboxRow) -> bool:
        """Whether the row is in its log now; if not, it is set aside, or its channel is blocked."""
        try:
            await self._broker.append(row.channel, row.draft())
        except TidingsError as error:
            await self._set_aside(row, str(error))
        except Exception as error:  # noqa: BLE001 - whatever a broker raises is no reason to give up an event
            if (reason := self._blocked.failed(row.channel, error, self._clock())) is not None:
                await self._set_aside(row, reason)
        else:
            self._blocked.appended(row.channel)
            return True
        return False

    async def _set_aside(self, row: OutboxRow, reason: str) -> None:
        log.error("row %d of the outbox, on channel %r, is set aside: %s", row.number, row.channel, reason)
        await self._database.do(lambda connection: self.table.set_aside(connection, row.number, reason[:1_000]))
        self._blocked.clear(row.channel)

    async def _expire(self, now: float) -> None:
        if now < self._expires_at:
            return
        self._expires_at = now + EXPIRES_EVERY
        retention = self._settings.retention
        lost = await self._database.do(lambda connection: self.table.expire(connection, now - retention))
        if lost:
            log.error("%d events were not relayed within %g s, and are deleted", lost, retention)

    async def _leased(self, now: float) -> bool:
        """Whether this process may relay now. Asks the database as seldom as the lease's length allows."""
        if now < self._asks_at:
            return now < self._lease_until
        seconds = self._settings.lease
        taken = await self._database.do(
            lambda connection: self.table.lease.take(connection, self._holder, now, seconds)
        )
        self._lease_until = now + seconds if taken else 0.0
        self._asks_at = now + (seconds / 3 if taken else min(LEASE_LOOK, seconds / 3))
        return taken

    async def _release(self) -> None:
        self._asks_at = self._lease_until = 0.0
        try:
            await self._database.do(lambda connection: self.table.lease.release(connection, self._holder))
        except Exception:
            log.warning("the outbox's lease could not be released; it runs out by itself", exc_info=True)

    def _backoff(self, failures: int) -> float:
        """Seconds, between the half and the whole of what this failure is due."""
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(failures, 20))
        return pause * (0.5 + self._random() / 2)


async def _at_most(seconds: float, wake: Coroutine[Any, Any, Any]) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(wake, seconds)
