"""An event is published when its transaction commits, and only then: in every form, on every database."""

import logging
from contextlib import suppress

import pytest
from sqlalchemy import event
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, SessionTransaction, scoped_session, sessionmaker

from tests.outbox.desk import Desk, Note
from tests.stage import NotePosted, Notes, Room
from tidings import Channel
from tidings.outbox import OutboxError
from tidings.protocol.errors import EventError
from tidings.testing import Publications


async def test_a_commit_publishes_in_the_order_of_the_calls(desk: Desk):
    def scenario(session: Session) -> None:
        for number in (1, 2, 3):
            desk.post(session, number)
        session.commit()

    await desk.run(scenario)
    assert await desk.log() == ["id-1", "id-2", "id-3"]
    assert await desk.saved() == [1, 2, 3]


async def test_nothing_is_published_before_the_commit(desk: Desk):
    def scenario(session: Session) -> None:
        desk.post(session, 1)
        session.flush()

    await desk.run(scenario)
    assert await desk.log() == []


async def test_a_rollback_publishes_nothing_and_neither_does_the_next_commit(desk: Desk):
    def scenario(session: Session) -> None:
        desk.post(session, 1)
        session.flush()
        session.rollback()
        session.commit()
        desk.post(session, 2)
        session.commit()
        session.commit()

    await desk.run(scenario)
    assert await desk.log() == ["id-2"]
    assert await desk.saved() == [2]


async def test_a_closed_session_publishes_nothing_and_neither_does_its_next_commit(desk: Desk):
    def scenario(session: Session) -> None:
        desk.post(session, 1)
        session.close()
        session.add(Note(id=2))
        session.commit()

    await desk.run(scenario)
    assert await desk.log() == []


async def test_what_is_dropped_with_its_transaction_is_logged_for_who_looks(
    desk: Desk, caplog: pytest.LogCaptureFixture
):
    def scenario(session: Session) -> None:
        desk.post(session, 1)
        session.commit()
        desk.post(session, 2)
        with session.begin_nested():
            desk.post(session, 3)
        # the commit is forgotten

    with caplog.at_level(logging.DEBUG, "tidings"):
        await desk.run(scenario)
    dropped = "events that are dropped with a transaction which was not committed: 2"
    assert [record.getMessage() for record in caplog.records if "dropped" in record.getMessage()] == [dropped]


async def test_a_session_serves_many_transactions(desk: Desk):
    def scenario(session: Session) -> None:
        for number in range(1, 6):
            desk.post(session, number)
            session.commit()

    await desk.run(scenario)
    assert await desk.log() == [f"id-{number}" for number in range(1, 6)]


async def test_a_savepoint_that_is_rolled_back_takes_its_events_with_it(desk: Desk):
    def scenario(session: Session) -> None:
        desk.post(session, 1)
        savepoint = session.begin_nested()
        desk.post(session, 2)
        session.flush()
        savepoint.rollback()
        desk.post(session, 3)
        session.commit()

    await desk.run(scenario)
    assert await desk.log() == ["id-1", "id-3"]
    assert await desk.saved() == [1, 3]


async def test_a_released_savepoint_hands_its_events_on_in_their_order(desk: Desk):
    def scenario(session: Session) -> None:
        desk.post(session, 1)
        with session.begin_nested():
            desk.post(session, 2)
            with session.begin_nested():
                desk.post(session, 3)
            desk.post(session, 4)
        desk.post(session, 5)
        session.commit()

    await desk.run(scenario)
    assert await desk.log() == [f"id-{number}" for number in range(1, 6)]


async def test_a_released_savepoint_is_rolled_back_with_the_one_around_it(desk: Desk):
    def scenario(session: Session) -> None:
        desk.post(session, 1)
        outer = session.begin_nested()
        desk.post(session, 2)
        with session.begin_nested():
            desk.post(session, 3)
        outer.rollback()
        session.commit()

    await desk.run(scenario)
    assert await desk.log() == ["id-1"]
    assert await desk.saved() == [1]


async def test_a_released_savepoint_is_rolled_back_with_the_whole(desk: Desk):
    def scenario(session: Session) -> None:
        with session.begin_nested():
            desk.post(session, 1)
        session.rollback()
        desk.post(session, 2)
        session.commit()

    await desk.run(scenario)
    assert await desk.log() == ["id-2"]


async def test_a_commit_releases_the_savepoints_that_are_open(desk: Desk):
    def scenario(session: Session) -> None:
        desk.post(session, 1)
        session.begin_nested()
        desk.post(session, 2)
        session.begin_nested()
        desk.post(session, 3)
        session.commit()

    await desk.run(scenario)
    assert await desk.log() == ["id-1", "id-2", "id-3"]
    assert await desk.saved() == [1, 2, 3]


async def test_the_end_of_a_block_releases_the_savepoints_that_are_open(desk: Desk):
    def scenario(session: Session) -> None:
        with session.begin():
            desk.post(session, 1)
            session.begin_nested()
            desk.post(session, 2)
            session.begin_nested()
            desk.post(session, 3)

    await desk.run(scenario)
    assert sorted(await desk.log()) == ["id-1", "id-2", "id-3"]
    assert await desk.saved() == [1, 2, 3]


