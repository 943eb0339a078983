"""Calls to Redis are cancelled while they are under way, behind a network that takes its time."""

import asyncio
import json
from collections.abc import Callable
from random import Random
from typing import Any

from tidings.broker import Broker
from tidings.brokers.redis import RedisBroker
from tidings.protocol.events import Draft
from tidings.protocol.log import Entry, Position
from tidings.testing.proxy import FaultProxy
from torture import valkey
from torture.ground import Ground
from torture.outcome import Outcome

CHANNELS = 40
DELAY = 0.05  # seconds, of an answer

_LONG, _SHORT = 1_000, 200  # calls that are cancelled
_AT_ONCE = 50
_AT = "2026-01-01T00:00:00.000Z"


async def run(ground: Ground) -> Outcome:
    """No answer goes to the wrong caller, and the logs hold what was acknowledged."""
    wanted = _SHORT if ground.short else _LONG
    outcome = Outcome(
        f"{wanted:,} calls of a broker (append, since, follow) are cancelled behind a proxy that takes {DELAY * 1e3:g} "
        f"ms, {_AT_ONCE} at a time, among others that are not"
    )
    with valkey.running() as server:
        async with FaultProxy(("127.0.0.1", server.port)) as proxy:
            proxy.to_client.delay = DELAY
            broker = RedisBroker(f"redis://127.0.0.1:{proxy.address[1]}")
            callers = _Callers(broker, outcome, ground.random())
            try:
                while callers.cancelled < wanted:
                    await callers.call(_AT_ONCE)
            finally:
                await broker.close()
        reader = RedisBroker(server.url)
        try:
            await callers.judge(reader)
        finally:
            await reader.close()
    return outcome


class _Callers:
    """Make calls, cancel some, and look whose the answers are."""

    def __init__(self, broker: Broker, outcome: Outcome, random: Random) -> None:
        self._broker, self._outcome, self._random = broker, outcome, random
        self._acked: dict[str, Position] = {}
        self._count = self._answered = self.cancelled = 0

    async def call(self, calls: int) -> None:
        """So many calls at once, about half of which are cancelled when they are somewhere under way."""
        tasks = [asyncio.create_task(self._one()) for _ in range(calls)]
        loop = asyncio.get_running_loop()
        for task in tasks:
            if self._random.random() < 0.5:
                loop.call_later(self._random.uniform(0, 1.5 * DELAY), task.cancel)
        for came in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(came, asyncio.CancelledError):
                self.cancelled += 1
            elif isinstance(came, BaseException):
                raise came
            else:
                self._answered += 1

    async def _one(self) -> None:
        self._count += 1
        channel = f"channel-{self._random.randrange(CHANNELS)}"
        kind: Callable[[str], Any] = self._random.choice((self._append, self._append, self._since, self._follow))
        await kind(channel)

    async def _append(self, channel: str) -> None:
        id = f"{channel}.{self._count}"
        payload = json.dumps({"channel": channel, "id": id}).encode()
        entry = await self._broker.append(channel, Draft("said", payload, _AT, id))
        self._look(channel, entry)
        self._outcome.require(entry.position.id == id, f"{id} was answered with {entry.position}")
        self._acked[id] = entry.position

    async def _since(self, channel: str) -> None:
        known = [position for id, position in self._acked.items() if id.startswith(f"{channel}.")]
        if not known:
            return
        position = self._random.choice(known)
        entries = await self._broker.since(channel, position, 10)
        self._outcome.require(entries is not None, f"{channel} does not know {position}")
        for number, entry in enumerate(entries or (), 1):
            self._look(channel, entry)
            right = entry.position.offset == position.offset + number
            self._outcome.require(right, f"{channel} after {position.offset} has {entry.position}")

    async def _follow(self, channel: str) -> None:
        top = await self._broker.follow(channel)
        self._broker.unfollow(channel)
        self._outcome.require(not top.id or top.id.startswith(f"{channel}."), f"{channel} is at {top}")

    def _look(self, channel: str, entry: Entry) -> None:
        said = json.loads(entry.message)["payload"]
        its = said == {"channel": channel, "id": entry.position.id}
        self._outcome.require(its, f"{channel} was given {entry.position} with {said}")

    async def judge(self, reader: Broker) -> None:
        """What the logs hold, read by somebody who cancels nothing."""
        held = 0
        for number in range(CHANNELS):
            channel = f"channel-{number}"
            top = await reader.follow(channel)
            entries = await reader.since(channel, Position(top.epoch, 0, ""), top.offset + 1) or []
            self._outcome.require(len(entries) == top.offset, f"{channel} holds {len(entries)} events up to {top}")
            places = {}
            for entry in entries:
                self._look(channel, entry)
                places[entry.position.id] = entry.position
            acked = {id: position for id, position in self._acked.items() if id.startswith(f"{channel}.")}
            lost = sum(places.get(id) != position for id, position in acked.items())
            self._outcome.require(not lost, f"{lost} events of {channel} are not where they were said to be")
            held += len(entries)
        self._outcome.figures |= {
            "calls cancelled": self.cancelled,
            "calls answered": self._answered,
            "events acknowledged": len(self._acked),
            "events held": held,
        }
