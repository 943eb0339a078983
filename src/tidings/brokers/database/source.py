"""The logs as `tidings.tail` reads them."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TypeVar

from sqlalchemy import Connection

from tidings.brokers.database.access import Access
from tidings.brokers.database.reading import LogMissing, LogReader, Unreadable
from tidings.brokers.database.repairing import Repairer
from tidings.brokers.database.wakeups import listen
from tidings.brokers.database.writing import LogWriter
from tidings.concurrency.background import Background
from tidings.protocol.log import Position
from tidings.tail import Page

log = logging.getLogger("tidings")

T = TypeVar("T")

_REPAIRS = 5  # of what one read meets, each of which begins anew


class DatabaseSource:
    """Reads a set of tables, and repairs what it meets there.

    `delivered` gives the position that was delivered last of a channel. Postgres is listened to under `signal`; where
    there is none, tables are looked at every `poll` seconds.
    """

    def __init__(
        self,
        reader: LogReader,
        writer: LogWriter,
        repairer: Repairer,
        *,
        background: Background[Access],
        delivered: Callable[[str], Position | None],
        signal: str | None,
        poll: float,
    ) -> None:
        self._reader, self._writer, self._repairer = reader, writer, repairer
        self._background, self._delivered = background, delivered
        self._signal, self._poll = signal, poll

    async def tops(self, names: Sequence[str]) -> Mapping[str, Position]:
        """Each channel's top; that of an empty log for a channel that has none yet."""
        return await self._read(partial(self._reader.tops, names=names))

    async def read(self, places: Sequence[tuple[str, int]], limit: int) -> Sequence[Page]:
        """For each channel, at most `limit` entries after this offset."""
        return await self._read(partial(self._reader.read, places=places, limit=limit))

    async def listen(self, wake: Callable[[str | None], None]) -> None:
        """Tell of each channel that has something new; None where it may be any. Runs until it is cancelled."""
        loop = asyncio.get_running_loop()

        def notified(payload: str | None) -> None:  # on the thread of the background
            loop.call_soon_threadsafe(self._notified, payload, wake)

        await self._background.do(lambda access: listen(access, self._signal, self._poll, notified), cancel=True)

    def _notified(self, payload: str | None, wake: Callable[[str | None], None]) -> None:
        parts = [] if payload is None else payload.split(" ", 2)
        if len(parts) < 3 or not parts[1].isdecimal():  # the database's other users may notify as they like
            wake(None)
            return
        epoch, offset, name = parts
        here = self._delivered(name)
        if here is None or here.epoch != epoch or here.offset < int(offset):
            wake(name)

    async def renumber(self, name: str, seen: Position) -> Position:
        """Give a channel a new epoch, unless its log does hold what was seen of it; returns its top then."""
        renumber = partial(self._repairer.renumber, name=name, seen=seen)
        return await self._background.do(lambda access: access.write(renumber))

    async def _read(self, work: Callable[[Connection], T]) -> T:
        return await self._background.do(partial(self._read_there, work))

    async def _read_there(self, work: Callable[[Connection], T], access: Access) -> T:
        for _ in range(_REPAIRS):
            try:
                return await access.read(work)
            except LogMissing:
                await access.write(self._writer.initial_epoch)
            except Unreadable as unreadable:
                await self._set_aside(access, unreadable.channels)
        return await access.read(work)

    async def _set_aside(self, access: Access, channels: Sequence[str]) -> None:
        for name in channels:
            bad = await access.write(partial(self._repairer.set_aside, name=name))
            if bad:
                offset, reason = bad[0]
                log.error(
                    "%d events of %s cannot be read and were set aside; the first is at %d: %s",
                    len(bad), name, offset, reason,
                )  # fmt: skip
