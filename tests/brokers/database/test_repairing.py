"""Logs that are not as they were: rolled back to a backup, or with rows that nobody can read."""

import logging
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import URL, Engine, create_engine, text

from tests.brokers.conftest import MakeBroker
from tests.brokers.follower import Follower, draft
from tidings.brokers.database import DatabaseBroker
from tidings.protocol.log import Position

BACKUP = {"tidings_channels": "TABLE", "tidings_events": "TABLE", "tidings_log": "TABLE"}


@pytest.fixture
def plain(url: URL) -> Iterator[Engine]:
    """Hands on the database, behind the broker's back."""
    made = create_engine(url if url.drivername == "sqlite" else url.set(drivername="postgresql+psycopg"))
    yield made
    made.dispose()


class Backup:
    """A copy of the whole database, that can be put back while it is in use."""

    def __init__(self, plain: Engine, folder: Path) -> None:
        self._plain, self._file = plain, folder / "backup.db"

    def take(self) -> None:
        if self._plain.dialect.name == "sqlite":
            self._copy(str(self._plain.url.database), str(self._file))
            return
        with self._plain.begin() as connection:
            for table in BACKUP:
                connection.execute(text(f"DROP TABLE IF EXISTS old_{table}"))
                connection.execute(text(f"CREATE TABLE old_{table} AS SELECT * FROM {table}"))

    def restore(self) -> None:
        if self._plain.dialect.name == "sqlite":
            self._copy(str(self._file), str(self._plain.url.database))
            return
        with self._plain.begin() as connection:
            for table in BACKUP:
                connection.execute(text(f"DELETE FROM {table}"))
                connection.execute(text(f"INSERT INTO {table} SELECT * FROM old_{table}"))

    @staticmethod
    def _copy(source: str, target: str) -> None:
        with sqlite3.connect(source) as old, sqlite3.connect(target) as new:
            old.backup(new)
        old.close()
        new.close()


@pytest.fixture
def backup(plain: Engine, tmp_path: Path) -> Backup:
    return Backup(plain, tmp_path)


async def publish(broker: DatabaseBroker, ids: str, channel: str = "notes") -> list[Position]:
    return [(await broker.append(channel, draft(id))).position for id in ids]


class TestRestoredBackup:
    async def test_a_top_below_what_was_delivered_is_a_new_epoch(self, make: MakeBroker, backup: Backup) -> None:
        broker = make(compare=0.05)
        follower = Follower(broker)
        await broker.follow("notes")
        await publish(broker, "ab")
        backup.take()
        lost = await publish(broker, "cd")
        backup.restore()
        await follower.is_reset()
        [(name, position)] = follower.resets
        assert (name, position[1:]) == ("notes", (0, ""))
        assert position.epoch != lost[-1].epoch
        for seen in lost:
            assert await broker.since("notes", seen, 10) is None
        [next] = await publish(broker, "e")
        assert next == (position.epoch, 1, "e")
        await follower.reaches("notes", next)

    async def test_a_number_that_is_given_again_is_never_taken_for_a_new_one(
        self, make: MakeBroker, backup: Backup
    ) -> None:
        quiet, busy = make(compare=0.05), make()  # `busy` follows nothing, and so notices nothing
        follower = Follower(quiet)
        await quiet.follow("notes")
        await publish(busy, "ab")
        backup.take()
        await publish(busy, "cde")
        await follower.has("notes", 5)
        backup.restore()
        await publish(busy, "vwxyz")  # 3 to 7, two of them above what was delivered
        await follower.is_reset()
        delivered = follower.of("notes")
        after = [position for position in delivered if position.epoch != delivered[0].epoch]
        assert [position.id for position in delivered[:5]] == list("abcde")
        assert delivered[5:] == after

    async def test_an_own_commit_on_a_restored_log_is_not_delivered_as_the_next(
        self, make: MakeBroker, backup: Backup
    ) -> None:
        here, there = make(compare=60.0, poll=60.0, listen=False), make()
        follower = Follower(here)
        await here.follow("notes")
        await publish(here, "a")
        backup.take()
        await publish(here, "b")
        backup.restore()
        await publish(there, "x")  # has the number that b had
        [position] = await publish(here, "c")
        assert position.offset == 3
        await follower.is_reset()
        assert [position.id for position in follower.of("notes")] == ["a", "b"]

    async def test_a_channel_that_the_backup_does_not_know(self, make: MakeBroker, backup: Backup) -> None:
        broker = make(compare=0.05)
        follower = Follower(broker)
        backup.take()
        await broker.follow("notes")
        [seen, _] = await publish(broker, "ab")
        backup.restore()
        position = await follower.is_reset()
        assert position.offset == 0
        assert position.epoch != seen.epoch

    async def test_the_first_to_notice_numbers_anew_and_the_others_go_along(
        self, make: MakeBroker, backup: Backup
    ) -> None:
        brokers = [make(compare=0.05) for _ in range(3)]
        followers = [Follower(broker) for broker in brokers]
        for broker in brokers:
            await broker.follow("notes")
        await publish(brokers[0], "ab")
        backup.take()
        await publish(brokers[0], "c")
        for follower in followers:
            await follower.has("notes", 3)
        backup.restore()
        for follower in followers:
            await follower.is_reset()
        [next] = await publish(brokers[1], "n")
        for follower in followers:
            await follower.reaches("notes", next)
        assert len({follower.resets[-1][1].epoch for follower in followers}) == 1

    async def test_a_clients_position_never_causes_a_new_epoch(self, make: MakeBroker) -> None:
        broker = make()
        top = await broker.follow("notes")
        [position] = await publish(broker, "a")
        for wrong in (Position(top.epoch, 9, "x"), Position("other", 1, "a"), Position(top.epoch, 1, "x")):
            assert await broker.since("notes", wrong, 10) is None
        assert (await publish(broker, "b"))[0] == (position.epoch, 2, "b")


