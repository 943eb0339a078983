"""Use cases around time off: ask for it, and decide."""

from collections.abc import Collection

from scheduling.server.domain.rules import LONGEST_TIME_OFF, check_approval, check_service, check_span
from scheduling.server.domain.staff import Staff
from scheduling.server.domain.time_off import Decision, Fate, TimeOff, TimeOffStatus

from .access import require_manager
from .changes import Change, Desk, NamedRequest
from .errors import AlreadyDecided, Forbidden, NotFound, RulesBroken, StaleVersion
from .ports import MOST_ROWS, NewTimeOff, Transaction, VersionOf, Window, at_most
from .shifts import refuse, release_shifts


class TimeOffService:
    """Staff see and ask for their own; managers for everybody's, and they decide.

    `named` is the request itself, where its client gave it a name (`Desk.change`).
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def find(self, viewer: Staff, window: Window, status: TimeOffStatus | None) -> list[TimeOff]:
        """What overlaps `window`, by start: one's own, or all for a manager. Raises TooMany."""
        staff_id = None if viewer.is_manager else viewer.id
        async with self._desk.store.read() as tx:
            found = await tx.time_off.find(window, staff_id=staff_id, status=status, limit=MOST_ROWS + 1)
        return at_most(found, "requests")

    async def request(self, viewer: Staff, new: NewTimeOff, named: NamedRequest | None = None) -> TimeOff:
        """Raises Forbidden for another's request unless a manager asks, NotFound, RulesBroken."""
        if new.staff_id != viewer.id:
            require_manager(viewer, "ask for somebody else's time off")
        if broken := check_span(new.starts_at, new.ends_at, LONGEST_TIME_OFF):
            raise RulesBroken(broken)
        async with self._desk.change(named) as change:
            refuse(check_service(await _member(change.tx, new.staff_id)), ())
            time_off = await change.tx.time_off.add(new, change.now)
            change.notifier.notify_time_off(time_off)
        return time_off

    async def decide(
        self,
        viewer: Staff,
        seen: VersionOf,
        decision: Decision,
        note: str,
        accept: Collection[str],
        named: NamedRequest | None = None,
        *,
        fate: Fate | None = None,
    ) -> TimeOff:
        """Approve, deny or cancel. Raises Forbidden, NotFound, StaleVersion, AlreadyDecided, RulesBroken.

        With a `fate`, approval is not refused for the shifts that it overlaps: that becomes of those that have not
        begun, in one change.
        """
        if decision != "cancel":
            require_manager(viewer, f"{decision} time off")
        async with self._desk.change(named) as change:
            before = await _decidable(change, viewer, seen)
            status = before.outcome(decision)
            if status is None:
                raise AlreadyDecided(
                    f"This request is {before.status}: it cannot be {_PAST[decision]}.", "request_decided"
                )
            if decision == "approve":
                await _settle_shifts(change, before, viewer, fate, accept)
            after = before.decided(status, note, viewer.person, change.now)
            await change.tx.time_off.save(after)
            change.notifier.notify_time_off(after)
        return after


_PAST: dict[Decision, str] = {"approve": "approved", "deny": "denied", "cancel": "cancelled"}


async def _decidable(change: Change, viewer: Staff, seen: VersionOf) -> TimeOff:
    """The request, if it still is as it was seen and `viewer` has a say in it."""
    time_off = await change.tx.time_off.get(seen.id)
    if time_off is None:
        raise NotFound(f"There is no request {seen.id} for time off.")
    if time_off.staff_id != viewer.id and not viewer.is_manager:
        raise Forbidden("Only managers may cancel somebody else's time off.", "not_your_request")
    if time_off.version != seen.version:
        raise StaleVersion("request", time_off, time_off.decided_by, time_off.updated_at, change.now)
    return time_off


async def _settle_shifts(
    change: Change, time_off: TimeOff, manager: Staff, fate: Fate | None, accept: Collection[str]
) -> None:
    staff = await _member(change.tx, time_off.staff_id)
    during = Window(time_off.starts_at, time_off.ends_at)
    if fate is None:
        shifts = await change.tx.schedules.find(during, staff_id=staff.id, status=None, limit=MOST_ROWS)
        refuse(check_approval(time_off, staff, shifts), accept)
    else:
        await release_shifts(change, staff, during, fate, manager)


async def _member(tx: Transaction, staff_id: int) -> Staff:
    staff = await tx.staff.get(staff_id)
    if staff is None:
        raise NotFound(f"There is no member of staff {staff_id}.")
    return staff
