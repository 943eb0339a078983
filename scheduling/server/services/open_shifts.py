"""Use cases around open shifts: which of them somebody may take, and taking one."""

from scheduling.server.domain.checks import check_shift, horizon
from scheduling.server.domain.offer import check_ahead
from scheduling.server.domain.rules import Situation, Violation
from scheduling.server.domain.schedule import Schedule
from scheduling.server.domain.staff import Staff

from .changes import Change, Desk, NamedRequest
from .errors import NotFound, StaleVersion
from .ports import MOST_ROWS, Transaction, VersionOf, Window, at_most
from .shifts import objections, refuse, save_shift


class OpenShift(Schedule):
    """A published shift that nobody has, with what stands against the reader's taking it."""

    objections: tuple[Violation, ...]


class OpenShiftService:
    """Whoever takes a shift may overrule no rule, not even a soft one: that is for managers."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def find(self, viewer: Staff) -> list[OpenShift]:
        """All that have not begun, by start. Raises TooMany."""
        async with self._desk.store.read() as tx:
            found = at_most(await tx.schedules.find_open(self._desk.clock(), MOST_ROWS + 1), "open shifts")
            against = await _against(tx, viewer, found)
        return [
            OpenShift(**shift.model_dump(), objections=tuple(violations))
            for shift, violations in zip(found, against, strict=True)
        ]

    async def claim(self, viewer: Staff, seen: VersionOf, named: NamedRequest | None = None) -> Schedule:
        """Give an open shift to `viewer`: of many who ask, the first gets it.

        Raises NotFound when it is not published any more, StaleVersion when somebody has it or has changed it,
        RulesBroken. `named` is the request itself, where its client gave it a name (`Desk.change`).
        """
        async with self._desk.change(named) as change:
            before = await _open_shift(change, seen)
            taken = before.model_copy(update={"staff_id": viewer.id})
            broken = await objections(change.tx, taken, {before.id}, "published")
            refuse([*check_ahead(before, change.now), *broken], ())
            return await save_shift(change, before, {"staff_id": viewer.id}, viewer)


async def _open_shift(change: Change, seen: VersionOf) -> Schedule:
    shift = await change.tx.schedules.get(seen.id)
    if shift is None or not shift.published:
        # A draft and a deleted shift are alike to staff: whether there is a plan for it is the managers' business.
        raise NotFound("This shift is not offered any more: it was withdrawn or deleted.", "shift_gone")
    if shift.staff_id is None and shift.version == seen.version:
        return shift
    by = shift.updated_by
    taken = by is not None and by.id == shift.staff_id
    deed = "took" if taken else "gave away" if shift.staff_id is not None else ""
    raise StaleVersion("shift", shift, by, shift.updated_at, change.now, deed)


async def _against(tx: Transaction, staff: Staff, shifts: list[Schedule]) -> list[list[Violation]]:
    """What stands against each, of what staff may know; everything that matters to them is read at once."""
    if not shifts:
        return []
    spans = [horizon(shift, shift.zone, staff.contract) for shift in shifts]
    around = Window(min(start for start, _ in spans), max(end for _, end in spans))
    others = await tx.schedules.find(around, staff_id=staff.id, status="published", limit=MOST_ROWS)
    leave = await tx.time_off.find(around, staff_id=staff.id, status="approved", limit=MOST_ROWS)
    return [
        check_shift(shift.model_copy(update={"staff_id": staff.id}), Situation(staff, shift.zone, others, leave))
        for shift in shifts
    ]
