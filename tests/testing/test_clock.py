"""The fake clock: what it moves, in which order, and with whom it works."""

import asyncio

import pytest

from tidings import Channel, ConnectionManager, Event, Handshake, Limits, User
from tidings.testing import FakeClock, connected

clock = FakeClock()


class Happened(Event, type="happened"):
    what: str


class News(Channel[Happened], name="news"): ...


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, object]]:
    return "asyncio", {"loop_factory": clock.new_loop}


def authenticate(handshake: Handshake, token: str | None) -> User:
    return User(str(token), expires_at=clock() + 60)


@pytest.fixture
def manager() -> ConnectionManager:
    manager = ConnectionManager(
        channels=[News], authenticate=authenticate, clock=clock, limits=Limits(auth_timeout=5, expiry_notice=30)
    )
    manager.authorize(News)(lambda channel, user: True)
    return manager


async def test_time_stands_still() -> None:
    loop = asyncio.get_running_loop()
    began, loop_began = clock(), loop.time()
    timer = loop.call_later(0.001, pytest.fail, "it ran")
    for _ in range(1_000):
        await asyncio.sleep(0)
    assert (clock(), loop.time()) == (began, loop_began)
    timer.cancel()


async def test_advance_goes_from_timer_to_timer() -> None:
    began, seen = clock(), list[tuple[str, float]]()

    async def every(seconds: float, name: str) -> None:
        for _ in range(2):
            await asyncio.sleep(seconds)
            seen.append((name, clock() - began))

    tasks = [asyncio.create_task(every(3, "three")), asyncio.create_task(every(2, "two"))]
    await asyncio.sleep(0)
    await clock.advance(5)
    assert seen == [("two", 2), ("three", 3), ("two", 4)]
    assert clock() == began + 5
    await clock.advance(1)
    assert seen[3:] == [("three", 6)]
    await asyncio.gather(*tasks)


async def test_a_cancelled_timer_does_not_run() -> None:
    timer = asyncio.get_running_loop().call_later(1, pytest.fail, "it ran")
    timer.cancel()
    await clock.advance(2)


async def test_timeouts_come_when_the_test_says() -> None:
    async def waiting() -> None:
        async with asyncio.timeout(3_600):
            await asyncio.Event().wait()

    task = asyncio.create_task(waiting())
    await asyncio.sleep(0)
    await clock.advance(3_599)
    assert not task.done()
    await clock.advance(1)
    with pytest.raises(TimeoutError):
        await task


@pytest.mark.parametrize("transport", ["asgi", "native"])
async def test_a_tokens_time_runs_out(manager: ConnectionManager, transport: str) -> None:
    async with connected(manager, token="anna", transport=transport) as client:  # type: ignore[arg-type]
        await client.subscribe(News())
        await clock.advance(25)
        await client.expect_none()
        await clock.advance(10)
        assert (await client.expect("connection:error"))["payload"]["code"] == "token_expiring"
        await clock.advance(30)
        assert (await client.expect("connection:error"))["payload"]["code"] == "token_expired"
        assert await client.expect_closed() == 4001


@pytest.mark.parametrize("transport", ["asgi", "native"])
async def test_who_says_nothing_is_closed(manager: ConnectionManager, transport: str) -> None:
    async with connected(manager, transport=transport) as client:  # type: ignore[arg-type]
        await clock.advance(3)
        assert client.closed is None
        await clock.advance(4)
        assert await client.expect_closed() == 4008


async def test_the_kits_own_waits_go_by_real_time(manager: ConnectionManager) -> None:
    async with connected(manager, token="anna") as client:
        with pytest.raises(AssertionError, match=r"within 0\.05 s; no message waits"):
            await client.expect(Happened, timeout=0.05)


async def test_another_clock_of_the_loop_is_an_error() -> None:
    with pytest.raises(RuntimeError, match=r"loop_factory=clock\.new_loop"):
        await FakeClock().advance(1)


async def test_time_goes_forward() -> None:
    with pytest.raises(ValueError, match="time goes forward"):
        await clock.advance(-1)
    with pytest.raises(ValueError, match="time goes forward"):
        clock.turn(float("nan"))


def test_turned_without_a_loop() -> None:
    other = FakeClock(100.0)
    other.turn(2.5)
    assert other() == 102.5


def test_timers_that_were_cancelled_are_forgotten() -> None:
    async def many() -> int:
        loop = asyncio.get_running_loop()
        for _ in range(5_000):
            loop.call_later(1, pytest.fail).cancel()
        return len(loop._pending)  # type: ignore[attr-defined]

    with asyncio.Runner(loop_factory=FakeClock().new_loop) as runner:
        assert runner.run(many()) <= 1_001
