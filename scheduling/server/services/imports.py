"""Use cases around lines of a spreadsheet: many shifts planned elsewhere, taken over together or not at all."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from scheduling.server.domain.rules import Violation
from scheduling.server.domain.schedule import Location, Schedule, Shift
from scheduling.server.domain.staff import Staff

from .access import require_manager
from .batches import carry_out
from .changes import Change, Desk, NamedRequest
from .errors import LinesRefused, RulesBroken
from .ports import MOST_AT_ONCE, Batch, Batched, Transaction, VersionOf

MOST_LINES = MOST_AT_ONCE
"""What a batch does at once."""

COLUMN_OF = {"staff_id": "person", "starts_at": "starts", "ends_at": "ends"}
"""The column of a shift's field, where it is not named alike."""


@dataclass(frozen=True, slots=True)
class SheetLine:
    """A line by its number in the spreadsheet: a shift to add; or, with `seen`, the fields to set in that one."""

    number: int
    seen: VersionOf | None
    shift: Shift
    given: Collection[str]
    """The shift's fields that the line has; the others stay as they are."""

    def changes(self) -> Mapping[str, object]:
        return {name: getattr(self.shift, name) for name in self.given}


@dataclass(frozen=True, slots=True)
class Edited:
    """A shift before and after."""

    before: Schedule
    after: Schedule


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of the lines; in a dry run, what would."""

    created: list[Schedule]
    changed: list[Edited]
    unchanged: int


class ImportService:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def roster(self, manager: Staff) -> tuple[list[Staff], list[Location]]:
        """Whom and which places lines may name. Raises Forbidden."""
        require_manager(manager, "import shifts")
        async with self._desk.store.read() as tx:
            return await tx.staff.all(), await tx.locations.all()

    async def run(
        self,
        manager: Staff,
        lines: Sequence[SheetLine],
        accept: Collection[str],
        *,
        dry_run: bool = False,
        named: NamedRequest | None = None,
    ) -> Imported:
        """Add and change shifts by `lines`: all of them, or none; in a `dry_run` nothing is kept or told.

        Raises Forbidden; LinesRefused with what is wrong in which line.
        """
        require_manager(manager, "import shifts")
        try:
            async with self._desk.change(None if dry_run else named) as change:
                imported = await _take_over(change, lines, accept, manager)
                if dry_run:
                    raise _DryRun(imported)
        except _DryRun as done:
            return done.imported
        return imported


class _DryRun(Exception):
    """Rolls a change back, with what came of it."""

    def __init__(self, imported: Imported) -> None:
        super().__init__()
        self.imported = imported


async def _take_over(change: Change, lines: Sequence[SheetLine], accept: Collection[str], manager: Staff) -> Imported:
    befores = await _as_seen(change.tx, lines)
    created = [line for line in lines if line.seen is None]
    edited = [(line, line.seen) for line in lines if line.seen is not None]
    batch = Batch([line.shift for line in created], [(seen, line.changes()) for line, seen in edited])
    places = {f"create.{index}": line.number for index, line in enumerate(created)}
    places |= {f"change.{index}": line.number for index, (line, _) in enumerate(edited)}
    try:
        done = await carry_out(change, batch, accept, manager)
    except RulesBroken as error:
        raise LinesRefused([_relocated(each, places) for each in error.violations]) from error
    return _imported(befores, done)


def in_line(number: int, violation: Violation) -> Violation:
    """The same, about a column of a line: under `lines.<number>`."""
    return violation.below(f"lines.{number}")


def _relocated(violation: Violation, places: Mapping[str, int]) -> Violation:
    step, index, field = violation.field.split(".", 2)
    column = COLUMN_OF.get(field, field)
    moved = Violation(column, violation.code, violation.severity, violation.message, violation.params)
    return in_line(places[f"{step}.{index}"], moved)


async def _as_seen(tx: Transaction, lines: Sequence[SheetLine]) -> list[Schedule]:
    """The shifts that the lines change, as they stand. Raises LinesRefused where they are not as they were seen."""
    stale: list[Violation] = []
    befores: list[Schedule] = []
    times = Counter(line.seen.id for line in lines if line.seen)
    for line in lines:
        if line.seen is None:
            continue
        before = await tx.schedules.get(line.seen.id)
        if before is None:
            stale.append(
                _stale(
                    line,
                    "gone",
                    "id",
                    f"there is no shift {line.seen.id} any more; empty id and version to add it anew",
                )
            )
        elif times[before.id] > 1:
            stale.append(_stale(line, "repeated", "id", f"the shift {before.id} has several lines; keep one of them"))
        elif before.version != line.seen.version:
            name = before.updated_by.name if before.updated_by else "Somebody"
            stale.append(
                _stale(line, "stale", "version", f"{name} has changed this shift since; export again", name=name)
            )
        else:
            befores.append(before)
    if stale:
        raise LinesRefused(stale)
    return befores


def _stale(line: SheetLine, code: str, column: str, message: str, **params: str | int) -> Violation:
    return in_line(line.number, Violation(column, code, "hard", message, params))


def _imported(befores: Sequence[Schedule], done: Batched) -> Imported:
    pairs = [Edited(before, after) for before, after in zip(befores, done.changed, strict=True)]
    changed = [each for each in pairs if each.before != each.after]
    return Imported(done.created, changed, len(pairs) - len(changed))
