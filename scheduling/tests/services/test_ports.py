"""Tests of what one answer carries at most."""

import pytest

from scheduling.server.domain.template import MOST_TEMPLATE_SHIFTS
from scheduling.server.services.errors import TooMany
from scheduling.server.services.ports import MOST_AT_ONCE, MOST_ROWS, at_most


def test_an_answer_carries_so_many_rows_and_no_more():
    rows = list(range(MOST_ROWS))
    assert at_most(rows, "schedules") == rows
    with pytest.raises(TooMany, match="More than 10000 schedules match"):
        at_most([*rows, MOST_ROWS], "schedules")


def test_one_batch_drafts_a_template():
    assert MOST_TEMPLATE_SHIFTS == MOST_AT_ONCE
