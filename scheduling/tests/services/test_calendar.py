import pytest
from ical.calendar_stream import IcsCalendarStream

from scheduling.server.calendar.writer import write
from scheduling.server.domain.calendar import AHEAD, BACK
from scheduling.server.services import errors
from scheduling.server.services.calendar import MOST_LINKS, CalendarService, NewCalendarLink
from scheduling.server.services.changes import Desk
from scheduling.server.services.passwords import Passwords
from scheduling.server.services.ports import NewStaff, VersionOf, Window
from scheduling.server.services.schedules import ScheduleService
from scheduling.server.services.staff import TeamService
from scheduling.tests.conftest import ManualClock, Recorder, Team
from scheduling.tests.roster import CONTRACT, NORTH, NOW, TOKYO, instant, shift


@pytest.fixture
def calendar(desk: Desk) -> CalendarService:
    numbers = iter(range(1, 1_000))
    return CalendarService(desk, lambda: f"token-{next(numbers)}", write)


@pytest.fixture
def schedules(desk: Desk) -> ScheduleService:
    return ScheduleService(desk)


async def shown(calendar: CalendarService, made: NewCalendarLink) -> list[tuple[str | None, str]]:
    """What and when, as another program reads it."""
    text = (await calendar.feed(made.token, "rota.example")).decode()
    return [(each.summary, str(each.dtstart)) for each in IcsCalendarStream.calendar_from_ics(text).events]


async def test_ones_own_link_shows_ones_own_published_shifts(
    calendar: CalendarService, schedules: ScheduleService, team: Team
):
    for day, staff, status in ((23, team.alice, "published"), (24, team.alice, "draft"), (23, team.bob, "published")):
        await schedules.create(team.mona, shift(f"2026-11-{day} 07:00", staff_id=staff.id, status=status), ())
    assert await shown(calendar, await calendar.make(team.alice, None)) == [("Nurse", "2026-11-23 07:00:00+00:00")]


async def test_a_locations_link_names_people_and_what_is_open(
    calendar: CalendarService, schedules: ScheduleService, team: Team
):
    await schedules.create(team.mona, shift("2026-11-23 07:00", staff_id=team.bob.id), ())
    await schedules.create(team.mona, shift("2026-11-24 07:00", staff_id=None), ())
    await schedules.create(team.mona, shift("2026-11-25 07:00", staff_id=None, location=TOKYO.name), ())
    made = await calendar.make(team.mona, NORTH.name)
    assert [summary for summary, _ in await shown(calendar, made)] == ["Nurse: Bob", "Nurse (open)"]


async def test_a_link_looks_four_weeks_back_and_half_a_year_ahead(
    calendar: CalendarService, schedules: ScheduleService, team: Team, clock: ManualClock
):
    await schedules.create(team.mona, shift(NOW - BACK, staff_id=team.bob.id), ())
    await schedules.create(team.mona, shift(NOW + AHEAD, staff_id=team.bob.id), ())
    made = await calendar.make(team.bob, None)
    assert [start for _, start in await shown(calendar, made)] == [str(NOW - BACK)]
    clock.advance(hours=9)
    assert [start for _, start in await shown(calendar, made)] == [str(NOW + AHEAD)]


async def test_only_managers_make_links_to_locations_and_only_to_those_there_are(calendar: CalendarService, team: Team):
    with pytest.raises(errors.Forbidden):
        await calendar.make(team.alice, NORTH.name)
    with pytest.raises(errors.NotFound, match=r"There is no location Moon\. There are: Lisbon Clinic, North Ward"):
        await calendar.make(team.mona, "Moon")


async def test_a_revoked_link_says_that_it_was_and_an_unknown_one_that_it_is_none(
    calendar: CalendarService, team: Team
):
    made = await calendar.make(team.alice, None)
    with pytest.raises(errors.NotFound):
        await calendar.revoke(team.bob, made.link.id)
    await calendar.revoke(team.alice, made.link.id)
    assert await calendar.links(team.alice) == []
    with pytest.raises(errors.Gone, match=r"was revoked.*Remove it"):
        await calendar.feed(made.token, "rota.example")
    with pytest.raises(errors.NotFound, match="Copy the whole address again"):
        await calendar.feed(made.token[:-1], "rota.example")
    with pytest.raises(errors.NotFound):
        await calendar.revoke(team.alice, made.link.id)


