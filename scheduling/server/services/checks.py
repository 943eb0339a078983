"""Use cases around the rules: what there is against a shift, and who could take it. They write nothing."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from zoneinfo import ZoneInfo

from scheduling.server.domain.checks import horizon
from scheduling.server.domain.rules import Situation, Violation
from scheduling.server.domain.schedule import Schedule, Shift
from scheduling.server.domain.staff import Staff
from scheduling.server.domain.suggestions import Suggestion, suggest
from scheduling.server.domain.time_off import TimeOff

from .access import require_manager
from .changes import Desk
from .errors import RulesBroken, TooMany
from .ports import MOST_ROWS, Transaction, Window
from .shifts import misplaced, objections


class CheckService:
    """Raises Forbidden when who asks is no manager. `own_id` is the schedule that the shift would replace, if any."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def check(self, manager: Staff, shift: Shift, own_id: int | None) -> list[Violation]:
        """All objections that saving `shift` would meet now."""
        require_manager(manager, "plan shifts")
        async with self._desk.store.read() as tx:
            return await objections(tx, shift, _only(own_id))

    async def suggest(self, manager: Staff, shift: Shift, own_id: int | None) -> list[Suggestion]:
        """Who else could take `shift`, the best first.

        Raises RulesBroken for a span or a place that suits nobody, TooMany.
        """
        require_manager(manager, "plan shifts")
        async with self._desk.store.read() as tx:
            location = await tx.locations.get(shift.location)
            broken = await misplaced(tx, shift, location)
            if broken or location is None:
                raise RulesBroken(broken)
            candidates = [staff for staff in await tx.staff.all() if staff.active and staff.id != shift.staff_id]
            zone = ZoneInfo(location.timezone)
            return suggest(shift, await _situations(tx, shift, candidates, zone, _only(own_id)))


def _only(own_id: int | None) -> Collection[int]:
    return () if own_id is None else {own_id}


async def _situations(
    tx: Transaction, shift: Shift, candidates: Sequence[Staff], zone: ZoneInfo, leaving: Collection[int]
) -> list[Situation]:
    """Everybody's, from two queries rather than two for each."""
    if not candidates:
        return []
    starts, ends = zip(*(horizon(shift, zone, staff.contract) for staff in candidates), strict=True)
    around = Window(min(starts), max(ends))
    found = await tx.schedules.find(around, staff_id=None, status=None, limit=MOST_ROWS + 1)
    if len(found) > MOST_ROWS:
        raise TooMany(f"More than {MOST_ROWS} shifts lie around this one: that is too many to suggest somebody.")
    shifts: defaultdict[int | None, list[Schedule]] = defaultdict(list)
    for other in found:
        if other.id not in leaving:
            shifts[other.staff_id].append(other)
    leave: defaultdict[int, list[TimeOff]] = defaultdict(list)
    during = Window(shift.starts_at, shift.ends_at)
    for each in await tx.time_off.find(during, staff_id=None, status="approved", limit=MOST_ROWS):
        leave[each.staff_id].append(each)
    return [Situation(staff, zone, shifts[staff.id], leave[staff.id]) for staff in candidates]
