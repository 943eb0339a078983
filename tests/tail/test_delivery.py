"""Tails on logs that the test writes, without a database."""

import asyncio
import logging

import pytest

from tests.tail.logs import Hearer, Logs, make
from tidings.protocol.log import Log, Position


class TestDelivery:
    async def test_an_own_commit_is_delivered_at_once_without_a_read(self) -> None:
        logs = Logs()
        tails = make(logs)
        hearer = Hearer(tails)
        await tails.follow("notes")
        await logs.listening.wait()
        for id in "abc":
            entry, after = logs.add("notes", id)
            tails.committed("notes", entry, after)
        assert hearer.ids == "abc"
        assert "read" not in logs.calls
        await tails.close()

    async def test_own_commits_that_are_told_out_of_order_are_delivered_in_order(self) -> None:
        logs = Logs()
        tails = make(logs)
        hearer = Hearer(tails)
        await tails.follow("notes")
        commits = [logs.add("notes", id) for id in "abcde"]
        for index in (1, 0, 4, 3, 2):
            tails.committed("notes", *commits[index])
        await hearer.until(lambda: len(hearer.events) == 5)
        assert hearer.ids == "abcde"
        await tails.close()

    async def test_what_another_process_appended_between_is_read_first(self) -> None:
        logs = Logs()
        tails = make(logs)
        hearer = Hearer(tails)
        await tails.follow("notes")
        logs.add("notes", "a")
        tails.committed("notes", *logs.add("notes", "b"))
        await hearer.until(lambda: len(hearer.events) == 2)
        assert hearer.ids == "ab"
        await tails.close()

    async def test_refresh_has_delivered_all_that_the_log_has_when_it_returns(self) -> None:
        logs = Logs()
        tails = make(logs)
        hearer = Hearer(tails)
        await tails.follow("notes")
        for number in range(350):
            logs.add("notes", str(number))
        await tails.refresh("notes")
        assert [position.offset for _, position in hearer.events] == list(range(1, 351))
        await tails.close()

    async def test_refresh_raises_where_the_log_cannot_be_read(self) -> None:
        logs = Logs()
        tails = make(logs)
        await tails.follow("notes")
        logs.failure = OSError("no log")
        with pytest.raises(OSError, match="no log"):
            await tails.refresh("notes")
        logs.failure = None
        await tails.close()

    async def test_a_wake_up_reads_more_than_one_piece(self) -> None:
        logs = Logs()
        tails = make(logs)
        hearer = Hearer(tails)
        await tails.follow("notes")
        await logs.listening.wait()
        for number in range(350):
            logs.add("notes", str(number))
        logs.wake("notes")
        await hearer.until(lambda: len(hearer.events) == 350)
        assert [position.offset for _, position in hearer.events] == list(range(1, 351))
        await tails.close()

    async def test_without_any_wake_up_the_tops_are_compared(self) -> None:
        logs = Logs()
        tails = make(logs, compare=0.01)
        hearer = Hearer(tails)
        await tails.follow("notes")
        await logs.listening.wait()
        logs.add("notes", "a")
        await hearer.until(lambda: hearer.events)
        await tails.close()

    async def test_a_wake_up_for_a_channel_that_is_being_opened_is_not_lost(self) -> None:
        logs = Logs()
        tails = make(logs)
        hearer = Hearer(tails)
        await tails.follow("first")
        await logs.listening.wait()
        logs.free.clear()
        logs.calls.clear()
        opening = asyncio.create_task(tails.follow("notes"))
        await logs.called("tops")
        logs.add("notes", "a")  # after its top was looked up
        logs.wake("notes")
        logs.free.set()
        await opening
        await hearer.until(lambda: hearer.events)
        assert hearer.ids == "a"
        await tails.close()

    async def test_an_own_commit_while_a_read_is_under_way_is_delivered_once(self) -> None:
        logs = Logs()
        tails = make(logs)
        hearer = Hearer(tails)
        await tails.follow("notes")
        await logs.listening.wait()
        first = logs.add("notes", "a")
        logs.free.clear()
        logs.wake("notes")
        await logs.called("read")
        tails.committed("notes", *first)
        tails.committed("notes", *logs.add("notes", "b"))
        logs.free.set()
        tails.committed("notes", *logs.add("notes", "c"))
        await hearer.until(lambda: len(hearer.events) == 3)
        assert hearer.ids == "abc"
        await tails.close()