class TestRejectedRows:
    @pytest.mark.parametrize(
        ("broken", "reason"),
        [
            (b"not JSON", "DecodeError"),
            (b'{"type":"\xff"}', "UnicodeDecodeError"),
            (b"{}", "ValidationError"),
            (None, "another event's"),
        ],
    )
    async def test_a_row_that_cannot_be_decoded_is_set_aside_and_stops_nobody(
        self,
        make: MakeBroker,
        plain: Engine,
        caplog: pytest.LogCaptureFixture,
        broken: bytes | None,
        reason: str,
    ) -> None:
        writer = make()
        entries = [await writer.append("notes", draft(id)) for id in "abcde"]
        message = entries[0].message if broken is None else broken
        with plain.begin() as connection:
            update = text("UPDATE tidings_events SET message = :message WHERE channel = 'notes' AND \"offset\" = 3")
            connection.execute(update, {"message": message})
        reader = make()
        with caplog.at_level(logging.ERROR, "tidings"):
            assert await reader.since("notes", entries[0].position, 10) is None
        [record] = [record for record in caplog.records if "set aside" in record.message]
        assert "1 events of notes" in record.message
        assert reason in record.message
        assert await reader.since("notes", entries[2].position, 10) == entries[3:]
        assert (await reader.measure()).rejected == 1
        with plain.connect() as connection:
            [row] = connection.execute(text('SELECT channel, "offset", message, reason FROM tidings_rejected'))
        assert (row.channel, row.offset, bytes(row.message)) == ("notes", 3, message)
        assert reason in row.reason

    async def test_a_follower_that_meets_it_is_reset_past_it(self, make: MakeBroker, plain: Engine) -> None:
        reader, writer = make(compare=0.05), make()
        follower = Follower(reader)
        await reader.follow("notes")
        await publish(writer, "a")
        await follower.has("notes", 1)
        with plain.begin() as connection:
            for number, id in enumerate("bcd", 2):
                message = b"rubbish" if id == "c" else b"x"
                insert = text(
                    'INSERT INTO tidings_events (channel, "offset", id, type, message, size, at) '
                    "VALUES ('notes', :offset, :id, 'note', :message, 300, 0)"
                )
                connection.execute(insert, {"offset": number, "id": id, "message": message})
            connection.execute(text("UPDATE tidings_channels SET top = 4, top_id = 'd' WHERE name = 'notes'"))
        position = await follower.is_reset()
        assert position[1:] == (4, "d")
        [next] = await publish(writer, "e")
        await follower.reaches("notes", next)
        assert [position.id for position in follower.of("notes")] == ["a", "e"]

    async def test_rows_that_somebody_deleted_are_a_reset_and_no_standstill(
        self, make: MakeBroker, plain: Engine
    ) -> None:
        reader, writer = make(compare=0.05), make()
        positions = await publish(writer, "abcde")
        with plain.begin() as connection:
            connection.execute(text('DELETE FROM tidings_events WHERE "offset" IN (2, 5)'))
        assert await reader.since("notes", positions[0], 10) is None
        assert await reader.since("notes", positions[4], 10) == []
        follower = Follower(reader)
        assert await reader.follow("notes") == positions[4]
        [next] = await publish(writer, "f")
        assert await follower.has("notes", 1) == [next]

    async def test_the_other_channels_of_the_same_read_are_not_concerned(self, make: MakeBroker, plain: Engine) -> None:
        reader, writer = make(), make()
        follower = Follower(reader)
        for name in ("good", "bad"):
            await reader.follow(name)
        with plain.begin() as connection:
            written = writer.write(connection, [("bad", draft("a")), ("good", draft("a"))])
            connection.execute(text("UPDATE tidings_events SET message = 'x' WHERE channel = 'bad'"))
        await follower.until(lambda: follower.resets and follower.of("good"))
        assert [name for name, _ in follower.resets] == ["bad"]
        assert follower.of("good") == [written[1].entry.position]
