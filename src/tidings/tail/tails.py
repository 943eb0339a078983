"""The newest part of each followed channel's log, kept in this process and up to date with where the log is."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from itertools import islice

from tidings.broker import Listener
from tidings.concurrency.batch import Batch
from tidings.protocol.log import Entry, Log, Position
from tidings.tail.held import HeldTails, Tail
from tidings.tail.losses import Losses
from tidings.tail.retrying import retry_forever
from tidings.tail.source import CHANNELS_AT_ONCE, Page, Source, read_since

ENTRIES = 100  # of each channel that are read at once: with CHANNELS_AT_ONCE they bound what a read holds in memory
TOPS = 500  # that are asked for at once
QUESTIONS = 10_000  # of readers that are answered at once, most of them alike


class Tails:
    """Follows channels: delivers what is new in their logs, in order, and answers from memory what was in them.

    `events` and `size` (bytes) bound each tail, `age` (seconds, by `clock`) what is in it, and `total_size` all of
    them. Own commits are delivered at once, those of others after a wake-up. As a lost last wake-up shows no gap, all
    tops are compared every `compare` seconds. Where the log cannot be read, it is tried again, with a pause that
    doubles up to `patience` seconds of which `random` chooses a part; nothing is lost by that.
    """

    def __init__(
        self,
        source: Source,
        *,
        events: int,
        size: int,
        age: float,
        total_size: int,
        clock: Callable[[], float],
        random: Callable[[], float],
        compare: float = 5.0,
        patience: float = 5.0,
    ) -> None:
        self._source, self._random = source, random
        self._events, self._size = events, size
        self._compare_every, self._patience = compare, patience
        self._held = HeldTails(events=events, size=size, age=age, total_size=total_size, clock=clock)
        self._followers: dict[str, int] = {}
        self._listeners: tuple[Listener, ...] = ()
        self._dirty: dict[str, None] = {}  # names, in the order of their wake-ups
        self._unsure = True  # whether all tops are to be compared
        self._tasks: list[asyncio.Task[None]] = []
        self._begin()

    def _begin(self) -> None:
        self._woken = asyncio.Event()
        self._losses = Losses()
        self._openings = Batch(_for_each(TOPS, self._open), limit=QUESTIONS)
        self._refreshes = Batch(_for_each(CHANNELS_AT_ONCE, self._refresh), limit=QUESTIONS)
        self._fills = Batch(_for_each(CHANNELS_AT_ONCE, self._fill), limit=QUESTIONS)
        self._reads = Batch(self._read, limit=QUESTIONS)

    # What the broker asks.

    def __len__(self) -> int:
        return len(self._held)

    @property
    def size(self) -> int:
        """Bytes that all tails hold."""
        return self._held.size

    @property
    def followed(self) -> bool:
        """Whether any channel is."""
        return bool(self._followers)

    def follows(self, name: str) -> bool:
        """Whether a channel is followed, or about to be."""
        return name in self._followers

    def top(self, name: str) -> Position | None:
        """What was delivered last of a channel; None where it is not followed."""
        return tail.log.top if (tail := self._held.get(name)) is not None else None

    async def behind(self) -> int:
        """How many events the logs of the followed channels hold that were not delivered yet."""
        delivered = self._held.tops()
        tops = [(delivered[name], top) async for name, top in self._tops(list(delivered))]
        return sum(max(0, top.offset - (here.offset if here.epoch == top.epoch else 0)) for here, top in tops)

    def attach(self, listener: Listener) -> None:
        """Have the listener told of what is new."""
        self._listeners = (*self._listeners, listener)

    async def follow(self, name: str) -> Position:
        """From the returned top on, deliver this channel's entries."""
        self._start()
        self._followers[name] = self._followers.get(name, 0) + 1
        try:
            if name not in self._held:
                await self._openings.ask(name)
            return self._held.top(name)
        except BaseException:
            self.unfollow(name)
            raise

    def unfollow(self, name: str) -> None:
        """Undo one `follow`."""
        self._followers[name] -= 1
        if not self._followers[name]:
            del self._followers[name]
            self._dirty.pop(name, None)
            self._held.close(name)

    async def refresh(self, *names: str) -> None:
        """Deliver what the logs of followed channels have now and was not delivered. Raises what the source raises."""
        for first in range(0, len(names), CHANNELS_AT_ONCE):
            left = list(names[first : first + CHANNELS_AT_ONCE])
            for _ in range(1 + self._events // ENTRIES):
                before = [self.top(name) for name in left]
                await self._refresh(left)
                left = [name for name, top in zip(left, before, strict=True) if self.top(name) != top]
                if not left:
                    break

    async def since(self, name: str, position: Position, limit: int) -> Sequence[Entry] | None:
        """At most `limit` entries after the position, oldest first; None where the log does not cover it."""
        tail = self._held.get(name)
        if tail is None:
            return await self._reads.ask((name, position, limit))
        for _ in range(1 + self._events // ENTRIES):  # another process may be further than this one
            top = tail.log.top
            if not _ahead(position, top):
                break
            await self._refreshes.ask(name)
            tail = self._held.get(name) or tail
            if tail.log.top == top or position.epoch not in (top.epoch, tail.log.top.epoch):
                return None
        if _behind(position, tail):
            await self._fills.ask(name)
        tail = self._held.get(name) or tail
        if _behind(position, tail):
            return await self._reads.ask((name, position, limit))
        return tail.log.since(position, limit)

    def committed(self, name: str, entry: Entry, after: Position | None) -> None:
        """An entry is in the log now, and follows this position there: deliver it if it is the next, else read."""
        tail = self._held.get(name)
        if tail is not None and tail.log.top == after:
            self._deliver(name, tail, entry)
        elif tail is None or not tail.log.covers(entry.position):
            self.wake(name)

    def wake(self, name: str | None) -> None:
        """A channel has something new; any may have, where none is named."""
        if name is None:
            self._unsure = True
        elif name in self._followers:
            self._dirty[name] = None
        self._woken.set()

    async def close(self) -> None:
        """End the tasks. Channels stay followed: the next `follow` goes on where this left off."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for batch in (self._openings, self._refreshes, self._fills, self._reads):
            await batch.close()
        self._losses.close()

    def restart(self) -> None:
        """The event loop that this ran on is gone with the tasks: begin anew on the one that runs at `follow`."""
        self._tasks = []
        self._unsure = True
        self._begin()

    # What goes on all the time.

    def _start(self) -> None:
        if not self._tasks:
            self._unsure = True
            create = asyncio.get_running_loop().create_task
            for work, what in ((self._follow_on, "read"), (self._listen, "listened to")):
                self._tasks.append(create(retry_forever(work, what, patience=self._patience, random=self._random)))

    async def _listen(self, works: Callable[[], None]) -> None:
        def wake(name: str | None) -> None:
            works()
            self.wake(name)

        await self._source.listen(wake)

    async def _follow_on(self, works: Callable[[], None]) -> None:
        """Read what is new until something fails."""
        loop = asyncio.get_running_loop()
        self._unsure, next_look = True, 0.0
        while True:
            self._woken.clear()
            if self._unsure or loop.time() >= next_look:
                await self._compare()
                next_look = loop.time() + self._compare_every
            # Those that are being opened wait for that.
            names = list(islice((name for name in self._dirty if name in self._held), CHANNELS_AT_ONCE))
            for name in names:
                del self._dirty[name]
            if names:
                await self._refresh(names)
            works()
            if not names:
                await self._wake_before(next_look)

    async def _wake_before(self, time: float) -> None:
        try:
            async with asyncio.timeout_at(time):
                await self._woken.wait()
        except TimeoutError:
            return

    async def _compare(self) -> None:
        """Compare the tops of all tails with those of the logs, and find out which are to be read."""
        self._unsure = False
        self._held.forget_old()
        delivered = self._held.tops()
        async for name, top in self._tops(list(delivered)):
            if top != delivered[name] == self.top(name):
                self.wake(name)

    async def _refresh(self, names: Sequence[str]) -> None:
        """Read what is new in these channels and deliver it."""
        asked = {name: top for name in names if (top := self.top(name)) is not None}
        pages = await self._source.read([(name, top.offset) for name, top in asked.items()], ENTRIES)
        for (name, top), page in zip(asked.items(), pages, strict=True):
            if page.start != top:
                await self._recover(name, top, page)
            elif self._take(name, page) != page.top:
                self.wake(name)

    def _take(self, name: str, page: Page) -> Position:
        """Deliver what is the next of this; returns the position that this led to."""
        tail = self._held.get(name)
        for entry in page.entries:
            epoch, offset, _ = entry.position
            # What was delivered while this was read is passed over.
            if tail is not None and epoch == tail.log.top.epoch and offset == tail.log.top.offset + 1:
                self._deliver(name, tail, entry)
        return page.entries[-1].position if page.entries else page.start

    async def _recover(self, name: str, seen: Position, page: Page) -> None:
        """What was delivered last is not in the log: find out why, and go on from the log's top."""
        start, top = page.start, page.top
        rolled_back = start.epoch == seen.epoch and start.offset <= seen.offset
        if rolled_back:
            top = await self._source.renumber(name, seen)
        if rolled_back and top.epoch == seen.epoch:
            self.wake(name)  # it was another process that looked too early
        elif self.top(name) == seen:  # else it was dealt with meanwhile
            what = "was rolled back" if rolled_back else "has no more what follows"
            self._losses.note(name, what, top=top, seen=seen)
            self._reset(name, top)

    # The tails.

    async def _tops(self, names: Sequence[str]) -> AsyncIterator[tuple[str, Position]]:
        for first in range(0, len(names), TOPS):
            for name, top in (await self._source.tops(names[first : first + TOPS])).items():
                yield name, top

    async def _open(self, names: Sequence[str]) -> None:
        wanted = [name for name in names if name in self._followers and name not in self._held]
        tops = await self._source.tops(wanted) if wanted else {}
        for name, top in tops.items():
            if name in self._followers and name not in self._held:
                self._held.open(name, top)
                self._woken.set()

    def _deliver(self, name: str, tail: Tail, entry: Entry) -> None:
        self._held.add(tail, entry)
        for listener in self._listeners:
            listener.deliver(name, entry)

    def _reset(self, name: str, top: Position) -> None:
        self._held.open(name, top)
        for listener in self._listeners:
            listener.reset(name, top)

    async def _fill(self, names: Sequence[str]) -> None:
        """Make these tails reach back as far as the log does, or as their bounds allow."""
        tails = {name: tail for name in names if (tail := self._held.get(name)) is not None and not tail.complete}
        longer: dict[str, Log] = {}
        complete = set(tails)
        unfinished = {name: max(0, tail.log.top.offset - self._events) for name, tail in tails.items()}
        while unfinished:
            pages = await self._source.read(list(unfinished.items()), ENTRIES)
            for name, page in zip(list(unfinished), pages, strict=True):
                if (reached := _extend(longer, name, page, tails[name].log.start)) is None:
                    del unfinished[name]
                else:
                    unfinished[name] = reached
                while longer[name].size > self._size:
                    longer[name].drop_oldest()
                    complete.discard(name)
        for name, older in longer.items():
            if self._held.get(name) is tails[name]:
                self._held.prepend(tails[name], older, complete=name in complete)

    async def _read(self, questions: Sequence[tuple[str, Position, int]]) -> list[list[Entry] | None]:
        return await read_since(self._source, questions, self._events)


def _extend(logs: dict[str, Log], name: str, page: Page, until: Position) -> int | None:
    """Add to a log what leads up to a position; returns the offset to read on from, None where there is no more."""
    log = logs.setdefault(name, Log(name, page.start))
    if log.top != page.start:  # trimmed between two reads
        return None
    for entry in page.entries:
        if entry.position.offset <= until.offset:
            log.add(entry)
    return log.top.offset if page.entries and log.top.offset < until.offset else None


def _ahead(position: Position, top: Position) -> bool:
    return position.epoch != top.epoch or position.offset > top.offset


def _behind(position: Position, tail: Tail) -> bool:
    """Whether only the log itself knows what is at the position."""
    return position.offset < tail.log.start.offset and not tail.complete


def _for_each(
    count: int, work: Callable[[Sequence[str]], Awaitable[None]]
) -> Callable[[Sequence[str]], Awaitable[list[None]]]:
    """Work for a batch: done once for each name, for so many names at a time."""

    async def do(names: Sequence[str]) -> list[None]:
        distinct = list(dict.fromkeys(names))
        for first in range(0, len(distinct), count):
            await work(distinct[first : first + count])
        return [None] * len(names)

    return do
