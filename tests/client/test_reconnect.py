"""A thousand reconnect schedules: each wait uniform below its ceiling, the ceiling as promised, none after the end."""

import asyncio
import math
import random
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.client.scripted import PatientLoop, Server, running, settled
from tidings.client import Client
from tidings.client.client import State

SCHEDULES = 1_000
MOMENT = 1e-7  # seconds before and after a try, shorter than any wait
CEILINGS = [1.0, 2.0, 4.0, 8.0, 16.0, 30.0]
AGAIN = [1001, 1006, 1011, 1012, 4000, 4001, 4002, 4008, 4029]
FINAL = [1000, 1008, 1009, 4400, 4401, 4403, 4503, 4999]
FATES = ["refused", "refused", "unanswered", "short", "stable"]
ENDS = ["closed while connecting", "closed while connected", "closed while waiting", "terminal"]


@dataclass(frozen=True)
class Wait:
    seconds: float
    ceiling: float
    exact: bool  # the next try came when it was over, neither earlier nor later


@dataclass
class Schedule:
    waits: list[Wait]
    end: str
    tries_after_end: int
    tasks_after_end: int


class Course:
    """One client, from its first connection to its end, by the dice of a seed."""

    def __init__(self, seed: int, loop: PatientLoop) -> None:
        self.dice, self.loop, self.server = random.Random(seed), loop, Server()
        self.waits: list[Wait] = []
        self.attempt = 0

    async def run(self) -> Schedule:
        end, rounds = self.dice.choice(ENDS), self.dice.randint(4, 20)
        fates = [self.dice.choice(FATES) for _ in range(rounds)]
        jitter = random.Random(self.dice.random())
        self.prepare(fates[0])
        async with running(self.server, random=jitter.random) as client:
            for fate, following in zip(fates, [*fates[1:], "short"], strict=True):
                await settled()
                await self.live(fate)
                self.prepare(following)
                await self.measure(client)
            await self.finish(client, end)
        tries = self.server.tries
        await self.loop.advance(3_600)
        return Schedule(self.waits, end, self.server.tries - tries, len(asyncio.all_tasks()) - 1)

    def prepare(self, fate: str) -> None:
        self.server.fates = [OSError("nobody listens")] if fate == "refused" else []

    async def live(self, fate: str) -> None:
        """One connection, as it is fated."""
        stood = 5.0 + self.dice.random() * 100 if fate == "stable" else self.dice.random() * 4.99
        if fate in {"short", "stable"}:
            self.server.socket.establish(ping_interval=3_600)
            await settled()
        if fate != "refused":
            await self.loop.advance(stood)
            self.server.socket.end(self.dice.choice(AGAIN))
            await settled()
        if fate == "stable":
            self.attempt = 0

    async def measure(self, client: Client) -> None:
        assert client.status.retry_at is not None, client.status
        wait = client.status.retry_at - self.loop.time()
        before = self.server.tries
        await self.loop.advance(max(0.0, wait - MOMENT))
        early = self.server.tries > before
        await self.loop.advance(2 * MOMENT)
        ceiling = min(30.0, 2.0**self.attempt)
        self.waits.append(Wait(wait, ceiling, not early and self.server.tries == before + 1))
        self.attempt += 1

    async def finish(self, client: Client, end: str) -> None:
        if end == "closed while connecting":
            return
        self.server.socket.establish()
        await settled()
        if end == "closed while waiting":
            self.server.socket.end(1006)
            await settled()
            assert client.status.state is State.OFFLINE
        elif end == "terminal":
            self.server.socket.end(self.dice.choice(FINAL))
            await settled()
            assert (client.status.state, client.status.retry_at) == (State.REFUSED, None)


def followed(seed: int) -> Schedule:
    loop = PatientLoop()
    try:
        return loop.run_until_complete(Course(seed, loop).run())
    finally:
        loop.close()


@pytest.fixture(scope="module")
def schedules() -> list[Schedule]:
    return [followed(seed) for seed in range(SCHEDULES)]


@pytest.fixture(scope="module")
def waits(schedules: list[Schedule]) -> list[Wait]:
    return [wait for schedule in schedules for wait in schedule.waits]


def test_there_is_much_to_look_at(schedules: list[Schedule], waits: list[Wait]) -> None:
    assert {wait.ceiling for wait in waits} == set(CEILINGS)
    assert {schedule.end for schedule in schedules} == set(ENDS)
    assert len(waits) > 8_000


def test_no_wait_reaches_its_ceiling_which_starts_over_only_after_five_seconds(waits: list[Wait]) -> None:
    assert [wait for wait in waits if not -1e-6 <= wait.seconds < wait.ceiling + 1e-6] == []


def test_the_next_try_comes_when_the_wait_is_over(waits: list[Wait]) -> None:
    assert [wait for wait in waits if not wait.exact] == []


@pytest.mark.parametrize("ceiling", CEILINGS)
def test_waits_are_uniform(waits: list[Wait], ceiling: float) -> None:
    assert kolmogorov_smirnov([wait.seconds / ceiling for wait in waits if wait.ceiling == ceiling]) < 1.63


def test_none_after_the_end_and_nothing_is_left_running(schedules: list[Schedule]) -> None:
    assert [it for it in schedules if it.tries_after_end or it.tasks_after_end] == []


def kolmogorov_smirnov(shares: list[float]) -> float:
    """The greatest distance from the uniform distribution, times √n: above 1.63 in one of a hundred uniform samples."""
    return max(distances(sorted(shares))) * math.sqrt(len(shares))


def distances(ordered: list[float]) -> Iterator[float]:
    count = len(ordered)
    for index, share in enumerate(ordered):
        yield max((index + 1) / count - share, share - index / count)
