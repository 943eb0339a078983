"""The rate of messages."""

from dataclasses import FrozenInstanceError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidings import Limits
from tidings.protocol.limits import TokenBucket


def test_a_burst_passes_at_once_then_the_rate_holds() -> None:
    bucket = TokenBucket(3, now=100.0)
    assert [bucket.take(100.0, 2.0, 3) for _ in range(5)] == [True, True, True, False, False]
    assert [bucket.take(100.5, 2.0, 3) for _ in range(2)] == [True, False]


def test_a_rest_fills_it_to_the_burst_and_no_further() -> None:
    bucket = TokenBucket(3, now=0.0)
    assert [bucket.take(1_000.0, 2.0, 3) for _ in range(4)] == [True, True, True, False]


@given(st.lists(st.floats(0, 5), max_size=200), st.integers(1, 20), st.floats(0.1, 50))
def test_never_more_than_burst_and_rate_allow(pauses: list[float], burst: int, rate: float) -> None:
    now, passed = 0.0, 0
    bucket = TokenBucket(burst, now)
    for pause in pauses:
        now += pause
        passed += bucket.take(now, rate, burst)
    assert passed <= burst + now * rate + 1e-6


def test_limits_are_values() -> None:
    limits = Limits(channels=3)
    with pytest.raises(FrozenInstanceError):
        limits.channels = 4  # type: ignore[misc]
    assert (limits.channels, limits.message_size) == (3, 65_536)