class TestOutage:
    async def test_it_is_told_once_and_nothing_is_lost(self, caplog: pytest.LogCaptureFixture) -> None:
        logs = Logs()
        tails = make(logs)
        hearer = Hearer(tails)
        await tails.follow("notes")
        await logs.listening.wait()
        with caplog.at_level(logging.WARNING, "tidings"):
            logs.failure = ConnectionError("away")
            tails.committed("notes", *logs.add("notes", "a"))
            logs.add("notes", "b")
            logs.wake("notes")
            logs.calls.clear()
            await logs.called("tops", 5)
            logs.failure = None
            await hearer.until(lambda: len(hearer.events) == 2)
        assert hearer.ids == "ab"
        told = [record.message for record in caplog.records]
        assert told[0] == "the logs cannot be read, which is tried until they can: ConnectionError: away"
        assert sum("cannot" in message for message in told) == 1
        await tails.close()

    async def test_who_opens_a_channel_meanwhile_is_told(self) -> None:
        logs = Logs()
        tails = make(logs)
        logs.failure = ConnectionError("away")
        with pytest.raises(ConnectionError, match="away"):
            await tails.follow("notes")
        assert len(tails) == 0
        logs.failure = None
        assert await tails.follow("notes") == ("E", 0, "")
        await tails.close()


class TestResets:
    async def test_a_log_that_was_trimmed_past_what_was_read(self) -> None:
        logs = Logs()
        tails = make(logs)
        hearer = Hearer(tails)
        await tails.follow("notes")
        await logs.listening.wait()
        for id in "abcde":
            logs.add("notes", id)
        logs.logs["notes"].trim(events=2, size=10**9, before=-1.0)
        logs.wake("notes")
        await hearer.until(lambda: hearer.resets)
        assert hearer.resets == [("notes", logs.logs["notes"].top)]
        assert logs.renumbered == 0
        tails.committed("notes", *logs.add("notes", "f"))
        assert hearer.ids == "f"
        await tails.close()

    async def test_a_log_of_another_epoch(self) -> None:
        logs = Logs()
        tails = make(logs)
        hearer = Hearer(tails)
        await tails.follow("notes")
        await logs.listening.wait()
        logs.logs["notes"] = Log("notes", Position("F", 0, ""))
        logs.add("notes", "a")
        logs.wake("notes")
        await hearer.until(lambda: hearer.resets)
        assert hearer.resets == [("notes", Position("F", 1, "a"))]
        assert logs.renumbered == 0
        await tails.close()

    @pytest.mark.parametrize("ids", ["", "a", "ax", "axyz"])
    async def test_a_log_that_was_rolled_back_is_numbered_anew(self, ids: str) -> None:
        logs = Logs()
        tails = make(logs)
        hearer = Hearer(tails)
        await tails.follow("notes")
        await logs.listening.wait()
        for id in "abc":
            tails.committed("notes", *logs.add("notes", id))
        del logs.logs["notes"]
        for id in ids:
            logs.add("notes", id)
        logs.wake("notes")
        await hearer.until(lambda: hearer.resets)
        assert hearer.resets == [("notes", Position("E1", 0, ""))]
        assert hearer.ids == "abc"
        await tails.close()

    async def test_an_own_commit_that_follows_another_event_of_the_same_number_is_not_the_next(self) -> None:
        logs = Logs()
        tails = make(logs)
        hearer = Hearer(tails)
        await tails.follow("notes")
        tails.committed("notes", *logs.add("notes", "a"))
        del logs.logs["notes"]
        logs.add("notes", "x")
        tails.committed("notes", *logs.add("notes", "b"))
        await hearer.until(lambda: hearer.resets)
        assert hearer.ids == "a"
        await tails.close()
