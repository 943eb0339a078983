"""What is logged of connections that are refused."""

import pytest

from tidings.readiness.upgrades import RefusalLog


def test_a_reason_is_a_line_and_how_often_it_held_a_later_one(caplog: pytest.LogCaptureFixture) -> None:
    refusals = RefusalLog()
    for now in (0.0, 0.1, 9.9):
        refusals.note("full", now)
    refusals.note("stopped", 5.0)
    refusals.note("full", 10.0)
    refusals.note("full", 30.0)
    more = " (2 more were refused since this was last written)"
    assert caplog.messages == ["full", "stopped", f"full{more}", "full"]


def test_reasons_without_end_are_one(caplog: pytest.LogCaptureFixture) -> None:
    refusals = RefusalLog()
    for number in range(10_000):
        refusals.note(f"origin {number}", 1.0)
    assert len(caplog.messages) == 101
