"""A believable team and its weeks: what the demo starts with.

`weeks_of` is pure: the same Monday gives the same weeks. They break no rule, hard or soft (a test checks it).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from .domain.instants import at
from .domain.needs import LocationNeeds, Need
from .domain.schedule import Location, Shift
from .domain.staff import Contract, Staff, StaffRole
from .domain.time_off import Decision
from .services.passwords import Passwords
from .services.ports import NewStaff, NewTimeOff, Store, Transaction, Window

PASSWORD = "demo"
MANAGER_EMAIL = "manager@example.com"
STAFF_EMAIL = "staff@example.com"

LOCATIONS = (
    Location(name="North Ward", timezone="Europe/Amsterdam"),
    Location(name="South Ward", timezone="Europe/Amsterdam"),
    Location(name="Lisbon Clinic", timezone="Europe/Lisbon"),
)
NORTH, SOUTH, LISBON = LOCATIONS
ZONES = {location.name: ZoneInfo(location.timezone) for location in LOCATIONS}

FULL_TIME = Contract(name="Full time", hours_per_week=40, least_hours_per_week=32, most_days_in_a_row=6)
PART_TIME = Contract(name="Part time", hours_per_week=24, least_hours_per_week=16, most_days_in_a_row=4)

HEAD, NURSE, CARE = "Head nurse", "Nurse", "Care assistant"

HOURS = {"E": (time(7), time(15)), "D": (time(9), time(17)), "L": (time(15), time(23)), "N": (time(23), time(7))}
"""Early, day, late and night."""


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody of the team. `even` and `odd` are their weeks, Monday first: a letter of HOURS, or a dot."""

    name: str
    home: Location
    skills: tuple[str, ...]
    contract: Contract
    even: str
    odd: str
    email: str = ""
    role: StaffRole = "staff"

    @property
    def address(self) -> str:
        return self.email or f"{self.name.split()[0].lower()}@example.com"

    def new_staff(self, password_hash: str) -> NewStaff:
        return NewStaff(self.name, self.address, self.role, self.skills, self.contract, password_hash)


MONA = Member("Mona Reyes", NORTH, (HEAD, NURSE), FULL_TIME, "DDDDD..", "DDDD.D.", MANAGER_EMAIL, "manager")
SAM = Member("Sam Okafor", NORTH, (NURSE,), FULL_TIME, "E.L..NN", "..EELL.", STAFF_EMAIL)
ALICE = Member("Alice Nguyen", NORTH, (NURSE, HEAD), FULL_TIME, "LL.EED.", "EE.L.N.")
JONAS = Member("Jonas Weber", NORTH, (NURSE,), FULL_TIME, "NNN..EE", "NNN...D")
INES = Member("Ines Duarte", NORTH, (CARE,), PART_TIME, "E.E..L.", ".E.EE..")
TOM = Member("Tom Becker", NORTH, (CARE,), PART_TIME, ".L.L..L", ".LL..L.")
PRIYA = Member("Priya Raman", SOUTH, (HEAD, NURSE), FULL_TIME, "DD.DD.D", "DDDDD..", role="manager")
LEO = Member("Leo Martins", SOUTH, (NURSE,), FULL_TIME, ".NNN..L", ".L..NNN")
GRACE = Member("Grace Kim", SOUTH, (NURSE,), FULL_TIME, "EEEEE..", "LLL.EE.")
OMAR = Member("Omar Haddad", SOUTH, (NURSE,), FULL_TIME, "..LL.NN", "..EELL.")
EVA = Member("Eva Lindqvist", SOUTH, (CARE,), PART_TIME, "L.L.L..", "E..E.E.")
RUI = Member("Rui Costa", LISBON, (NURSE,), FULL_TIME, "DDDDD..", ".DDDDD.")
MARTA = Member("Marta Silva", LISBON, (NURSE, HEAD), FULL_TIME, "E.EE.EE", "EEE.E.E", role="manager")
PLAYED = (PRIYA, MARTA, LEO)
"""Whom the simulation plays: two who plan, and one who takes open shifts."""

TEAM = (MONA, SAM, ALICE, JONAS, INES, TOM, PRIYA, LEO, GRACE, OMAR, EVA, RUI, MARTA)


@dataclass(frozen=True, slots=True)
class Leave:
    """Whole days away, counted from this week's Monday, and what became of the request."""

    member: Member
    first: int
    days: int
    note: str
    decision: Decision | None = None
    decision_note: str = ""

    def span(self, monday: date) -> tuple[datetime, datetime]:
        zone, first = ZONES[self.member.home.name], monday + timedelta(days=self.first)
        return at(first, time(), zone), at(first + timedelta(days=self.days), time(), zone)


LEAVES = (
    Leave(INES, 3, 2, "Moving house", "approve", "Good luck with the boxes!"),
    Leave(GRACE, 9, 3, "Visiting my parents", "approve"),
    Leave(RUI, 5, 2, "Long weekend", "approve"),
    Leave(SAM, 11, 2, "My sister's wedding"),
    Leave(ALICE, 8, 1, "Dentist, all day I'm afraid"),
    Leave(OMAR, 15, 5, "A week in the mountains"),
    Leave(TOM, 6, 1, "Festival", "deny", "Nobody else can cover the late shift."),
)

COVER = {
    NORTH: {(NURSE, "E"): 1, (NURSE, "L"): 1, (NURSE, "N"): 1, (CARE, "L"): 1},
    SOUTH: {(NURSE, "E"): 1, (NURSE, "L"): 1, (NURSE, "N"): 1},
    LISBON: {(NURSE, "D"): 1},
}
"""How many of a role each place needs at least in each shift."""

