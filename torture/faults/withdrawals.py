"""The right to follow a channel is taken: while the rule is asked about it, and while pub/sub says nothing of it."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from itertools import count

import httpx2
import msgspec

from tidings.client import wire
from torture import cluster
from torture.balancer import Balancer
from torture.deafness import between, deaf
from torture.ground import Ground
from torture.live import Guarded, Item
from torture.outcome import Outcome
from torture.settings import RULE_TAKES
from torture.visitor import PATIENCE, Visitor

ASKING, DEAF = 1.0, 6.0  # seconds after a withdrawal in which something may still come

_LONG, _SHORT = (5, 16), (1, 6)  # rounds of each kind, and guests in each
_EVERY = 0.1  # seconds between two events of each channel
_AFTER = 5  # events that are published once the guest was told


async def run(ground: Ground) -> Outcome:
    """Nothing comes after a second (with pub/sub cut: 6), and nothing at all to who was told."""
    rounds, guests = _SHORT if ground.short else _LONG
    size = cluster.Size.of(ground)
    outcome = Outcome(
        f"{rounds} times {guests} guests of {size} over Valkey "
        f"are shut out of a channel, each at a random moment while its rule, which takes {RULE_TAKES:g} s, is asked or "
        f"just after; and {rounds} times {guests} who hear its events, while what pub/sub says vanishes"
    )
    chance = ground.random()
    async with AsyncExitStack() as stack:
        there = await stack.enter_async_context(between(ground))
        balancer = Balancer(await stack.enter_async_context(cluster.started(size, there.settings, ground.directory)))
        http = await stack.enter_async_context(balancer.http())
        numbers = count()
        asking, listening = _Kind("asking"), _Kind("deaf")
        for _ in range(rounds):
            invited = [await _Guest.invited(stack, balancer, http, next(numbers)) for _ in range(guests)]
            await asyncio.gather(*(guest.ask(chance.uniform(0, 2 * RULE_TAKES)) for guest in invited))
            asking.judge(outcome, invited, None if ground.short else ASKING)
            invited = [await _Guest.invited(stack, balancer, http, next(numbers)) for _ in range(guests)]
            await asyncio.gather(*(guest.listen() for guest in invited))
            with deaf(there.proxy, there.redis, outcome):
                await asyncio.gather(*(guest.leave() for guest in invited))
            listening.judge(outcome, invited, None if ground.short else DEAF)
        outcome.require(listening.heard > 0, "nobody heard anything before being shut out")
    return outcome


class _Guest:
    """Follows a channel of its own, on which something happens all the time, until shut out."""

    def __init__(self, visitor: Visitor, number: int, http: httpx2.AsyncClient) -> None:
        self._visitor, self._http = visitor, http
        self._url, self._name = f"/guarded/{number}", Guarded(number=number).name
        self._versions = count(1)
        self._first, self._told, self._ponged = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self.heard = self.after_told = 0
        self._shut_out = self._heard_at = 0.0
        self.wrong = ""

    @classmethod
    async def invited(
        cls, stack: AsyncExitStack, balancer: Balancer, http: httpx2.AsyncClient, number: int
    ) -> "_Guest":
        """A client that is let in, and follows nothing yet; gone when the stack unwinds."""
        user = f"guest-{number}"
        answer = await http.post(f"/guarded/{number}/guests/{user}")
        answer.raise_for_status()
        visitor = await Visitor.of(await balancer.connect(""), user)
        stack.push_async_callback(visitor.socket.close)
        return cls(visitor, number, http)

    @property
    def late(self) -> float:
        """Seconds from the withdrawal to the last event that came."""
        return max(0.0, self._heard_at - self._shut_out)

    async def ask(self, seconds: float) -> None:
        """Ask for the channel, and be shut out so much later."""
        self._begin()
        await self._visitor.ask([self._name])
        await asyncio.sleep(seconds)
        await self.leave()

    async def listen(self) -> None:
        """Follow the channel, and return with its first event."""
        self._begin()
        await self._visitor.ask([self._name])
        async with asyncio.timeout(PATIENCE):
            await self._first.wait()

    async def leave(self) -> None:
        """Be shut out, be told, and look whether anything comes after that."""
        answer = await self._http.delete(f"{self._url}/guests/{self._visitor.user}")
        self._shut_out = time.monotonic()
        answer.raise_for_status()
        try:
            async with asyncio.timeout(PATIENCE):
                await self._told.wait()
            for _ in range(_AFTER):
                await self._say()
            await self._visitor.socket.send(wire.write("ping", {}, id="4"))
            async with asyncio.timeout(PATIENCE):
                await self._ponged.wait()
        except TimeoutError:
            self.wrong = f"{self._visitor.user} was shut out, and not told within {PATIENCE:g} s"
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def _begin(self) -> None:
        self._tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._go_on_saying())]

    async def _read(self) -> None:
        while True:
            envelope, body, _ = await self._visitor.next()
            match body:
                case msgspec.Raw() if envelope.channel == self._name:
                    self.heard += 1
                    self.after_told += self._told.is_set()
                    self._heard_at = time.monotonic()
                    self._first.set()
                case wire.Unsubscribed() | wire.Failure():
                    self._told.set()
                case wire.Pong():
                    self._ponged.set()

    async def _go_on_saying(self) -> None:
        while True:
            await self._say()
            await asyncio.sleep(_EVERY)

    async def _say(self) -> None:
        item = Item(id=1, version=next(self._versions), owner="ada", text="")
        (await self._http.post(self._url, json=item.model_dump())).raise_for_status()


class _Kind:
    """What came of those who were shut out in one way."""

    def __init__(self, name: str) -> None:
        self._name = name
        self.heard, self._latest = 0, 0.0

    def judge(self, outcome: Outcome, guests: Sequence[_Guest], within: float | None) -> None:
        """Note what is wrong, and how late the last event came."""
        for guest in guests:
            self.heard += guest.heard
            self._latest = max(self._latest, guest.late)
            outcome.require(not guest.wrong, guest.wrong)
            outcome.require(not guest.after_told, f"{guest.after_told} events came to one who was told ({self._name})")
            if within is not None:
                outcome.require(guest.late <= within, f"an event came {guest.late:.1f} s after ({self._name})")
        outcome.figures[f"events heard ({self._name})"] = self.heard
        if within is not None:
            outcome.figures[f"seconds until the last event after a withdrawal, at most ({self._name})"] = self._latest
