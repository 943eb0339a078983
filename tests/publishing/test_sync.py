"""Publishing from threads without an event loop."""

import asyncio
import gc
import threading
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest
from sqlalchemy import create_engine

from tests.stage import Gate, HeldBroker, Me, NotePosted, Notes, Stage
from tidings import ConnectionManager, EventError, MemoryBroker, create_ws_message
from tidings.broker import Broker
from tidings.brokers.database import DatabaseBroker
from tidings.protocol.events import Draft
from tidings.protocol.log import Entry
from tidings.publishing.sync import SyncPublisher

T = TypeVar("T")


async def on_a_thread(act: Callable[[], T]) -> T:
    return await asyncio.to_thread(act)


class TestFromAThread:
    async def test_when_it_returns_the_event_is_written_to_the_readers(self) -> None:
        stage = Stage()
        client = await stage.subscribed("ann", "notes")

        def publish() -> tuple[str, int]:
            id = stage.manager.sync.publish(NotePosted(note_id=1), Notes(), Me(user_id="ann"))
            return id, len(client.transport.waiting)

        id, waiting = await on_a_thread(publish)
        assert waiting == 2
        assert {message["id"] for message in client.read()} == {id}

    async def test_the_guides_methods_too(self) -> None:
        stage = Stage()
        client = await stage.subscribed("ann", "notes")
        for number, (method, target) in enumerate([("broadcast_to_channel", "notes"), ("send_to_user", "ann")]):
            message = create_ws_message("note:posted", {"note_id": number})
            await on_a_thread(lambda: getattr(stage.manager.sync, method)(target, message))  # noqa: B023
        assert client.numbers() == [0, 1]

    async def test_what_is_withdrawn_is_withdrawn_when_it_returns(self) -> None:
        stage = Stage(rule=lambda channel, user: channel == Notes())
        client = await stage.subscribed("ann", "notes")
        await on_a_thread(lambda: stage.manager.sync.reauthorize("ann"))
        assert client.read() == []
        await on_a_thread(lambda: stage.manager.sync.revoke("ann", Notes()))
        assert client.one()["type"] == "unsubscribed"
        await on_a_thread(lambda: stage.manager.sync.disconnect_user("ann", "enough"))
        assert client.transport.closed == (4403, "enough")

    async def test_what_is_wrong_is_raised_there(self) -> None:
        stage = Stage()
        with pytest.raises(EventError, match="note_id"):
            await on_a_thread(lambda: stage.manager.sync.publish(NotePosted(note_id=2**53), Notes()))

    async def test_many_threads_lose_nothing_and_are_one_order_for_all(self) -> None:
        stage = Stage()
        clients = [await stage.subscribed(user, "notes") for user in ("ann", "bob")]

        def publish(worker: int) -> None:
            for number in range(20):
                stage.manager.sync.publish(NotePosted(note_id=worker * 100 + number), Notes())

        await asyncio.gather(*[on_a_thread(lambda worker=worker: publish(worker)) for worker in range(4)])  # type: ignore[misc]
        heard, same = (client.numbers() for client in clients)
        assert heard == same
        assert len(heard) == 80
        for worker in range(4):
            own = [number for number in heard if number // 100 == worker]
            assert own == sorted(own)

    async def test_a_broker_that_does_not_answer_is_a_timeout_that_says_so(self) -> None:
        gate = Gate()

        class Hanging(MemoryBroker):
            async def append(self, channel: str, draft: Draft) -> Entry:
                await gate.passed()
                return await super().append(channel, draft)

        manager = ConnectionManager(channels=[Notes], broker=Hanging())
        manager.authorize(Notes)(lambda channel, user: True)
        manager.start("asgi")
        publisher = SyncPublisher(manager, timeout=0.01)
        with pytest.raises(TimeoutError, match=r"manager\.sync\.publish: no answer from the broker within 0\.01 s"):
            await on_a_thread(lambda: publisher.publish(NotePosted(note_id=1), Notes()))


class TestWithoutALoop:
    @staticmethod
    def manager(broker: Broker) -> ConnectionManager:
        return ConnectionManager(channels=[Notes, Me], broker=broker)

    def test_it_publishes_before_start(self) -> None:
        broker = MemoryBroker()
        manager = self.manager(broker)
        manager.sync.publish(NotePosted(note_id=1), Notes(), id="one")
        manager.sync.send_to_user(7, create_ws_message("note:posted", {"note_id": 2}))
        entry = asyncio.run(broker.append("notes", Draft("x", b"{}", "2026-11-23T08:00:00.000Z", "two")))
        assert entry.position.offset == 2

    def test_from_several_threads_at_once(self) -> None:
        broker = MemoryBroker()
        manager = self.manager(broker)
        begin = threading.Barrier(4)

        def publish(worker: int) -> None:
            begin.wait()
            for number in range(25):
                manager.sync.publish(NotePosted(note_id=number), Notes(), id=f"{worker}-{number}")

        threads = [threading.Thread(target=publish, args=(worker,)) for worker in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        entry = asyncio.run(broker.append("notes", Draft("x", b"{}", "2026-11-23T08:00:00.000Z", "last")))
        assert entry.position.offset == 101

    def test_what_is_wrong_is_raised(self) -> None:
        with pytest.raises(EventError, match="note_id"):
            self.manager(MemoryBroker()).sync.publish(NotePosted(note_id=2**53), Notes())


class TestOnTheLoop:
    @pytest.mark.parametrize("method", ["publish", "broadcast_to_channel", "send_to_user"])
    async def test_it_is_refused_where_waiting_would_stop_the_loop(self, method: str) -> None:
        stage = Stage(broker=HeldBroker())
        arguments: dict[str, tuple[Any, ...]] = {
            "publish": (NotePosted(note_id=1), Notes()),
            "broadcast_to_channel": ("notes", create_ws_message("note:posted", {"note_id": 1})),
            "send_to_user": ("ann", create_ws_message("note:posted", {"note_id": 1})),
        }
        with pytest.raises(RuntimeError, match=rf"write `await manager\.{method}\(…\)` here"):
            getattr(stage.manager.sync, method)(*arguments[method])

    def test_also_on_the_loop_of_another_thread(self) -> None:
        async def first() -> None:
            stage = Stage()
            await stage.signed_in("ann")

            async def other() -> None:
                stage.manager.sync.publish(NotePosted(note_id=1), Notes())

            with pytest.raises(RuntimeError, match="would stop this event loop"):
                await on_a_thread(lambda: asyncio.run(other()))

        asyncio.run(first())

    async def test_awaiting_from_another_threads_loop_acts_where_the_connections_live(self) -> None:
        stage = Stage()
        client = await stage.subscribed("ann", "notes")
        await on_a_thread(lambda: asyncio.run(stage.manager.publish(NotePosted(note_id=1), Notes())))
        assert client.numbers() == [1]


def test_calls_without_a_server_leave_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/logs.db")
    broker = DatabaseBroker(engine)
    broker.metadata.create_all(engine)
    manager = ConnectionManager(channels=[Notes], broker=broker)
    loops: list[weakref.ref[asyncio.AbstractEventLoop]] = []
    append = broker.append

    async def remember(channel: str, draft: Draft) -> Entry:
        loops.append(weakref.ref(asyncio.get_running_loop()))
        return await append(channel, draft)

    monkeypatch.setattr(broker, "append", remember)
    for number in range(5):
        manager.sync.publish(NotePosted(note_id=number), Notes())
    gc.collect()
    assert [loop() for loop in loops] == [None] * 5
    asyncio.run(broker.close())
    engine.dispose()
