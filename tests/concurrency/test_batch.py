"""Many questions, few calls."""

import asyncio
from collections.abc import Sequence

import pytest

from tidings.concurrency.batch import Batch


class Work:
    """Answers with the double, once the test lets it."""

    def __init__(self) -> None:
        self.calls: list[list[int]] = []
        self.free = asyncio.Event()
        self.free.set()
        self.began = asyncio.Event()

    async def __call__(self, questions: Sequence[int]) -> list[int | Exception]:
        self.calls.append(list(questions))
        self.began.set()
        await self.free.wait()
        if 13 in questions:
            raise ValueError("no thirteens")
        return [LookupError(f"no {it}") if it < 0 else 2 * it for it in questions]


async def test_what_is_asked_at_once_is_answered_with_one_call() -> None:
    work = Work()
    batch = Batch(work, limit=100)
    assert await asyncio.gather(*[batch.ask(number) for number in range(10)]) == [2 * number for number in range(10)]
    assert work.calls == [list(range(10))]


async def test_while_one_call_runs_the_next_questions_gather_up_to_the_limit() -> None:
    work = Work()
    work.free.clear()
    batch = Batch(work, limit=4)
    first = asyncio.create_task(batch.ask(0))
    await work.began.wait()
    rest = [asyncio.create_task(batch.ask(number)) for number in range(1, 7)]
    await asyncio.sleep(0)
    work.free.set()
    assert await asyncio.gather(first, *rest) == [2 * number for number in range(7)]
    assert work.calls == [[0], [1, 2, 3, 4], [5, 6]]


async def test_what_it_raises_is_raised_at_all_who_asked_and_the_next_go_on() -> None:
    batch = Batch(Work(), limit=2)
    answers = await asyncio.gather(*[batch.ask(it) for it in (13, 1, 2, 3)], return_exceptions=True)
    assert [type(answer) for answer in answers] == [ValueError, ValueError, int, int]


async def test_an_answer_that_is_an_exception_is_raised_at_its_asker_alone() -> None:
    batch = Batch(Work(), limit=10)
    answers = await asyncio.gather(*[batch.ask(it) for it in (1, -1, 2)], return_exceptions=True)
    assert [str(answer) for answer in answers] == ["2", "no -1", "4"]


async def test_an_asker_that_is_cancelled_disturbs_nobody() -> None:
    work = Work()
    work.free.clear()
    batch = Batch(work, limit=10)
    askers = [asyncio.create_task(batch.ask(number)) for number in range(3)]
    await work.began.wait()
    askers[0].cancel()
    work.free.set()
    assert await asyncio.gather(*askers[1:]) == [2, 4]
    assert askers[0].cancelled()


async def test_more_than_may_wait_are_refused() -> None:
    work = Work()
    work.free.clear()
    batch = Batch(work, limit=1, waiting=2)
    askers = [asyncio.create_task(batch.ask(number)) for number in range(3)]
    await work.began.wait()
    askers.append(asyncio.create_task(batch.ask(3)))
    await asyncio.sleep(0)
    with pytest.raises(OverflowError, match="2 are waiting already"):
        await batch.ask(4)
    work.free.set()
    await asyncio.gather(*askers, return_exceptions=True)


async def test_closing_waits_for_the_answers() -> None:
    batch = Batch(Work(), limit=10)
    asker = asyncio.create_task(batch.ask(1))
    await asyncio.sleep(0)
    await batch.close()
    assert await asker == 2
    await Batch(Work(), limit=1).close()
