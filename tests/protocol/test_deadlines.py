"""Many deadlines on one timer: up to a second early, never late."""

from math import floor

from hypothesis import given
from hypothesis import strategies as st

from tidings.protocol.deadlines import Deadlines

TIMES = st.floats(min_value=0, max_value=50, allow_nan=False)


@given(st.lists(TIMES, max_size=30))
def test_looked_at_every_second_nothing_falls_due_late_or_more_than_a_second_early(times: list[float]) -> None:
    deadlines: Deadlines[int] = Deadlines()
    for item, at in enumerate(times):
        deadlines.add(at, item)
    fell: dict[int, float] = {}
    for now in range(52):
        for item in deadlines.due(float(now)):
            assert item not in fell
            fell[item] = float(now)
    assert fell.keys() == set(range(len(times)))
    assert all(at - 1 < fell[item] <= at for item, at in enumerate(times))
    assert not deadlines


@given(st.lists(TIMES, max_size=30), TIMES)
def test_what_is_due_comes_in_the_order_of_seconds(times: list[float], now: float) -> None:
    deadlines: Deadlines[float] = Deadlines()
    for at in times:
        deadlines.add(at, at)
    seconds = [floor(at) for at in deadlines.due(now)]
    assert seconds == sorted(seconds)
    assert set(seconds) == {floor(at) for at in times if floor(at) <= now}


def test_what_is_added_for_the_past_falls_due_at_the_next_call() -> None:
    deadlines: Deadlines[str] = Deadlines()
    deadlines.add(1.0, "first")
    for item in deadlines.due(5.0):
        deadlines.add(2.0, f"after {item}")
    assert list(deadlines.due(5.0)) == ["after first"]


def test_it_is_true_while_somebody_waits() -> None:
    deadlines: Deadlines[str] = Deadlines()
    assert not deadlines
    deadlines.add(3.5, "item")
    assert deadlines
    assert list(deadlines.due(2.999)) == []
    assert list(deadlines.due(3.0)) == ["item"]
    assert not deadlines


def test_clear_forgets_all() -> None:
    deadlines: Deadlines[str] = Deadlines()
    deadlines.add(3.5, "item")
    deadlines.clear()
    assert not deadlines
    assert list(deadlines.due(100.0)) == []
