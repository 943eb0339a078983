"""Playing the colleagues: each signed in with a session of their own, over HTTP."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from random import Random
from zoneinfo import ZoneInfo

import httpx2
from pydantic import TypeAdapter

from scheduling.server.client import ApiClient, ApiError, Pace
from scheduling.server.domain.instants import Clock, rfc_3339, week_of
from scheduling.server.domain.schedule import Schedule
from scheduling.server.domain.simulation import SimulationPace
from scheduling.server.domain.staff import Staff
from scheduling.server.domain.text import Person
from scheduling.server.services.simulation import CannotPlay

from .choice import Edit, Part, Seen, edits

RATES: Mapping[SimulationPace, float] = {"calm": 0.2, "steady": 1, "brisk": 5}
"""Edits a second."""

TRIES = 8
"""Edits that are tried at one time, when the server refuses: then it is a colleague's pause."""

REQUESTS = 100
"""A second, at most, by each of them."""

Connect = Callable[[str], httpx2.AsyncClient]
Sleep = Callable[[float], Awaitable[None]]
UTC = ZoneInfo("UTC")
SCHEDULES = TypeAdapter(list[Schedule])


def connected(address: str) -> httpx2.AsyncClient:
    # Whatever proxies there are: the server is this very machine.
    return httpx2.AsyncClient(base_url=address, timeout=30, trust_env=False)


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody who is played, signed in."""

    api: ApiClient
    staff: Staff

    @property
    def part(self) -> Part:
        return "plans" if self.staff.is_manager else "takes"


class Colleagues:
    """The Players of `services.simulation`: these e-mails, all with one password."""

    def __init__(
        self,
        emails: Sequence[str],
        password: str,
        *,
        clock: Clock,
        dice: Random,
        connect: Connect = connected,
        sleep: Sleep = asyncio.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._emails, self._password = emails, password
        self._clock, self._dice, self._connect = clock, dice, connect
        self._sleep, self._monotonic = sleep, monotonic

    async def __call__(
        self, address: str, pace: SimulationPace, begun: Callable[[tuple[Person, ...]], Awaitable[None]]
    ) -> None:
        """Raises CannotPlay."""
        try:
            async with AsyncExitStack() as stack:
                people = [await stack.enter_async_context(self._signed_in(address, email)) for email in self._emails]
                await begun(tuple(each.staff.person for each in people))
                await self._work(people, Pace(RATES[pace], self._monotonic, self._sleep))
        except ApiError as error:
            raise CannotPlay(str(error)) from error

    @asynccontextmanager
    async def _signed_in(self, address: str, email: str) -> AsyncIterator[Colleague]:
        """Signed out at the end, so that no sessions are left behind."""
        async with self._connect(address) as http:
            api = ApiClient(http, Pace(REQUESTS, self._monotonic, self._sleep), email, self._password)
            staff = Staff.model_validate((await api.send("GET", "/api/me")).json())
            try:
                yield Colleague(api, staff)
            finally:
                with suppress(httpx2.RequestError):  # The server ends as well, and the session when it expires.
                    await http.post("/api/auth/logout")

    async def _work(self, people: Sequence[Colleague], pace: Pace) -> None:
        planners = [each for each in people if each.part == "plans"]
        if not planners:
            raise CannotPlay("Nobody of those who are played is a manager: remove the demo's data and start it again.")
        added: set[int] = set()
        while True:
            await pace.wait()
            shifts = await self._shifts(planners[0])
            added &= {shift.id for shift in shifts}
            seen = Seen(shifts, self._clock(), {each.staff.id for each in people}, added)
            for edit in islice(edits(seen, self._dice), TRIES):
                if response := await self._done(edit, people):
                    if edit.path == "/api/schedules":
                        added.add(response.json()["id"])
                    break

    async def _shifts(self, planner: Colleague) -> list[Schedule]:
        """A fortnight of them, from the beginning of this week on."""
        monday, next_monday = week_of(self._clock(), UTC)
        window = {"from": rfc_3339(monday), "to": rfc_3339(next_monday + timedelta(days=7))}
        return SCHEDULES.validate_python(await planner.api.get("/api/schedules", **window))

    async def _done(self, edit: Edit, people: Sequence[Colleague]) -> httpx2.Response | None:
        """The answer of the server that has done it; None where it refused, or nobody plays that part."""
        able = [each for each in people if each.part == edit.by]
        if not able:
            return None
        api = self._dice.choice(able).api
        response = await api.send(edit.method, edit.path, json=edit.body, params=edit.query)
        return response if response.is_success else None
