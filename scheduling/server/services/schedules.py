"""Use cases around shifts: read, plan, change, publish, delete."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from functools import partial

from scheduling.server.domain.rules import Violation
from scheduling.server.domain.schedule import Schedule, ScheduleStatus, Shift
from scheduling.server.domain.staff import Staff

from .access import require_manager
from .changes import Change, Desk
from .ports import MOST_ROWS, Batch, Batched, Transaction, VersionOf, Window, at_most
from .shifts import delete_shift, objections, refuse, save_shift, seen_shift, unstorable


class ScheduleService:
    """Raises, beside what each method names: Forbidden when who asks is no manager.

    `request_id` is the name that the client gave the request; it reaches the screens with the change.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

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
            refuse(await objections(change.tx, shift), accept)
            return await self._add(change, shift, manager)

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
            before = await seen_shift(change, seen)
            wanted = await _with_timezone(change.tx, before, changes)
            after = before.model_copy(update=wanted)
            if after == before:
                return before
            if _is_asked(before, after):
                refuse(await objections(change.tx, after, {before.id}), accept)
            return await save_shift(change, before, wanted, manager)

    async def publish(
        self, manager: Staff, drafts: Sequence[VersionOf], accept: Collection[str], request_id: str | None = None
    ) -> list[Schedule]:
        """Publish all or none. Raises NotFound, StaleVersion, RulesBroken (fields under `schedules.<index>`)."""
        require_manager(manager, "publish shifts")
        async with self._desk.change(request_id) as change:
            seen = [await seen_shift(change, draft) for draft in drafts]
            refuse(
                [
                    violation.below(f"schedules.{index}")
                    for index, before in enumerate(seen)
                    if not before.published
                    for violation in await objections(change.tx, before, {before.id})
                ],
                accept,
            )
            return [
                before if before.published else await save_shift(change, before, {"status": "published"}, manager)
                for before in seen
            ]

    async def batch(
        self, manager: Staff, batch: Batch, accept: Collection[str], request_id: str | None = None
    ) -> Batched:
        """Do all of it or nothing; the rules are held against what all of it together would leave.

        Raises NotFound, StaleVersion, RulesBroken (fields under `create.<index>` and `change.<index>`).
        """
        require_manager(manager, "plan shifts")
        async with self._desk.change(request_id) as change:
            return await self._do(change, batch, accept, manager)

    async def rehearse(self, manager: Staff, batch: Batch, accept: Collection[str]) -> Batched:
        """What `batch` would do. Raises as it does; nothing is kept, and nobody is told."""
        require_manager(manager, "plan shifts")
        try:
            async with self._desk.change() as change:
                raise _Rehearsed(await self._do(change, batch, accept, manager))
        except _Rehearsed as rehearsed:
            return rehearsed.done

    async def _do(self, change: Change, batch: Batch, accept: Collection[str], manager: Staff) -> Batched:
        tx = change.tx
        gone = [await seen_shift(change, seen) for seen in batch.delete]
        steps = await _draw(change, batch)
        ends = [before.model_copy(update=dict(wanted)) for before, wanted in steps]
        asked = [index for index, (before, _) in enumerate(steps) if _is_asked(before, ends[index])]
        drawn = [(f"create.{index}", shift) for index, shift in enumerate(batch.create)]
        await _refuse_each([*drawn, *((f"change.{i}", ends[i]) for i in asked)], partial(unstorable, tx), accept)
        for schedule in gone:
            await delete_shift(change, schedule, manager)
        changed = [
            before if before == after else await save_shift(change, before, wanted, manager)
            for (before, wanted), after in zip(steps, ends, strict=True)
        ]
        created = [await self._add(change, shift, manager) for shift in batch.create]
        # All of it is written, so that each shift meets all others; what is refused now is rolled back, untold.
        stored = [(f"create.{index}", each) for index, each in enumerate(created)]
        written: list[Placed] = [*stored, *((f"change.{i}", changed[i]) for i in asked)]
        await _refuse_each(written, partial(_others_against, tx), accept)
        return Batched(created, changed, [schedule.id for schedule in gone])

    async def _add(self, change: Change, shift: Shift, manager: Staff) -> Schedule:
        schedule = await change.tx.schedules.add(shift, manager, change.now)
        change.notifier.notify_schedule_created(schedule)
        return schedule

    async def delete(self, manager: Staff, seen: VersionOf, request_id: str | None = None) -> None:
        """Raises NotFound, StaleVersion."""
        require_manager(manager, "delete shifts")
        async with self._desk.change(request_id) as change:
            schedule = await seen_shift(change, seen)
            await delete_shift(change, schedule, manager)


class _Rehearsed(Exception):
    """Rolls a change back, with what came of it."""

    def __init__(self, done: Batched) -> None:
        self.done = done


def _is_asked(before: Schedule, after: Schedule) -> bool:
    """Whether the rules are asked about this step: when the placement changes or a draft is published."""
    return after.placement() != before.placement() or (after.published and not before.published)


Placed = tuple[str, Shift]
"""Where a shift stands in the request, and the shift."""


async def _draw(change: Change, batch: Batch) -> list[tuple[Schedule, Mapping[str, object]]]:
    """The schedules that a batch changes, as they stand, and what would be set in each. Raises as `seen_shift` does."""
    seen = [(await seen_shift(change, version), wanted) for version, wanted in batch.change]
    return [(before, await _with_timezone(change.tx, before, wanted)) for before, wanted in seen]


async def _others_against(tx: Transaction, stored: Shift) -> list[Violation]:
    """The objections to a shift that is stored already, which is not in its own way."""
    own = {stored.id} if isinstance(stored, Schedule) else ()
    return await objections(tx, stored, own)


async def _refuse_each(
    placed: Sequence[Placed], ask: Callable[[Shift], Awaitable[list[Violation]]], accept: Collection[str]
) -> None:
    """Raises RulesBroken with all objections to these shifts, each under its own path."""
    refuse([violation.below(path) for path, shift in placed for violation in await ask(shift)], accept)


async def _with_timezone(tx: Transaction, before: Schedule, changes: Mapping[str, object]) -> Mapping[str, object]:
    """`changes`, with the new location's zone when the location changes."""
    name = changes.get("location", before.location)
    location = await tx.locations.get(str(name))
    return changes if location is None else {**changes, "timezone": location.timezone}
