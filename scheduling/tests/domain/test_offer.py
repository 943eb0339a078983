from typing import get_args

import pytest

from scheduling.server.domain.offer import OPEN, OUTCOMES, Offer, OfferStatus, OfferStep, check_ahead
from scheduling.server.domain.text import Person
from scheduling.tests.roster import NOW, schedule, staff

ALICE, BOB = Person(id=1, name="Alice"), Person(id=2, name="Bob")


def offer(**changes: object) -> Offer:
    fields = {"id": 5, "staff": ALICE, "schedule": schedule("2026-11-23 07:00"), "version": 1, "updated_by": ALICE}
    return Offer.model_validate({**fields, "updated_at": NOW, **changes})


@pytest.mark.parametrize(
    ("status", "outcomes"),
    [
        ("offered", {"accept": "accepted", "decline": "declined", "withdraw": "withdrawn", "lapse": "lapsed"}),
        ("accepted", {"approve": "approved", "decline": "declined", "withdraw": "withdrawn", "lapse": "lapsed"}),
        ("approved", {}),
        ("declined", {}),
        ("withdrawn", {}),
        ("lapsed", {}),
    ],
)
def test_what_can_become_of_an_offer(status: OfferStatus, outcomes: dict[OfferStep, OfferStatus]):
    for step in get_args(OfferStep):
        assert offer(status=status).outcome(step) == outcomes.get(step)
    assert (status in OPEN) == bool(outcomes)
    assert set(OUTCOMES) == set(get_args(OfferStatus))


@pytest.mark.parametrize(
    ("who", "status", "steps"),
    [
        (staff("Alice", id=1), "offered", {"withdraw"}),
        (staff("Bob", id=2), "offered", {"accept", "decline"}),
        (staff("Bob", id=2), "accepted", {"accept"}),
        (staff("Carla", id=3), "offered", set()),
        (staff("Mona", id=9, role="manager"), "accepted", {"approve", "decline"}),
    ],
)
def test_who_may_take_which_step(who, status: OfferStatus, steps: set[str]):
    made = offer(to=BOB, status=status)
    assert {step for step in get_args(OfferStep) if made.may(step, who)} == steps


def test_what_is_offered_to_all_nobody_declines_for_the_others():
    assert offer().may("accept", staff("Carla", id=3))
    assert not offer().may("decline", staff("Carla", id=3))


def test_a_swap_gives_each_the_others_shift():
    wanted = schedule("2026-11-24 07:00", id=8, staff_id=2)
    given, returned = offer(to=BOB, wanted=wanted, taken_by=BOB).exchanged()
    assert (given.id, given.staff_id, returned.id, returned.staff_id) == (7, 2, 8, 1)


def test_a_shift_that_has_begun_changes_hands_no_more():
    assert [each.code for each in check_ahead(schedule(NOW), NOW)] == ["begun"]
    assert check_ahead(schedule("2026-11-23 07:00"), NOW) == []