async def test_the_end_of_a_savepoints_block_releases_those_in_it(desk: Desk):
    def scenario(session: Session) -> None:
        desk.post(session, 1)
        with session.begin_nested():
            session.begin_nested()
            desk.post(session, 2)
        with session.begin_nested() as dropped:
            session.begin_nested()
            desk.post(session, 3)
            dropped.rollback()
        desk.post(session, 4)
        session.commit()

    await desk.run(scenario)
    assert sorted(await desk.log()) == ["id-1", "id-2", "id-4"]
    assert await desk.saved() == [1, 2, 4]


async def test_a_failed_flush_publishes_nothing(desk: Desk):
    def scenario(session: Session) -> None:
        desk.post(session, 1)
        session.commit()
        desk.publish(session, 2)
        session.add(Note(id=1))
        with pytest.raises(IntegrityError):
            session.commit()
        with pytest.raises(OutboxError, match="note:posted: this session's transaction has ended or failed"):
            desk.publish(session, 3)
        session.rollback()
        desk.post(session, 4)
        session.commit()

    await desk.run(scenario)
    assert await desk.log() == ["id-1", "id-4"]
    assert await desk.saved() == [1, 4]


async def test_a_failed_flush_in_a_savepoint_leaves_the_rest(desk: Desk):
    def scenario(session: Session) -> None:
        desk.post(session, 1)
        session.flush()
        with session.begin_nested() as savepoint:
            desk.publish(session, 2)
            session.add(Note(id=1))
            with pytest.raises(IntegrityError):
                session.flush()
            savepoint.rollback()
        desk.post(session, 3)
        session.commit()

    await desk.run(scenario)
    assert await desk.log() == ["id-1", "id-3"]


async def test_a_block_that_raises_publishes_nothing(desk: Desk):
    def scenario(session: Session) -> None:
        with suppress(KeyError), session.begin():
            desk.post(session, 1)
            raise KeyError
        with session.begin():
            desk.post(session, 2)

    await desk.run(scenario)
    assert await desk.log() == ["id-2"]


async def test_a_session_that_keeps_its_objects_publishes_alike(desk: Desk):
    def scenario(session: Session) -> None:
        note = Note(id=1)
        session.add(note)
        desk.publish(session, note.id)
        session.commit()
        assert note.text == ""
        desk.publish(session, note.id)
        session.commit()

    await desk.run(scenario, expire_on_commit=False)
    assert await desk.log() == ["id-1", "id-2"]


async def test_hooks_of_the_flush_and_of_the_commit_publish_too(desk: Desk):
    def scenario(session: Session) -> None:
        event.listen(session, "after_flush", lambda session, _: desk.publish(session, 2))
        desk.post(session, 1)  # from here on there is a hook before the next one
        event.listen(session, "before_commit", lambda session: desk.publish(session, 3))
        session.commit()

    await desk.run(scenario)
    assert await desk.log() == ["id-1", "id-2", "id-3"]


def publish_late(desk: Desk, session: Session, *channels: Channel[NotePosted]) -> None:
    """Publish in a hook of the commit that comes after the one in which the first event is written."""
    event.listen(session, "before_commit", lambda session: desk.publish(session, 2, *channels))


async def test_a_hook_of_the_commit_publishes_on_a_channel_that_is_held_or_sorts_after_it(desk: Desk):
    def scenario(session: Session) -> None:
        desk.publish(session, 1, Notes(), Room(room_id=1))
        publish_late(desk, session, Notes(), Room(room_id=2))
        session.commit()

    await desk.run(scenario)
    assert await desk.log() == ["id-1", "id-2"]
    assert await desk.log("room:2") == ["id-2"]


async def test_a_hook_of_the_commit_is_refused_a_channel_that_sorts_before_one_that_is_held(desk: Desk, form: str):
    """Two such transactions, each holding what the other wants, would wait for each other. The light form holds
    nothing."""
    light = form.startswith("light")

    def scenario(session: Session) -> None:
        desk.post(session, 1, Room(room_id=1))
        publish_late(desk, session, Notes())
        if light:
            session.commit()
        else:
            with pytest.raises(OutboxError) as raised:
                session.commit()
            assert "note:posted on 'notes': this transaction" in str(raised.value)
            assert "holds the channel 'room:1', which sorts after it" in str(raised.value)
            assert "a before_commit hook that is registered before the session's first publish" in str(raised.value)
            session.rollback()

    await desk.run(scenario)
    assert await desk.log() == (["id-2"] if light else [])
    assert await desk.log("room:1") == (["id-1"] if light else [])


async def test_a_hook_that_is_registered_first_publishes_on_any_channel(desk: Desk):
    def scenario(session: Session) -> None:
        publish_late(desk, session, Notes())
        desk.publish(session, 1, Room(room_id=1))
        session.commit()

    await desk.run(scenario)
    assert await desk.log("room:1") == ["id-1"]
    assert await desk.log() == ["id-2"]


