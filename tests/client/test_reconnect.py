"""A thousand reconnect schedules: each wait uniform below the outage so far (1 to 30 s), and none after the end."""

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
# Seconds of outage: none yet, below the lowest ceiling, between the two, and beyond the highest.
LENGTHS = [(0.0, 0.001), (0.001, 1.0), (1.0, 5.0), (5.0, 15.0), (15.0, 30.0), (30.0, math.inf)]
AGAIN = [1001, 1006, 1011, 1012, 4000, 4001, 4002, 4008, 4029]
FINAL = [1000, 1008, 1009, 4400, 4401, 4403, 4503, 4999]
FATES = ["refused", "refused", "unanswered", "short", "stable"]
ENDS = ["closed while connecting", "closed while connected", "closed while waiting", "terminal"]


@dataclass(frozen=True)
class Wait:
    seconds: float
    outage: float  # seconds since the connection was lost, or the first try failed, when this wait began
    starts_over: bool  # the first after a connection that stood for 5 s, of a client that had been away before
    exact: bool  # the next try came when it was over, neither earlier nor later

    @property
    def ceiling(self) -> float:
        return min(30.0, max(1.0, self.outage))


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
        self.began: float | None = None  # the outage
        self.starts_over = False

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
        self.starts_over = fate == "stable" and self.began is not None
        if fate == "stable":
            self.began = None

    async def measure(self, client: Client) -> None:
        assert client.status.retry_at is not None, client.status
        now = self.loop.time()
        if self.began is None:
            self.began = now
        wait = client.status.retry_at - now
        before = self.server.tries
        await self.loop.advance(max(0.0, wait - MOMENT))
        early = self.server.tries > before
        await self.loop.advance(2 * MOMENT)
        exact = not early and self.server.tries == before + 1
        self.waits.append(Wait(wait, now - self.began, self.starts_over, exact))

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


def within(waits: list[Wait], from_: float, to: float) -> list[Wait]:
    return [wait for wait in waits if from_ <= wait.outage < to]


def test_there_is_much_to_look_at(schedules: list[Schedule], waits: list[Wait]) -> None:
    assert min(len(within(waits, *length)) for length in LENGTHS) > 300
    assert sum(wait.starts_over for wait in waits) > 1_000
    assert {schedule.end for schedule in schedules} == set(ENDS)
    assert len(waits) > 8_000


def test_no_wait_reaches_its_ceiling_which_is_the_length_of_the_outage(waits: list[Wait]) -> None:
    assert [wait for wait in waits if not -1e-6 <= wait.seconds < wait.ceiling + 1e-6] == []


def test_after_five_seconds_of_connection_the_next_outage_starts_over(waits: list[Wait]) -> None:
    assert [wait for wait in waits if wait.starts_over and wait.seconds >= 1.0] == []


def test_the_next_try_comes_when_the_wait_is_over(waits: list[Wait]) -> None:
    assert [wait for wait in waits if not wait.exact] == []


@pytest.mark.parametrize("length", LENGTHS)
def test_waits_are_uniform(waits: list[Wait], length: tuple[float, float]) -> None:
    assert kolmogorov_smirnov([wait.seconds / wait.ceiling for wait in within(waits, *length)]) < 1.63


def test_none_after_the_end_and_nothing_is_left_running(schedules: list[Schedule]) -> None:
    assert [it for it in schedules if it.tries_after_end or it.tasks_after_end] == []


def kolmogorov_smirnov(shares: list[float]) -> float:
    """The greatest distance from the uniform distribution, times √n: above 1.63 in one of a hundred uniform samples."""
    return max(distances(sorted(shares))) * math.sqrt(len(shares))


def distances(ordered: list[float]) -> Iterator[float]:
    count = len(ordered)
    for index, share in enumerate(ordered):
        yield max((index + 1) / count - share, share - index / count)
