from typing import get_args

import pytest

from scheduling.server.domain.text import Person
from scheduling.server.domain.time_off import Decision, TimeOffStatus
from scheduling.tests.roster import NOW, time_off


@pytest.mark.parametrize(
    ("status", "outcomes"),
    [
        ("pending", {"approve": "approved", "deny": "denied", "cancel": "cancelled"}),
        ("approved", {"cancel": "cancelled"}),
        ("denied", {}),
        ("cancelled", {}),
    ],
)
def test_what_can_become_of_a_request(status: TimeOffStatus, outcomes: dict[Decision, TimeOffStatus]):
    request = time_off("2026-11-23 00:00", status=status)
    for decision in get_args(Decision):
        assert request.outcome(decision) == outcomes.get(decision)


def test_a_decision_is_on_record():
    mona = Person(id=9, name="Mona Reyes")
    decided = time_off("2026-11-23 00:00").decided("denied", "Too many are away.", mona, NOW)
    assert (decided.status, decided.decision_note, decided.decided_by) == ("denied", "Too many are away.", mona)
    assert decided.version == 2
