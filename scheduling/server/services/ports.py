"""What the use cases need from the outside, and what they may rely on."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

from scheduling.server.domain.calendar import CalendarLink
from scheduling.server.domain.needs import LocationNeeds
from scheduling.server.domain.offer import Offer
from scheduling.server.domain.schedule import Location, Schedule, ScheduleStatus, Shift
from scheduling.server.domain.simulation import Simulation
from scheduling.server.domain.staff import Contract, Staff, StaffRole
from scheduling.server.domain.template import FullTemplate, Template, TemplateShift
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

    def holds(self, instant: datetime) -> bool:
        """Whether `instant` is one of its own."""
        return (self.starts_at is None or self.starts_at <= instant) and (
            self.ends_at is None or instant < self.ends_at
        )


@dataclass(frozen=True, slots=True)
class VersionOf:
    """A schedule, or a request for time off, as somebody saw it."""

    id: int
    version: int


MOST_AT_ONCE = 1_000
"""Steps of a Batch, or drafts published, in one request."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What is to be done together: shifts to add, fields to set in others as somebody saw them, and some to delete."""

    create: Sequence[Shift] = ()
    change: Sequence[tuple[VersionOf, Mapping[str, object]]] = ()
    delete: Sequence[VersionOf] = ()


@dataclass(frozen=True, slots=True)
class Batched:
    """What came of a Batch, in its order; what was deleted by number."""

    created: list[Schedule]
    changed: list[Schedule]
    deleted: list[int]


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
class NewOffer:
    """An offer to be added, open: of `schedule` to somebody (None: to all), or in exchange for `wanted`."""

    staff_id: int
    schedule: Schedule
    to_id: int | None
    wanted: Schedule | None
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
class LastChange:
    """Who changed somebody's record last, and when; `at` is None where nobody ever did."""

    by: Person | None
    at: datetime | None


@dataclass(frozen=True, slots=True)
class CalendarEntry:
    """A shift in a calendar: whose it is (None: nobody's yet), and whether it is the reader's `own`."""

    shift: Schedule
    name: str | None
    own: bool


@dataclass(frozen=True, slots=True)
class CalendarPage:
    """What a calendar program reads at once; `host` is the server, for names that are unique in the world."""

    name: str
    host: str
    entries: Sequence[CalendarEntry]


CalendarWriter = Callable[[CalendarPage], bytes]
"""Writes iCalendar (RFC 5545); runs in a thread."""


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in browser, known by the hash of its refresh token."""

    token_hash: str
    staff_id: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """What a request was answered with; `digest` tells whether another is the same. Without `body` it is not kept."""

    digest: str
    status: int
    media_type: str | None
    body: bytes | None


class StaffRepository(Protocol):
    async def get(self, staff_id: int) -> Staff | None: ...
    async def all(self) -> list[Staff]: ...
    async def credentials(self, email: str) -> Credentials | None: ...
    async def add(self, new: NewStaff) -> Staff: ...
    async def save(self, staff: Staff, by: Staff, at: datetime) -> None: ...
    async def last_change(self, staff_id: int) -> LastChange: ...
    async def set_password(self, staff_id: int, password_hash: str) -> None: ...


class LocationRepository(Protocol):
    async def get(self, name: str) -> Location | None: ...
    async def all(self) -> list[Location]: ...
    async def add(self, location: Location) -> None: ...


class NeedsRepository(Protocol):
    async def get(self, location: str) -> LocationNeeds | None: ...
    async def all(self) -> list[LocationNeeds]:
        """By location; those that nothing was ever said about are left out."""
        ...

    async def put(self, needs: LocationNeeds) -> None: ...


class ScheduleRepository(Protocol):
    async def get(self, schedule_id: int) -> Schedule | None: ...
    async def deletion(self, schedule_id: int) -> Deletion | None: ...
    async def find(
        self,
        window: Window,
        *,
        staff_id: int | None = None,
        location: str | None = None,
        status: ScheduleStatus | None,
        limit: int,
    ) -> list[Schedule]: ...
    async def find_open(self, after: datetime, limit: int) -> list[Schedule]:
        """Published shifts that begin after an instant and nobody has, by start."""
        ...

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


class OfferRepository(Protocol):
    async def get(self, offer_id: int) -> Offer | None: ...
    async def find(self, concerning: int | None, since: datetime, limit: int) -> list[Offer]:
        """Open ones and what changed `since`, the newest first: this person's, theirs to answer or taken; None: all."""
        ...

    async def open_with(self, schedule_id: int) -> list[Offer]:
        """The open ones by which this shift would change hands."""
        ...

    async def add(self, new: NewOffer, at: datetime) -> Offer: ...
    async def save(self, offer: Offer) -> None: ...


