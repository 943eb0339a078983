"""What all use cases share that plan shifts or move them: how a shift is seen, held against the rules, and written."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from scheduling.server.domain.checks import check_shift, horizon
from scheduling.server.domain.rules import LONGEST_SHIFT, Situation, Violation, check_service, check_span, standing
from scheduling.server.domain.schedule import Location, Schedule, ScheduleStatus, Shift
from scheduling.server.domain.staff import Staff
from scheduling.server.domain.time_off import RELEASES, Fate

from .changes import Change
from .errors import NotFound, RulesBroken, StaleVersion
from .ports import MOST_ROWS, Transaction, VersionOf, Window


async def seen_shift(change: Change, seen: VersionOf) -> Schedule:
    """The schedule, if it still is as it was seen. Raises NotFound, StaleVersion."""
    schedule = await change.tx.schedules.get(seen.id)
    if schedule is None:
        raise await _gone(change.tx, seen.id, change.now)
    if schedule.version != seen.version:
        raise StaleVersion("shift", schedule, schedule.updated_by, schedule.updated_at, change.now)
    return schedule


async def add_shift(change: Change, shift: Shift, by: Staff) -> Schedule:
    """Write a new shift and tell of it."""
    schedule = await change.tx.schedules.add(shift, by, change.now)
    change.notifier.notify_schedule_created(schedule)
    return schedule


async def save_shift(change: Change, before: Schedule, changes: Mapping[str, object], by: Staff) -> Schedule:
    """Write the next version of a shift and tell of it; offers of a shift that moves are over."""
    after = before.changed(dict(changes), by.person, change.now)
    await change.tx.schedules.save(after)
    change.notifier.notify_schedule_changed(before, after)
    if not after.published or after.placement() != before.placement():
        await _lapse_offers(change, after.id, by)
    return after


async def release_shifts(change: Change, staff: Staff, during: Window, fate: Fate, by: Staff) -> None:
    """Do with the person's shifts in a time as `fate` says. Those that have begun stay theirs: they were worked."""
    if release := RELEASES[fate]:
        for shift in await change.tx.schedules.find(during, staff_id=staff.id, status=None, limit=MOST_ROWS):
            if shift.starts_at > change.now:
                await save_shift(change, shift, release, by)


async def delete_shift(change: Change, schedule: Schedule, by: Staff) -> None:
    """Delete a shift and tell of it; offers of it are over."""
    await change.tx.schedules.delete(schedule.id, by, change.now)
    change.notifier.notify_schedule_deleted(schedule)
    await _lapse_offers(change, schedule.id, by)


async def with_timezone(tx: Transaction, changes: Mapping[str, object]) -> Mapping[str, object]:
    """`changes` to a shift, with the new location's zone when the location changes."""
    if "location" not in changes:
        return changes
    location = await tx.locations.get(str(changes["location"]))
    return changes if location is None else {**changes, "timezone": location.timezone}


def needs_check(before: Schedule, after: Schedule) -> bool:
    """Whether the rules are asked about a change: when the placement is another or a draft is published."""
    return after.placement() != before.placement() or (after.published and not before.published)


def refuse(violations: Sequence[Violation], accept: Collection[str]) -> None:
    """Raises RulesBroken unless all of `violations` are soft and in `accept`."""
    if blocking := standing(violations, accept):
        raise RulesBroken(blocking)


async def objections(
    tx: Transaction, shift: Shift, leaving: Collection[int] = (), among: ScheduleStatus | None = None
) -> list[Violation]:
    """All that the rules say against `shift`, with the person's other schedules as they are.

    Those `leaving` are out of the way by then, the shift's own among them. What staff are told comes from `among` the
    published ones only, as drafts are the managers' business.
    """
    broken = await unstorable(tx, shift)
    location = await tx.locations.get(shift.location)
    staff = None if shift.staff_id is None else await tx.staff.get(shift.staff_id)
    if broken or location is None or staff is None:
        return broken
    return check_shift(shift, await _situation(tx, shift, staff, location, leaving, among))


async def unstorable(tx: Transaction, shift: Shift) -> list[Violation]:
    """Why `shift` could not even be stored: its span, its place, or a person who does not exist or has left."""
    broken = await misplaced(tx, shift, await tx.locations.get(shift.location))
    return broken if shift.staff_id is None else [*broken, *await not_here(tx, shift.staff_id, "staff_id")]


async def not_here(tx: Transaction, staff_id: int, field: str) -> list[Violation]:
    """Why nothing can be planned for this person: there is nobody of that number, or they have left."""
    staff = await tx.staff.get(staff_id)
    if staff is not None:
        return [replace(violation, field=field) for violation in check_service(staff)]
    message, params = f"There is no member of staff {staff_id}.", {"staff_id": staff_id}
    return [Violation(field, "unknown_staff", "hard", message, params)]


async def misplaced(tx: Transaction, shift: Shift, location: Location | None) -> list[Violation]:
    """What is wrong with `shift` whoever works it; `location` is the one that it names, if there is one."""
    broken = check_span(shift.starts_at, shift.ends_at, LONGEST_SHIFT)
    return broken if location is not None else [*broken, await unknown_location(tx, shift.location)]


async def unknown_location(tx: Transaction, name: str) -> Violation:
    known = await _known_locations(tx)
    message = await no_location(tx, name)
    return Violation("location", "unknown_location", "hard", message, {"location": name, "known": known})


async def no_location(tx: Transaction, name: str) -> str:
    """Says that there is none of this name, and which there are."""
    return f"There is no location {name}. There are: {await _known_locations(tx) or 'none yet'}."


async def _known_locations(tx: Transaction) -> str:
    return ", ".join(location.name for location in await tx.locations.all())


async def _situation(
    tx: Transaction,
    shift: Shift,
    staff: Staff,
    location: Location,
    leaving: Collection[int],
    among: ScheduleStatus | None,
) -> Situation:
    zone = ZoneInfo(location.timezone)
    around = Window(*horizon(shift, zone, staff.contract))
    during = Window(shift.starts_at, shift.ends_at)
    others = await tx.schedules.find(around, staff_id=staff.id, status=among, limit=MOST_ROWS)
    leave = await tx.time_off.find(during, staff_id=staff.id, status="approved", limit=MOST_ROWS)
    return Situation(staff, zone, [other for other in others if other.id not in leaving], leave)


async def _gone(tx: Transaction, schedule_id: int, now: datetime) -> StaleVersion | NotFound:
    deletion = await tx.schedules.deletion(schedule_id)
    if deletion is None:
        return NotFound(f"There is no schedule {schedule_id}.", "shift_gone")
    return StaleVersion("shift", None, deletion.by, deletion.at, now)


async def _lapse_offers(change: Change, schedule_id: int, by: Staff) -> None:
    for offer in await change.tx.offers.open_with(schedule_id):
        lapsed = offer.then("lapse", by.person, change.now)
        await change.tx.offers.save(lapsed)
        change.notifier.notify_offer(lapsed)
