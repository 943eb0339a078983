"""A clock that a test turns by hand, and an event loop that goes by it."""

import asyncio
from collections.abc import Callable
from contextvars import Context
from typing import TypeVarTuple

Ts = TypeVarTuple("Ts")

_TURNS = 20  # of the loop, that what a timer began has for its consequences
_LOOP_BEGAN = 1_000.0  # seconds; loops do not begin at 0 either
_MANY = 1_000  # timers, after which those that were cancelled are forgotten


class FakeClock:
    """Stands still until it is turned. Called, it tells the seconds since 1970, as `clock=` of `ConnectionManager` and
    `JWTAuth` want it:

        clock = FakeClock()
        manager = ConnectionManager(clock=clock, …)

    `new_loop` makes an event loop that goes by it, so that timeouts, pings and expiries come when the test says:
    `await clock.advance(30)`. Waits of the test kit itself (`Client.expect`) go by real time and cannot hang.
    """

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self._began = now
        self._passed = 0.0

    def __call__(self) -> float:
        return self._began + self._passed

    @property
    def loop_time(self) -> float:
        """The time of its event loops: small, since asyncio compares times to the nanosecond."""
        return _LOOP_BEGAN + self._passed

    def turn(self, seconds: float) -> None:
        """Have time passed at once; no timer runs. For tests whose event loop goes by another clock."""
        if not seconds >= 0:
            raise ValueError(f"turn({seconds!r}): time goes forward")
        self._passed += seconds

    async def advance(self, seconds: float) -> None:
        """Let time pass, from timer to timer, each with its consequences.

        Raises RuntimeError on an event loop that `new_loop` did not make.
        """
        loop = asyncio.get_running_loop()
        if not isinstance(loop, _TurnedLoop) or loop.clock is not self:
            raise RuntimeError(
                "the running event loop does not go by this clock: make it with loop_factory=clock.new_loop "
                "(docs/testing.md), or use clock.turn(seconds), which runs no timers"
            )
        if not seconds >= 0:
            raise ValueError(f"advance({seconds!r}): time goes forward")
        until = self._passed + seconds
        while (due := loop.next_timer()) is not None and due - _LOOP_BEGAN <= until:
            self._passed = max(self._passed, due - _LOOP_BEGAN)
            await _settled()
        self._passed = until
        await _settled()

    def new_loop(self) -> asyncio.AbstractEventLoop:
        """An event loop whose time is this clock's; a loop factory for asyncio, anyio's plugin and pytest-asyncio."""
        return _TurnedLoop(self)


class _TurnedLoop(asyncio.SelectorEventLoop):
    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self._pending: list[asyncio.TimerHandle] = []
        self._many = _MANY
        super().__init__()

    def time(self) -> float:
        return self.clock.loop_time

    def call_at(
        self, when: float, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.TimerHandle:
        timer = super().call_at(when, callback, *args, context=context)
        if len(self._pending) >= self._many:
            self._forget()
            self._many = max(_MANY, 2 * len(self._pending))
        self._pending.append(timer)
        return timer

    def next_timer(self) -> float | None:
        """When the next timer is due that has not been; those that were are forgotten."""
        self._forget()
        return min((timer.when() for timer in self._pending), default=None)

    def _forget(self) -> None:
        now = self.time()
        self._pending = [timer for timer in self._pending if not timer.cancelled() and timer.when() > now]


async def _settled() -> None:
    for _ in range(_TURNS):
        await asyncio.sleep(0)
