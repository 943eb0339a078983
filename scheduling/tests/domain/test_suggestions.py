from zoneinfo import ZoneInfo

from scheduling.server.domain.rules import Situation
from scheduling.server.domain.schedule import Schedule
from scheduling.server.domain.staff import Contract
from scheduling.server.domain.suggestions import suggest
from scheduling.tests.roster import CONTRACT, schedule, shift, staff, time_off

LONDON = ZoneInfo("Europe/London")
WANTED = shift("2026-11-24 07:00", staff_id=None)


def person(id: int, name: str, *others: Schedule, **changes: object) -> Situation:
    away = changes.pop("away", ())
    return Situation(staff(name, id=id, **changes), LONDON, others, away)  # type: ignore[arg-type]


def test_the_best_comes_first():
    people = [
        person(1, "Freelance Fay", contract=Contract(name="Freelance")),
        person(2, "Unskilled Una", skills=("Cook",)),
        person(3, "Tired Tim", schedule("2026-11-23 15:00"), skills=("Cook",)),
        person(4, "Zoe"),
        person(5, "Ann"),
        person(6, "Busy Bea", schedule("2026-11-25 07:00")),
    ]
    found = suggest(WANTED, people)
    names = ["Ann", "Zoe", "Busy Bea", "Freelance Fay", "Unskilled Una", "Tired Tim"]
    assert [each.staff.name for each in found] == names
    assert [len(each.violations) for each in found] == [0, 0, 0, 0, 1, 3]
    assert [(each.hours, each.hours_left) for each in found[:4]] == [(0, 40), (0, 40), (8, 32), (0, None)]


def test_whom_something_hard_keeps_from_it_is_not_suggested():
    people = [
        person(1, "Elsewhere", schedule("2026-11-24 09:00")),
        person(2, "Away", away=[time_off("2026-11-24 00:00", status="approved")]),
        person(3, "Strict", skills=(), contract=CONTRACT.model_copy(update={"hard_rules": ("skill",)})),
        person(4, "Free"),
    ]
    assert [each.staff.name for each in suggest(WANTED, people)] == ["Free"]