class TemplateRepository(Protocol):
    async def get(self, template_id: int) -> FullTemplate | None: ...
    async def all(self) -> list[Template]:
        """By name."""
        ...

    async def add(self, name: str, shifts: tuple[TemplateShift, ...], by: Staff, at: datetime) -> FullTemplate: ...
    async def save(self, template: FullTemplate) -> None: ...
    async def delete(self, template_id: int) -> None: ...


class CalendarLinkRepository(Protocol):
    async def find(self, token_hash: str) -> CalendarLink | None: ...
    async def active(self, staff_id: int) -> list[CalendarLink]:
        """This person's that were not revoked, the newest first."""
        ...

    async def add(self, staff_id: int, location: str | None, token_hash: str, at: datetime) -> CalendarLink: ...
    async def save(self, link: CalendarLink) -> None: ...
    async def forget_revoked(self, staff_id: int, most: int) -> None:
        """Keep this person's `most` that were revoked last, and none of the others."""
        ...


class SessionRepository(Protocol):
    async def get(self, token_hash: str) -> Session | None: ...
    async def of_staff(self, staff_id: int) -> Sequence[Session]:
        """This person's sessions, the ones that end first in front."""
        ...

    async def put(self, session: Session) -> None: ...
    async def delete(self, token_hash: str) -> None: ...
    async def delete_of_staff(self, staff_id: int) -> None: ...
    async def delete_expired(self, now: datetime) -> None: ...


class AnswerRepository(Protocol):
    """Answers by who was answered, and by the name that their client gave the request."""

    async def find(self, staff_id: int, request_id: str) -> KeptAnswer | None: ...
    async def add(self, staff_id: int, request_id: str, answer: KeptAnswer, at: datetime) -> None: ...
    async def delete_before(self, at: datetime) -> None: ...


class Transaction(Protocol):
    """The repositories, as of one instant."""

    @property
    def staff(self) -> StaffRepository: ...
    @property
    def locations(self) -> LocationRepository: ...
    @property
    def needs(self) -> NeedsRepository: ...
    @property
    def schedules(self) -> ScheduleRepository: ...
    @property
    def time_off(self) -> TimeOffRepository: ...
    @property
    def offers(self) -> OfferRepository: ...
    @property
    def templates(self) -> TemplateRepository: ...
    @property
    def calendar_links(self) -> CalendarLinkRepository: ...
    @property
    def sessions(self) -> SessionRepository: ...
    @property
    def answers(self) -> AnswerRepository: ...


Tx_co = TypeVar("Tx_co", bound=Transaction, covariant=True)


class Store(Protocol[Tx_co]):
    """Gives transactions.

    `write` excludes every other writer from before its first read, so that what it checked still holds when it
    commits. It commits at the end of the block and rolls back when the block raises. Raises Busy where another process
    does not let go.
    """

    def read(self) -> AbstractAsyncContextManager[Tx_co]: ...
    def write(self) -> AbstractAsyncContextManager[Tx_co]: ...


class Notifier(Protocol):
    """Tells of one change every screen that may know: if, and when, the change's transaction commits.

    Who may know is the notifier's to decide: of a draft, managers only.
    """

    def notify_schedule_created(self, schedule: Schedule) -> None: ...
    def notify_schedule_changed(self, before: Schedule, after: Schedule) -> None: ...
    def notify_schedule_deleted(self, schedule: Schedule) -> None:
        """`schedule` is the last version that stood."""
        ...

    def notify_time_off(self, time_off: TimeOff) -> None:
        """Asked for or decided, as its status says."""
        ...

    def notify_offer(self, offer: Offer) -> None:
        """Made, accepted, decided or over, as its status says."""
        ...

    def notify_calendar_link(self, link: CalendarLink) -> None:
        """Made, read or revoked: its owner's business alone."""
        ...

    def notify_staff_created(self, staff: Staff) -> None: ...
    def notify_staff_changed(self, staff: Staff) -> None:
        """Changed, gone or back, as it says itself."""
        ...

    def end_connections(self, staff: Staff) -> None:
        """What they may follow is another now: their live connections end, and their access tokens open no new ones."""
        ...

    def notify_simulation(self, simulation: Simulation) -> None: ...
    def notify_template(self, template: Template) -> None:
        """Added, or in place of the version before."""
        ...

    def notify_template_deleted(self, template: Template) -> None: ...
    def notify_needs(self, needs: LocationNeeds) -> None:
        """In place of all that the location needed before."""
        ...


def at_most(found: list[Row], what: str) -> list[Row]:
    """`found`, which was asked for with a limit of MOST_ROWS + 1. Raises TooMany."""
    if len(found) > MOST_ROWS:
        raise TooMany(f"More than {MOST_ROWS} {what} match. Ask for a shorter time with from and to.")
    return found
