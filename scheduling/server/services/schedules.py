"""Use cases around shifts: read, plan, change, publish, delete."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from scheduling.server.domain.rules import (
    LONGEST_SHIFT,
    Situation,
    Violation,
    check_shift,
    check_span,
    horizon,
    standing,
)
from scheduling.server.domain.schedule import Location, Schedule, ScheduleStatus, Shift
from scheduling.server.domain.staff import Staff

from .access import require_manager
from .changes import Change, Desk
from .errors import NotFound, RulesBroken, StaleVersion
from .ports import MOST_ROWS, Transaction, VersionOf, Window, at_most


class ScheduleService:
    """Raises, beside what each method names: Forbidden when who asks is no manager.

    `request_id` is the name that the client gave the request; it reaches the screens with the change.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._notifier = desk.notifier

    async def find(
        self, viewer: Staff, window: Window, staff_id: int | None, status: ScheduleStatus | None
    ) -> list[Schedule]:
        """What overlaps `window`, by start; published only, unless a manager asks. Raises TooMany."""
        if not viewer.is_manager:
            if status == "draft":
                return []
            status = "published"
        async with self._desk.store.read() as tx:
            found = await tx.schedules.find(window, staff_id=staff_id, status=status, limit=MOST_ROWS + 1)
        return at_most(found, "schedules")

    async def create(
        self, manager: Staff, shift: Shift, accept: Collection[str], request_id: str | None = None
    ) -> Schedule:
        """Raises RulesBroken unless the rules allow it, or all of their objections are soft and in `accept`."""
        require_manager(manager, "plan shifts")
        async with self._desk.change(request_id) as change:
            _refuse(await _violations(change.tx, shift, None), accept)
            schedule = await change.tx.schedules.add(shift, manager, change.now)
            change.tell(self._notifier.notify_schedule_created, schedule)
        return schedule

    async def change(
        self,
        manager: Staff,
        seen: VersionOf,
        changes: Mapping[str, object],
        accept: Collection[str],
        request_id: str | None = None,
    ) -> Schedule:
        """Set the fields in `changes`, which are a Shift's and validated.

        The rules are asked when the placement changes or a draft is published; a change that changes nothing makes
        no new version. Raises NotFound, StaleVersion, RulesBroken.
        """
        require_manager(manager, "change shifts")
        async with self._desk.change(request_id) as change:
            before = await _seen(change, seen)
            wanted = await _with_timezone(change.tx, before, changes)
            after = before.model_copy(update=wanted)
            if after == before:
                return before
            published = after.published and not before.published
            if published or after.placement() != before.placement():
                _refuse(await _violations(change.tx, after, before.id), accept)
            return await self._save(change, before, wanted, manager)

    async def publish(
        self, manager: Staff, drafts: Sequence[VersionOf], accept: Collection[str], request_id: str | None = None
    ) -> list[Schedule]:
        """Publish all or none. Raises NotFound, StaleVersion, RulesBroken (fields under `schedules.<index>`)."""
        require_manager(manager, "publish shifts")
        async with self._desk.change(request_id) as change:
            seen = [await _seen(change, draft) for draft in drafts]
            _refuse(
                [
                    violation.below(f"schedules.{index}")
                    for index, before in enumerate(seen)
                    if not before.published
                    for violation in await _violations(change.tx, before, before.id)
                ],
                accept,
            )
            return [
                before if before.published else await self._save(change, before, {"status": "published"}, manager)
                for before in seen
            ]

    async def delete(self, manager: Staff, seen: VersionOf, request_id: str | None = None) -> None:
        """Raises NotFound, StaleVersion."""
        require_manager(manager, "delete shifts")
        async with self._desk.change(request_id) as change:
            schedule = await _seen(change, seen)
            await change.tx.schedules.delete(schedule.id, manager, change.now)
            change.tell(self._notifier.notify_schedule_deleted, schedule)

    async def _save(self, change: Change, before: Schedule, changes: Mapping[str, object], manager: Staff) -> Schedule:
        after = before.changed(dict(changes), manager.person, change.now)
        await change.tx.schedules.save(after)
        change.tell(self._notifier.notify_schedule_changed, before, after)
        return after


async def _seen(change: Change, seen: VersionOf) -> Schedule:
    """The schedule, if it still is as it was seen."""
    schedule = await change.tx.schedules.get(seen.id)
    if schedule is None:
        raise await _gone(change.tx, seen.id, change.now)
    if schedule.version != seen.version:
        raise StaleVersion("shift", schedule, schedule.updated_by, schedule.updated_at, change.now)
    return schedule


async def _gone(tx: Transaction, schedule_id: int, now: datetime) -> StaleVersion | NotFound:
    deletion = await tx.schedules.deletion(schedule_id)
    if deletion is None:
        return NotFound(f"There is no schedule {schedule_id}.")
    return StaleVersion("shift", None, deletion.by, deletion.at, now)


async def _with_timezone(tx: Transaction, before: Schedule, changes: Mapping[str, object]) -> Mapping[str, object]:
    """`changes`, with the new location's zone when the location changes."""
    name = changes.get("location", before.location)
    location = await tx.locations.get(str(name))
    return changes if location is None else {**changes, "timezone": location.timezone}


def _refuse(violations: Sequence[Violation], accept: Collection[str]) -> None:
    if blocking := standing(violations, accept):
        raise RulesBroken(blocking)


async def _violations(tx: Transaction, shift: Shift, own_id: int | None) -> list[Violation]:
    """All objections to `shift`; `own_id` is the schedule that it would replace."""
    location = await tx.locations.get(shift.location)
    staff = None if shift.staff_id is None else await tx.staff.get(shift.staff_id)
    broken = check_span(shift.starts_at, shift.ends_at, LONGEST_SHIFT)
    if location is None:
        broken.append(await _unknown_location(tx, shift.location))
    if shift.staff_id is not None and staff is None:
        broken.append(Violation("staff_id", "unknown_staff", "hard", f"There is no member of staff {shift.staff_id}."))
    if broken or location is None or staff is None:
        return broken
    return check_shift(shift, await _situation(tx, shift, staff, location, own_id))


async def _situation(tx: Transaction, shift: Shift, staff: Staff, location: Location, own_id: int | None) -> Situation:
    zone = ZoneInfo(location.timezone)
    around = Window(*horizon(shift, zone))
    during = Window(shift.starts_at, shift.ends_at)
    others = await tx.schedules.find(around, staff_id=staff.id, status=None, limit=MOST_ROWS)
    leave = await tx.time_off.find(during, staff_id=staff.id, status="approved", limit=MOST_ROWS)
    return Situation(staff, zone, [other for other in others if other.id != own_id], leave)


async def _unknown_location(tx: Transaction, name: str) -> Violation:
    known = ", ".join(location.name for location in await tx.locations.all()) or "none yet"
    return Violation("location", "unknown_location", "hard", f"There is no location {name}. There are: {known}.")
