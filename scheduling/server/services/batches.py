"""Many changes to shifts at once: all of them, or none."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from scheduling.server.domain.rules import Violation
from scheduling.server.domain.schedule import Schedule
from scheduling.server.domain.staff import Staff

from .changes import Change
from .ports import Batch, Batched, VersionOf
from .shifts import (
    add_shift,
    delete_shift,
    needs_check,
    objections,
    refuse,
    save_shift,
    seen_shift,
    unstorable,
    with_timezone,
)


async def carry_out(change: Change, batch: Batch, accept: Collection[str], manager: Staff) -> Batched:
    """Do all of it. The rules are held against what all of it together leaves.

    Raises NotFound, StaleVersion, RulesBroken (fields under `create.<index>` and `change.<index>`): then the change
    must not be committed.
    """
    to_delete = [await seen_shift(change, seen) for seen in batch.delete]
    edits = [await _drawn(change, seen, wanted) for seen, wanted in batch.change]
    planned = {f"create.{index}": shift for index, shift in enumerate(batch.create)}
    planned |= {f"change.{index}": edit.after for index, edit in enumerate(edits) if edit.needs_check}
    refuse(_placed([(path, await unstorable(change.tx, shift)) for path, shift in planned.items()]), accept)
    for schedule in to_delete:
        await delete_shift(change, schedule, manager)
    changed = [await edit.saved(change, manager) for edit in edits]
    created = [await add_shift(change, shift, manager) for shift in batch.create]
    # All of it is written, so that each shift meets all others; what is refused now is rolled back, untold.
    written = {f"create.{index}": schedule for index, schedule in enumerate(created)}
    written |= {f"change.{index}": changed[index] for index, edit in enumerate(edits) if edit.needs_check}
    against = [(path, await objections(change.tx, each, {each.id})) for path, each in written.items()]
    refuse(_placed(against), accept)
    return Batched(created, changed, [schedule.id for schedule in to_delete])


@dataclass(frozen=True, slots=True)
class _Edit:
    """A change of a batch: a shift as it stands, what is to be set in it, and what it will be."""

    before: Schedule
    wanted: Mapping[str, object]
    after: Schedule

    @property
    def needs_check(self) -> bool:
        return needs_check(self.before, self.after)

    async def saved(self, change: Change, by: Staff) -> Schedule:
        """The next version; where nothing changes, the one that there is."""
        return self.before if self.before == self.after else await save_shift(change, self.before, self.wanted, by)


async def _drawn(change: Change, seen: VersionOf, changes: Mapping[str, object]) -> _Edit:
    """Raises NotFound, StaleVersion."""
    before = await seen_shift(change, seen)
    wanted = await with_timezone(change.tx, changes)
    return _Edit(before, wanted, before.model_copy(update=dict(wanted)))


def _placed(against: Iterable[tuple[str, Collection[Violation]]]) -> list[Violation]:
    """All objections, each under the path in the request of the shift that it is against."""
    return [violation.below(path) for path, violations in against for violation in violations]