async def test_a_link_tells_its_owner_when_it_was_read_once_a_minute(
    calendar: CalendarService, team: Team, clock: ManualClock, notifier: Recorder
):
    made = await calendar.make(team.alice, None)
    for seconds in (0, 59, 1):
        clock.advance(seconds=seconds)
        await calendar.feed(made.token, "rota.example")
    first = made.link.read(NOW)
    [link] = await calendar.links(team.alice)
    assert link == first.read(clock.now)
    assert notifier.told == [("calendar link", each) for each in (made.link, first, link)]


async def test_links_are_limited_and_the_oldest_revoked_forgotten(
    calendar: CalendarService, team: Team, clock: ManualClock
):
    made = [await calendar.make(team.alice, None) for _ in range(MOST_LINKS)]
    with pytest.raises(errors.LimitReached, match="Revoke one first"):
        await calendar.make(team.alice, None)
    made.append(await calendar.make(team.bob, None))
    for each in made[:MOST_LINKS]:
        clock.advance(seconds=1)
        await calendar.revoke(team.alice, each.link.id)
    await calendar.revoke(team.alice, (await calendar.make(team.alice, None)).link.id)
    for token, refusal in ((made[0].token, errors.NotFound), (made[1].token, errors.Gone)):
        with pytest.raises(refusal):
            await calendar.feed(token, "rota.example")
    assert await shown(calendar, made[-1]) == []


async def test_a_week_holds_what_starts_in_it(calendar: CalendarService, schedules: ScheduleService, team: Team):
    for start, status in (
        ("2026-11-22 22:00", "published"),
        ("2026-11-25 07:00", "draft"),
        ("2026-11-29 22:00", "published"),
    ):
        await schedules.create(team.mona, shift(start, staff_id=team.bob.id, status=status), ())
    week = Window(instant("2026-11-23 00:00"), instant("2026-11-30 00:00"))
    text = (await calendar.between(team.alice, week, "rota.example")).decode()
    events = IcsCalendarStream.calendar_from_ics(text).events
    assert [(each.summary, each.dtstart) for each in events] == [("Nurse: Bob", instant("2026-11-29 22:00"))]


async def test_a_link_shows_nothing_when_its_owner_may_not_see_it_any_more(
    calendar: CalendarService, desk: Desk, passwords: Passwords, team: Team
):
    service = TeamService(desk, passwords)
    hired = NewStaff("Noor", "noor@example.com", "manager", ("Nurse",), CONTRACT)
    noor = await service.add(team.mona, hired, None)
    own = await calendar.make(noor, None)
    links = [await calendar.make(noor, NORTH.name), await calendar.make(team.alice, None)]
    demoted = await service.change(team.mona, VersionOf(noor.id, noor.version), {"role": "staff"})
    gone = await service.remove(team.mona, VersionOf(team.alice.id, team.alice.version), "keep")
    for made in links:
        with pytest.raises(errors.Gone, match="has left the team or is no manager now"):
            await calendar.feed(made.token, "rota.example")
    await service.change(team.mona, VersionOf(noor.id, demoted.version), {"role": "manager"})
    await service.restore(team.mona, VersionOf(gone.id, gone.version))
    for made in links:
        with pytest.raises(errors.Gone, match=r"was revoked.*makes a new one"):
            await calendar.feed(made.token, "rota.example")
    assert await shown(calendar, own) == []
    assert [await calendar.links(each) for each in (noor, team.alice)] == [[own.link.read(NOW)], []]


async def test_a_calendar_that_is_too_long_ends_earlier_at_a_whole_week(
    calendar: CalendarService, schedules: ScheduleService, team: Team, monkeypatch: pytest.MonkeyPatch
):
    for day in ("2026-11-23", "2026-11-30", "2026-12-05"):
        await schedules.create(team.mona, shift(f"{day} 07:00", staff_id=team.bob.id), ())
    made = await calendar.make(team.bob, None)
    shown_at_most = {}
    for most in (3, 2, 1):
        monkeypatch.setattr("scheduling.server.services.calendar.MOST_ROWS", most)
        shown_at_most[most] = [start[:10] for _, start in await shown(calendar, made)]
    # The weeks begin now, on a Sunday noon: the last two shifts are of one.
    assert shown_at_most == {3: ["2026-11-23", "2026-11-30", "2026-12-05"], 2: ["2026-11-23"], 1: ["2026-11-23"]}
