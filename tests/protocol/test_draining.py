"""The pace at which clients are sent away."""

from collections import Counter

import pytest

from tidings.protocol.draining import TICK, plan


@pytest.mark.parametrize("clients", [0, 1, 3, 45])
def test_few_need_not_wait(clients: int) -> None:
    assert {plan(clients, 25.0).wait(place) for place in range(clients)} <= {0.0}


@pytest.mark.parametrize("clients", [500, 5_000, 9_000, 20_000, 100_000])
def test_at_most_500_a_second_or_a_twentieth_and_all_in_time(clients: int) -> None:
    planned = plan(clients, 25.0)
    waits = [planned.wait(place) for place in range(clients)]
    assert waits == sorted(waits)
    assert waits[-1] < 25.0 - 3.0  # the closing handshake of the last takes up to 3 s
    in_batch = Counter(round(wait / TICK) for wait in waits)
    batches_in_a_second = round(1 / TICK)
    for first in in_batch:  # whatever second is looked at
        closed = sum(in_batch[first + further] for further in range(batches_in_a_second))
        assert closed <= max(500, clients / 20)


@pytest.mark.parametrize(("clients", "within"), [(100, 0.0), (100, 4.0), (10_000, 6.0)])
def test_a_short_time_is_kept_at_any_pace(clients: int, within: float) -> None:
    assert plan(clients, within).wait(clients - 1) <= within / 2
