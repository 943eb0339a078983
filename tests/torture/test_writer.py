"""A writer asks until it knows the outcome, and records what it knows."""

import asyncio
from collections.abc import Iterator
from random import Random

import httpx2
import pytest

from tidings.testing.history import History
from tidings.testing.history.records import Committed, Publishing, RolledBack
from torture.changes import Change
from torture.writer import Habits, Writer, WriterError

ALL_SUCCEED = Habits(pause=0.0, fails=0.0)
MADE = Change(id="c1", item=1, version=1, owner="ada", text="new")


def writer_of(answers: Iterator[int], habits: Habits = ALL_SUCCEED) -> tuple[Writer, History]:
    """A writer whose server answers so; 0 is an answer that is lost."""

    def answer(request: httpx2.Request) -> httpx2.Response:
        status = next(answers)
        if not status:
            raise httpx2.ReadError("lost", request=request)
        return httpx2.Response(status, json={})

    history = History()
    http = httpx2.AsyncClient(base_url="http://server", transport=httpx2.MockTransport(answer))
    return Writer(1, http, history, Random(1), habits), history


def told(history: History) -> list[tuple[type, str]]:
    events = [each for each in history.records if isinstance(each, Publishing | Committed | RolledBack)]
    return [(type(event), event.id) for event in events]


async def test_a_change_is_asked_for_until_its_outcome_is_known():
    writer, history = writer_of(iter([0, 503, 200]))
    await writer.change(MADE)
    assert told(history) == [*[(Publishing, "c1")] * 3, (Committed, "c1")]
    assert (writer.committed, list(writer.items), writer.repeated) == (["c1"], [1], 2)


async def test_a_change_that_fails_is_rolled_back_whatever_the_answer():
    writer, history = writer_of(iter([0, 409]))
    await writer.change(MADE.model_copy(update={"fails": "within"}))
    assert told(history) == [(Publishing, "c1"), (RolledBack, "c1")] * 2
    assert (writer.committed, writer.items) == ([], {})


async def test_a_move_is_told_to_both_owners_and_what_strays_to_nobody():
    writer, history = writer_of(iter([200, 200]))
    await writer.change(MADE)
    moved = MADE.model_copy(update={"id": "c2", "version": 2, "owner": "ben", "left": "ada", "strays": True})
    await writer.change(moved)
    assert {event for event in told(history) if event[0] is not Publishing} == {
        (Committed, "c1"), (RolledBack, "c2.stray"), (Committed, "c2"), (Committed, "c2.left")
    }  # fmt: skip
    channels = [set(each.channels) for each in history.records if isinstance(each, Publishing)]
    assert channels[1:] == [{"items", "owner:ben:items"}, {"owner:ada:items"}, {"items"}]


async def test_a_refusal_that_was_not_asked_for_ends_the_run():
    writer, _ = writer_of(iter([200, 409]))
    await writer.change(MADE)
    with pytest.raises(WriterError, match="the change c1 was answered with 409"):
        await writer.change(MADE)


async def test_each_change_follows_from_what_was_made_before():
    """500 of them: versions rise one by one, and nothing is done to what is not there."""
    writer, history = writer_of(iter(lambda: 200, 0))
    await writer.run(asyncio.Event(), changes=500)
    versions: dict[str | None, list[int | None]] = {}
    for each in history.records:
        if isinstance(each, Publishing) and not each.id.endswith((".left", ".stray")):
            versions.setdefault(each.key, []).append(each.version)
    assert len(versions) > 10
    assert all(found == list(range(1, len(found) + 1)) for found in versions.values())