WEEKDAYS_ONLY = {(CARE, "L"), (NURSE, "D")}

OPEN_SHIFTS = (
    (NORTH, NURSE, 5, "L"),
    (SOUTH, NURSE, 6, "N"),
    (LISBON, NURSE, 8, "D"),
    (NORTH, CARE, 10, "E"),
    (SOUTH, HEAD, 12, "D"),
)
"""Where, as what, on which day from this week's Monday, when: nobody has these yet."""

NOTES = {
    (SAM, 2): "Handover with the day team at 15:00",
    (PRIYA, 1): "Audit visit in the morning",
    (JONAS, 0): "New infusion pumps: training at 23:30",
    (MARTA, 9): "Vaccination day",
}
"""Said about somebody's shift on a day from this week's Monday."""

FIRST_DRAFT_DAY = 10
"""From the second week's Thursday on, everything still is a draft."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A shift, and whose; its `staff_id` is not known before the team is in the database."""

    member: Member | None
    shift: Shift


def weeks_of(monday: date) -> list[Planned]:
    """The week that begins on `monday`, and the next."""
    given = [_covered(each, monday) for member in TEAM for each in _two_weeks(member, monday)]
    return given + [Planned(None, _shift(place, role, monday, day, kind)) for place, role, day, kind in OPEN_SHIFTS]


def _two_weeks(member: Member, monday: date) -> Iterator[Planned]:
    weeks = (member.even, member.odd) if monday.toordinal() // 7 % 2 == 0 else (member.odd, member.even)
    for day, kind in enumerate("".join(weeks)):
        if kind != ".":
            shift = _shift(member.home, member.skills[0], monday, day, kind)
            yield Planned(member, shift.model_copy(update={"note": NOTES.get((member, day), "")}))


def _shift(place: Location, role: str, monday: date, day: int, kind: str) -> Shift:
    (start, end), zone, first = HOURS[kind], ZONES[place.name], monday + timedelta(days=day)
    last = first + timedelta(days=1) if end <= start else first
    return Shift(
        staff_id=None,
        starts_at=at(first, start, zone),
        ends_at=at(last, end, zone),
        role=role,
        location=place.name,
        status="draft" if day >= FIRST_DRAFT_DAY else "published",
    )


def _covered(planned: Planned, monday: date) -> Planned:
    """An open shift in its place, when whoever has it is away."""
    for leave in LEAVES:
        starts_at, ends_at = leave.span(monday)
        away = starts_at < planned.shift.ends_at and planned.shift.starts_at < ends_at
        if away and leave.member is planned.member and leave.decision == "approve":
            note = f"Covers for {leave.member.name}"
            return Planned(None, planned.shift.model_copy(update={"note": note}))
    return planned


def needs_of(place: Location) -> tuple[Need, ...]:
    """What `place` needs in each week."""
    return tuple(
        Need(role=role, weekday=weekday, starts=f"{start:%H:%M}", ends=f"{end:%H:%M}", least=least)
        for (role, kind), least in COVER[place].items()
        for start, end in [HOURS[kind]]
        for weekday in range(1, 6 if (role, kind) in WEEKDAYS_ONLY else 8)
    )


async def seed(store: Store[Transaction], passwords: Passwords, now: datetime) -> None:
    """Put the team into `store`, and this week and the next unless something is planned in them already."""
    zone = ZONES[NORTH.name]
    today = now.astimezone(zone).date()
    monday = today - timedelta(days=today.weekday())
    async with store.write() as tx:
        team = await _seed_team(tx, passwords)
        await _seed_needs(tx, team, now)
        this_fortnight = Window(at(monday, time(), zone), at(monday + timedelta(days=14), time(), zone))
        if not await tx.schedules.find(this_fortnight, staff_id=None, status=None, limit=1):
            await _seed_weeks(tx, team, monday, now)
            await _seed_time_off(tx, team, monday, now)


async def _seed_team(tx: Transaction, passwords: Passwords) -> dict[Member, Staff]:
    for location in LOCATIONS:
        if await tx.locations.get(location.name) is None:
            await tx.locations.add(location)
    known = {member.email: member for member in await tx.staff.all()}
    missing = [member for member in TEAM if member.address not in known]
    # All have the same password, which takes a while to hash.
    password_hash = await passwords.hash(PASSWORD) if missing else ""
    for member in missing:
        known[member.address] = await tx.staff.add(member.new_staff(password_hash))
    return {member: known[member.address] for member in TEAM}


async def _seed_needs(tx: Transaction, team: dict[Member, Staff], now: datetime) -> None:
    for location in LOCATIONS:
        if await tx.needs.get(location.name) is None:
            none = LocationNeeds.none_at(location.name)
            await tx.needs.put(none.changed(needs_of(location), team[MONA].person, now))


async def _seed_weeks(tx: Transaction, team: dict[Member, Staff], monday: date, now: datetime) -> None:
    for planned in weeks_of(monday):
        staff_id = team[planned.member].id if planned.member else None
        await tx.schedules.add(planned.shift.model_copy(update={"staff_id": staff_id}), team[MONA], now)


async def _seed_time_off(tx: Transaction, team: dict[Member, Staff], monday: date, now: datetime) -> None:
    for leave in LEAVES:
        time_off = await tx.time_off.add(NewTimeOff(team[leave.member].id, *leave.span(monday), leave.note), now)
        if leave.decision and (status := time_off.outcome(leave.decision)):
            await tx.time_off.save(time_off.decided(status, leave.decision_note, team[MONA].person, now))