async def test_hooks_publish_too_where_the_end_of_a_block_releases_a_savepoint(desk: Desk):
    """The outermost transaction is not announced again after its savepoint has ended."""

    def add_another(session: Session, ended: SessionTransaction) -> None:
        if ended.nested:
            desk.post(session, 3)

    def scenario(session: Session) -> None:
        with session.begin():
            desk.post(session, 1)
            session.begin_nested()
            desk.post(session, 2)
            event.listen(session, "after_transaction_end", add_another)

    await desk.run(scenario)
    assert await desk.log() == ["id-1", "id-2", "id-3"]
    assert await desk.saved() == [1, 2, 3]


async def test_an_outer_transaction_may_be_committed_in_the_block_of_a_savepoint(desk: Desk):
    def scenario(session: Session) -> None:
        outermost = session.begin()
        desk.post(session, 1)
        with session.begin_nested():
            desk.post(session, 2)
            outermost.commit()

    await desk.run(scenario)
    assert await desk.log() == ["id-1", "id-2"]
    assert await desk.saved() == [1, 2]


async def test_what_is_written_early_and_rolled_back_is_written_again(desk: Desk):
    """The end of the outer savepoint's block writes all events in the inner one, and a hook has both rolled back."""

    answers = [True, False]  # to the announcements of the outer and of the inner savepoint, from the last to the first

    def refuse(session: Session) -> None:
        if session.in_nested_transaction() and answers.pop():
            raise PermissionError

    def scenario(session: Session) -> None:
        desk.publish(session, 1)
        with suppress(PermissionError), session.begin_nested():
            desk.publish(session, 2)
            session.begin_nested()
            desk.publish(session, 3)
            session.flush()
            event.listen(session, "before_commit", refuse)
        desk.publish(session, 4)
        session.commit()

    await desk.run(scenario)
    assert await desk.log() == ["id-1", "id-4"]


async def test_a_commit_that_a_hook_refuses_is_tried_again_with_all_of_its_events(desk: Desk):
    refusing = True

    def refuse(_: Session) -> None:
        if refusing:
            raise PermissionError

    def scenario(session: Session) -> None:
        nonlocal refusing
        desk.post(session, 1)
        event.listen(session, "before_commit", refuse)
        with pytest.raises(PermissionError):
            session.commit()
        refusing = False
        desk.post(session, 2)
        session.commit()

    await desk.run(scenario)
    assert await desk.log() == ["id-1", "id-2"]
    assert await desk.saved() == [1, 2]


async def test_publishing_after_the_commit_is_refused(desk: Desk):
    refused = []

    def too_late(session: Session) -> None:
        with pytest.raises(OutboxError) as raised:
            desk.publish(session, 2)
        refused.append(str(raised.value))

    def scenario(session: Session) -> None:
        desk.post(session, 1)
        event.listen(session, "after_commit", too_late)
        session.commit()

    await desk.run(scenario)
    assert len(refused) == 1
    assert await desk.log() == ["id-1"]


async def test_the_event_is_checked_and_written_at_the_call(desk: Desk):
    def scenario(session: Session) -> None:
        with pytest.raises(EventError, match="note_id"):
            desk.publish(session, 2**60)
        desk.publish(session, 1, id="mine")
        session.commit()

    await desk.run(scenario)
    [entry] = await desk.entries()
    assert entry.position.id == "mine"


async def test_one_event_goes_to_several_channels_with_one_id(desk: Desk):
    def scenario(session: Session) -> None:
        desk.publish(session, 1, Notes(), Room(room_id=7))
        session.commit()

    await desk.run(scenario)
    assert await desk.log("notes") == await desk.log("room:7") == ["id-1"]


async def test_an_id_is_published_once(desk: Desk):
    def scenario(session: Session) -> None:
        for _ in range(2):
            desk.publish(session, 1, id="one")
            desk.publish(session, 2, id="two")
            desk.publish(session, 1, Room(room_id=7), id="one")
            session.commit()
        desk.publish(session, 1, id="three")
        desk.publish(session, 1, id="three")
        session.commit()

    await desk.run(scenario)
    assert await desk.log() == ["one", "two", "three"]
    assert await desk.log("room:7") == ["one"]


async def test_the_test_kit_sees_what_was_committed(desk: Desk, tidings: Publications):
    def scenario(session: Session) -> None:
        desk.post(session, 1)
        tidings.none()
        session.rollback()
        desk.post(session, 2)
        session.commit()
        assert tidings.only(NotePosted, on=Notes()).note_id == 2

    await desk.run(scenario)


async def test_a_scoped_session_will_do(desk: Desk):
    def scenario(session: Session) -> None:
        scoped = scoped_session(sessionmaker(session.get_bind()))
        desk.publish(scoped, 1)  # type: ignore[arg-type]
        scoped.commit()
        scoped.remove()

    await desk.run(scenario)
    assert await desk.log() == ["id-1"]


def test_what_is_no_session_is_refused():
    from tests.outbox.conftest import live

    with pytest.raises(TypeError, match="not with a str"):
        live().publish_after_commit("session", NotePosted(note_id=1), Notes())  # type: ignore[arg-type]
