"""A client that changes items over HTTP, and knows of each change what came of it."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

import httpx2

from tidings.testing.history import History
from torture.changes import Change
from torture.live import Item, Items, OwnedItems
from torture.outcome import TortureError

OWNERS = ("ada", "ben", "cleo")

_MOST_ITEMS = 12  # of one writer
_PATIENCE = 120.0  # seconds until a change must have an outcome
_PAUSE = 0.05  # seconds before a change is asked for again
_ALL_ITEMS = Items().name


Knowledge = tuple[dict[int, Item], list[str]]


class WriterError(TortureError):
    """A change came to no outcome, or was refused; the message says which."""


@dataclass(frozen=True, slots=True)
class Habits:
    """Shares of all changes: of those that are rolled back, those a part of which is, and those whose commit is slow.
    `pause`: seconds between two changes, on average. `longest_commit`: seconds.
    """

    fails: float = 0.08
    strays: float = 0.08
    slow: float = 0.0
    longest_commit: float = 0.0
    pause: float = 0.02


class Writer:
    """Changes items of its own, one change after the other, each asked for until its outcome is known.

    `committed` counts the changes that were made; `told` is called with each change whose outcome is known.
    """

    def __init__(
        self,
        number: int,
        http: httpx2.AsyncClient,
        history: History,
        random: Random,
        habits: Habits,
        told: Callable[[], None] = lambda: None,
    ) -> None:
        self.number = number
        self.items: dict[int, Item] = {}
        self.committed: list[str] = []
        self.repeated = 0  # requests whose answer was lost, or that the server could not do
        self.longest_answer = 0.0  # seconds that a request took
        self._http, self._history, self._random, self._habits, self._told = http, history, random, habits, told
        self._made = self._count = 0

    def knowledge(self) -> Knowledge:
        """What it knows to be made, for `know`."""
        return dict(self.items), list(self.committed)

    def know(self, knowledge: Knowledge) -> None:
        """Forget what was made since then: it was undone."""
        self.items, self.committed = knowledge

    async def run(self, stopping: asyncio.Event, changes: int | None = None) -> None:
        """Write until it is to stop, or so many changes. Raises WriterError."""
        for _ in iter(int, 1) if changes is None else range(changes):
            if stopping.is_set():
                return
            await self.change(self._next())
            await asyncio.sleep(self._random.expovariate(1 / self._habits.pause) if self._habits.pause else 0)

    async def change(self, wanted: Change) -> None:
        """Ask for a change until its outcome is known. Raises WriterError."""
        try:
            async with asyncio.timeout(_PATIENCE):
                while not await self._ask(wanted):
                    self.repeated += 1
                    await asyncio.sleep(_PAUSE)
        except TimeoutError as error:
            raise WriterError(f"the change {wanted.id} had no outcome within {_PATIENCE:g} s") from error
        self._told()

    async def _ask(self, wanted: Change) -> bool:
        """Whether the outcome is known now."""
        self._announce(wanted)
        begin = time.monotonic()
        try:
            answer = await self._http.post("/changes", json=wanted.model_dump())
        except httpx2.TransportError:
            status = 503
        else:
            status = answer.status_code
        self.longest_answer = max(self.longest_answer, time.monotonic() - begin)
        self._conclude(wanted, status)
        if status == (409 if wanted.fails else 200):
            return True
        if status == 503:
            return False
        raise WriterError(f"the change {wanted.id} was answered with {status}")

    def _announce(self, wanted: Change) -> None:
        key, version = f"item:{wanted.item}", wanted.version
        channel = OwnedItems(owner=wanted.owner or str(wanted.left)).name
        self._history.publishing(wanted.id, _ALL_ITEMS, channel, key=key, version=version)
        if wanted.owner and wanted.left:
            left = OwnedItems(owner=wanted.left).name
            self._history.publishing(f"{wanted.id}.left", left, key=key, version=version)
        if wanted.strays:
            self._history.publishing(f"{wanted.id}.stray", _ALL_ITEMS, key=key, version=version)

    def _conclude(self, wanted: Change, status: int) -> None:
        """A change that fails never has an effect, whatever the answer; nor has what strays."""
        events = [wanted.id, f"{wanted.id}.left"] if wanted.owner and wanted.left else [wanted.id]
        if wanted.strays:
            self._history.rolled_back(f"{wanted.id}.stray")
        if wanted.fails:
            for event in events:
                self._history.rolled_back(event)
        elif status == 200:
            for event in events:
                self._history.committed(event)
            self._keep(wanted)

    def _keep(self, wanted: Change) -> None:
        self.committed.append(wanted.id)
        if wanted.owner is None:
            del self.items[wanted.item]
        else:
            self.items[wanted.item] = Item(id=wanted.item, version=wanted.version, owner=wanted.owner, text=wanted.text)

    # What to do next.

    def _next(self) -> Change:
        chance, habits = self._random, self._habits
        self._count += 1
        wanted = self._made_up(f"w{self.number}-{self._count}")
        slow = chance.random() < habits.slow
        return wanted.model_copy(
            update={
                "fails": chance.choice(("before", "within")) if chance.random() < habits.fails else None,
                "strays": chance.random() < habits.strays,
                "seconds": chance.uniform(0, habits.longest_commit) if slow else 0.0,
            }
        )

    def _made_up(self, id: str) -> Change:
        chance = self._random
        kind = chance.choices(("make", "edit", "move", "remove"), (2, 5, 2, 1))[0]
        if not self.items or (kind == "make" and len(self.items) < _MOST_ITEMS):
            self._made += 1
            number = self.number * 1_000_000 + self._made
            return Change(id=id, item=number, version=1, owner=chance.choice(OWNERS), text=self._text())
        item = chance.choice(list(self.items.values()))
        change = Change(id=id, item=item.id, version=item.version + 1, owner=item.owner, text=self._text())
        if kind == "remove":
            return change.model_copy(update={"owner": None, "left": item.owner})
        if kind == "move":
            others = [owner for owner in OWNERS if owner != item.owner]
            return change.model_copy(update={"owner": chance.choice(others), "left": item.owner})
        return change

    def _text(self) -> str:
        return "".join(self._random.choices("abcdefgh ", k=self._random.randrange(200)))
