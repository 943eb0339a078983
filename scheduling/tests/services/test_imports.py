from datetime import timedelta
from typing import Any

import pytest

from scheduling.server.services import errors
from scheduling.server.services.changes import Desk
from scheduling.server.services.imports import Edited, ImportService, SheetLine
from scheduling.server.services.ports import VersionOf
from scheduling.server.services.schedules import ScheduleService
from scheduling.tests.conftest import Recorder, Team
from scheduling.tests.roster import shift

FIELDS = ("staff_id", "starts_at", "ends_at", "role", "location")


@pytest.fixture
def schedules(desk: Desk) -> ScheduleService:
    return ScheduleService(desk)


@pytest.fixture
def imports(desk: Desk) -> ImportService:
    return ImportService(desk)


def line(number: int, start: str, seen: VersionOf | None = None, **changes: Any) -> SheetLine:
    return SheetLine(number, seen, shift(start, **changes), (*FIELDS, *changes))


async def test_lines_add_and_change_shifts_together(
    imports: ImportService, schedules: ScheduleService, team: Team, notifier: Recorder
):
    before = await schedules.create(team.mona, shift("2026-11-23 07:00", staff_id=2, note="Keys"), ())
    same = await schedules.create(team.mona, shift("2026-11-24 07:00", staff_id=2), ())
    notifier.told.clear()
    lines = [
        line(2, "2026-11-25 07:00", staff_id=2, status="draft"),
        line(3, "2026-11-23 08:00", VersionOf(before.id, 1), staff_id=2),
        line(4, "2026-11-24 07:00", VersionOf(same.id, 1), staff_id=2),
    ]
    done = await imports.run(team.mona, lines, ())
    after = before.changed(
        {"starts_at": lines[1].shift.starts_at, "ends_at": before.ends_at + timedelta(hours=1)},
        team.mona.person,
        before.updated_at,
    )
    assert (done.changed, done.unchanged, after.note) == ([Edited(before, after)], 1, "Keys")
    assert [(each.id, each.status) for each in done.created] == [(3, "draft")]
    assert notifier.told == [("schedule changed", before, after), ("schedule created", done.created[0])]


async def test_a_dry_run_says_what_would_be_and_leaves_all_as_it_was(
    imports: ImportService, schedules: ScheduleService, team: Team, desk: Desk
):
    before = await schedules.create(team.mona, shift("2026-11-23 07:00", staff_id=2), ())
    lines = [
        line(2, "2026-11-25 07:00", staff_id=2),
        line(3, "2026-11-23 08:00", VersionOf(before.id, 1), staff_id=2),
    ]
    done = await imports.run(team.mona, lines, (), dry_run=True)
    assert (len(done.created), len(done.changed)) == (1, 1)
    async with desk.store.read() as tx:
        assert await tx.schedules.get(before.id) == before
        assert await tx.schedules.get(before.id + 1) is None
    with pytest.raises(errors.LinesRefused):
        await imports.run(team.mona, [line(2, "2026-11-23 08:00", staff_id=2)], (), dry_run=True)


async def test_the_rules_objections_stand_under_line_and_column(imports: ImportService, team: Team):
    lines = [line(2, "2026-11-23 07:00", staff_id=2), line(7, "2026-11-24 07:00", staff_id=2, role="Head nurse")]
    with pytest.raises(errors.LinesRefused, match=r"^Line 7, role: Alice .*Head nurse") as refused:
        await imports.run(team.mona, lines, ())
    assert [(each.field, each.severity) for each in refused.value.violations] == [("lines.7.role", "soft")]
    done = await imports.run(team.mona, lines, ("skill",))
    assert len(done.created) == 2
    with pytest.raises(errors.LinesRefused) as refused:
        await imports.run(team.mona, [line(2, "2026-11-23 08:00", staff_id=2)], ())
    assert {each.field for each in refused.value.violations} == {"lines.2.person"}


async def test_shifts_that_are_not_as_they_were_exported_are_told_by_line(
    imports: ImportService, schedules: ScheduleService, team: Team
):
    changed, gone, twice = [
        await schedules.create(team.mona, shift(f"2026-11-{day} 07:00", staff_id=2), ()) for day in (23, 24, 25)
    ]
    await schedules.change(team.mona, VersionOf(changed.id, 1), {"note": "Keys"}, ())
    await schedules.delete(team.mona, VersionOf(gone.id, 1))
    numbered = enumerate((changed, gone, twice, twice), 2)
    lines = [line(number, "2026-11-26 07:00", VersionOf(each.id, 1), staff_id=2) for number, each in numbered]
    with pytest.raises(
        errors.LinesRefused, match="Line 2, version: Mona Reyes has changed this shift since; export"
    ) as e:
        await imports.run(team.mona, lines, ())
    assert [(each.field, each.code) for each in e.value.violations] == [
        ("lines.2.version", "stale"),
        ("lines.3.id", "gone"),
        ("lines.4.id", "repeated"),
        ("lines.5.id", "repeated"),
    ]


async def test_only_managers_import(imports: ImportService, team: Team):
    for refused in (imports.run(team.alice, [], ()), imports.roster(team.alice)):
        with pytest.raises(errors.Forbidden):
            await refused


async def test_more_than_can_be_read_is_cut_and_what_cannot_be_overruled_stands_first(
    imports: ImportService, schedules: ScheduleService, team: Team
):
    await schedules.create(team.mona, shift("2026-11-23 07:00", staff_id=2), ())
    soft = [line(n, f"2027-{n % 9 + 1:02}-{n // 9 + 1:02} 07:00", staff_id=3, role="Head") for n in range(2, 230)]
    with pytest.raises(errors.LinesRefused, match=r"And \d+ more\.$") as refused:
        await imports.run(team.mona, [*soft, line(230, "2026-11-23 08:00", staff_id=2)], ())
    assert refused.value.violations[0].field == "lines.230.person"
    assert len(refused.value.violations) == errors.LinesRefused.MOST_TOLD
