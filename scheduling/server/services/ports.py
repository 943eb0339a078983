"""What the use cases need from the outside, and what they may rely on."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

from scheduling.server.domain.schedule import Location, Schedule, ScheduleStatus, Shift
from scheduling.server.domain.staff import Contract, Staff, StaffRole
from scheduling.server.domain.text import Person
from scheduling.server.domain.time_off import TimeOff, TimeOffStatus

from .errors import TooMany

Row = TypeVar("Row")

Dice = Callable[[], str]
"""Gives an unguessable text of at least 256 bits, safe in a cookie."""

MOST_ROWS = 10_000
"""What one answer carries at most."""


@dataclass(frozen=True, slots=True)
class Window:
    """Asks for what overlaps [`starts_at`, `ends_at`); a missing end is open."""

    starts_at: datetime | None = None
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class VersionOf:
    """A schedule, or a request for time off, as somebody saw it."""

    id: int
    version: int


@dataclass(frozen=True, slots=True)
class NewStaff:
    """A member of staff to be added; without `password_hash` they cannot sign in yet."""

    name: str
    email: str
    role: StaffRole
    skills: tuple[str, ...]
    contract: Contract
    password_hash: str | None = None


@dataclass(frozen=True, slots=True)
class NewTimeOff:
    """A request for time off to be added, pending."""

    staff_id: int
    starts_at: datetime
    ends_at: datetime
    note: str


@dataclass(frozen=True, slots=True)
class Credentials:
    """Whose `password_hash` it is."""

    staff: Staff
    password_hash: str | None


@dataclass(frozen=True, slots=True)
class Deletion:
    """That a schedule was deleted: by whom, when."""

    by: Person | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in browser, known by the hash of its refresh token."""

    token_hash: str
    staff_id: int
    expires_at: datetime


class StaffRepository(Protocol):
    async def get(self, staff_id: int) -> Staff | None: ...
    async def all(self) -> list[Staff]: ...
    async def credentials(self, email: str) -> Credentials | None: ...
    async def add(self, new: NewStaff) -> Staff: ...


class LocationRepository(Protocol):
    async def get(self, name: str) -> Location | None: ...
    async def all(self) -> list[Location]: ...
    async def add(self, location: Location) -> None: ...


class ScheduleRepository(Protocol):
    async def get(self, schedule_id: int) -> Schedule | None: ...
    async def deletion(self, schedule_id: int) -> Deletion | None: ...
    async def find(
        self, window: Window, *, staff_id: int | None, status: ScheduleStatus | None, limit: int
    ) -> list[Schedule]: ...
    async def add(self, shift: Shift, by: Staff, at: datetime) -> Schedule: ...
    async def save(self, schedule: Schedule) -> None: ...
    async def delete(self, schedule_id: int, by: Staff, at: datetime) -> None: ...


class TimeOffRepository(Protocol):
    async def get(self, time_off_id: int) -> TimeOff | None: ...
    async def find(
        self, window: Window, *, staff_id: int | None, status: TimeOffStatus | None, limit: int
    ) -> list[TimeOff]: ...
    async def add(self, new: NewTimeOff, at: datetime) -> TimeOff: ...
    async def save(self, time_off: TimeOff) -> None: ...


class SessionRepository(Protocol):
    async def get(self, token_hash: str) -> Session | None: ...
    async def of_staff(self, staff_id: int) -> Sequence[Session]:
        """This person's sessions, the ones that end first in front."""
        ...

    async def put(self, session: Session) -> None: ...
    async def delete(self, token_hash: str) -> None: ...
    async def delete_expired(self, now: datetime) -> None: ...


class Transaction(Protocol):
    """The repositories, as of one instant."""

    @property
    def staff(self) -> StaffRepository: ...
    @property
    def locations(self) -> LocationRepository: ...
    @property
    def schedules(self) -> ScheduleRepository: ...
    @property
    def time_off(self) -> TimeOffRepository: ...
    @property
    def sessions(self) -> SessionRepository: ...
    @property
    def session(self) -> Any:
        """What the notifier writes with; nothing to a use case."""


class Store(Protocol):
    """Gives transactions.

    `write` excludes every other writer from before its first read, so that what it checked still holds when it
    commits. It commits at the end of the block and rolls back when the block raises.
    """

    def read(self) -> AbstractAsyncContextManager[Transaction]: ...
    def write(self) -> AbstractAsyncContextManager[Transaction]: ...


class Occasion(Protocol):
    """A change that is to be told."""

    @property
    def tx(self) -> Transaction: ...
    @property
    def request_id(self) -> str | None:
        """The name that the client gave the request, by which it knows its own change again."""


class Notifier(Protocol):
    """Tells every screen that may know: if, and when, the change's transaction commits.

    Who may know is the notifier's to decide: of a draft, managers only.
    """

    def notify_schedule_created(self, change: Occasion, schedule: Schedule) -> None: ...
    def notify_schedule_changed(self, change: Occasion, before: Schedule, after: Schedule) -> None: ...
    def notify_schedule_deleted(self, change: Occasion, schedule: Schedule) -> None:
        """`schedule` is the last version that stood."""
        ...

    def notify_time_off(self, change: Occasion, time_off: TimeOff) -> None:
        """Asked for or decided, as its status says."""
        ...

    def notify_staff_created(self, change: Occasion, staff: Staff) -> None: ...


def at_most(found: list[Row], what: str) -> list[Row]:
    """`found`, which was asked for with a limit of MOST_ROWS + 1. Raises TooMany."""
    if len(found) > MOST_ROWS:
        raise TooMany(f"More than {MOST_ROWS} {what} match. Ask for a shorter time with from and to.")
    return found
