"""What the demo has beyond the application: colleagues who are played. None of this is there without the demo."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from scheduling.server.domain.simulation import Simulation, SimulationPace
from scheduling.server.domain.staff import Staff
from scheduling.server.domain.text import Person

from .access import require_manager
from .changes import Desk

logger = logging.getLogger(__name__)

LASTS = timedelta(minutes=5)


class CannotPlay(Exception):
    """The colleagues cannot go on; the message is a sentence for people."""


class Players(Protocol):
    """Works in the colleagues' names through the REST API at `address`, until it is cancelled.

    Calls `begun` with who they are once they have signed in. Raises CannotPlay.
    """

    async def __call__(
        self, address: str, pace: SimulationPace, begun: Callable[[tuple[Person, ...]], Awaitable[None]]
    ) -> None: ...


@dataclass(frozen=True, slots=True)
class Demo:
    """What a visitor of the demo is told of it: how to sign in as whom; and who plays the colleagues."""

    manager: str
    staff: str
    password: str
    players: Players


class SimulationService:
    """At most one simulation at a time; it ends after `lasts`, when it is stopped, or when it cannot go on.

    Guarantees that every screen is told of each beginning and each end, of those with the server's end too.
    """

    def __init__(self, desk: Desk, players: Players, lasts: timedelta = LASTS) -> None:
        self._desk, self._players, self._lasts = desk, players, lasts
        self._state = Simulation()
        self._task: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()

    def current(self) -> Simulation:
        return self._state

    async def open(self) -> None:
        """At the server's start: whatever was played when it ended is not any more."""
        await self._tell()

    async def start(self, manager: Staff, pace: SimulationPace, address: str) -> Simulation:
        """Begin, or go on at another pace and for the whole time again. Raises Forbidden."""
        require_manager(manager, "simulate colleagues")
        async with self._turn:
            await self._cancel()
            await self._tell(pace)
            self._task = asyncio.create_task(self._play(pace, address))
            return self._state

    async def stop(self, manager: Staff) -> Simulation:
        """Raises Forbidden."""
        require_manager(manager, "simulate colleagues")
        await self.close()
        return self._state

    async def close(self) -> None:
        async with self._turn:
            await self._cancel()
            if self._state.running:
                await self._tell()

    async def finished(self) -> None:
        """Returns when nobody is played any more."""
        if self._task:
            await asyncio.wait([self._task])

    async def _cancel(self) -> None:
        if self._task:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def _play(self, pace: SimulationPace, address: str) -> None:
        async def begun(people: tuple[Person, ...]) -> None:
            await self._tell(pace, people)

        problem = ""
        try:
            async with asyncio.timeout(self._lasts.total_seconds()):
                await self._players(address, pace, begun)
        except TimeoutError:
            pass  # As long as it lasts.
        except CannotPlay as error:
            problem = str(error)
        except Exception:
            logger.exception("The simulation of colleagues ended by an error")
            problem = "An error ended it; the server's log says which."
        await self._tell(problem=problem)

    async def _tell(
        self, pace: SimulationPace | None = None, people: tuple[Person, ...] = (), problem: str = ""
    ) -> None:
        async with self._desk.change() as change:
            # The clock counts on over restarts; two changes of one millisecond still differ.
            version = max(self._state.version + 1, round(change.now.timestamp() * 1000))
            ends_at = change.now + self._lasts if pace else None
            state = Simulation(pace=pace, people=people, ends_at=ends_at, problem=problem, version=version)
            change.notifier.notify_simulation(state)
        self._state = state
