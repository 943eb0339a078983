"""Use cases around shifts: read, plan, change, publish, delete."""

from collections.abc import Collection, Mapping, Sequence

from scheduling.server.domain.schedule import Schedule, ScheduleStatus, Shift
from scheduling.server.domain.staff import Staff

from .access import require_manager
from .batches import carry_out
from .changes import Desk, NamedRequest
from .ports import MOST_ROWS, Batch, Batched, VersionOf, Window, at_most
from .shifts import add_shift, delete_shift, needs_check, objections, refuse, save_shift, seen_shift, with_timezone


class ScheduleService:
    """Raises, beside what each method names: Forbidden when who asks is no manager.

    `named` is the request itself, where its client gave it a name (`Desk.change`).
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
        self, manager: Staff, shift: Shift, accept: Collection[str], named: NamedRequest | None = None
    ) -> Schedule:
        """Raises RulesBroken unless the rules allow it, or all of their objections are soft and in `accept`."""
        require_manager(manager, "plan shifts")
        async with self._desk.change(named) as change:
            refuse(await objections(change.tx, shift), accept)
            return await add_shift(change, shift, manager)

    async def change(
        self,
        manager: Staff,
        seen: VersionOf,
        changes: Mapping[str, object],
        accept: Collection[str],
        named: NamedRequest | None = None,
    ) -> Schedule:
        """Set the fields in `changes`, which are a Shift's and validated.

        The rules are asked when the placement changes or a draft is published; a change that changes nothing makes
        no new version. Raises NotFound, StaleVersion, RulesBroken.
        """
        require_manager(manager, "change shifts")
        async with self._desk.change(named) as change:
            before = await seen_shift(change, seen)
            wanted = await with_timezone(change.tx, changes)
            after = before.model_copy(update=wanted)
            if after == before:
                return before
            if needs_check(before, after):
                refuse(await objections(change.tx, after, {before.id}), accept)
            return await save_shift(change, before, wanted, manager)

    async def publish(
        self, manager: Staff, drafts: Sequence[VersionOf], accept: Collection[str], named: NamedRequest | None = None
    ) -> list[Schedule]:
        """Publish all or none. Raises NotFound, StaleVersion, RulesBroken (fields under `schedules.<index>`)."""
        require_manager(manager, "publish shifts")
        async with self._desk.change(named) as change:
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
        self, manager: Staff, batch: Batch, accept: Collection[str], named: NamedRequest | None = None
    ) -> Batched:
        """Do all of it or nothing; the rules are held against what all of it together would leave.

        Raises NotFound, StaleVersion, RulesBroken (fields under `create.<index>` and `change.<index>`).
        """
        require_manager(manager, "plan shifts")
        async with self._desk.change(named) as change:
            return await carry_out(change, batch, accept, manager)

    async def delete(self, manager: Staff, seen: VersionOf, named: NamedRequest | None = None) -> None:
        """Raises NotFound, StaleVersion."""
        require_manager(manager, "delete shifts")
        async with self._desk.change(named) as change:
            schedule = await seen_shift(change, seen)
            await delete_shift(change, schedule, manager)
