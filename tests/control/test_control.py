"""Control across processes: managers on brokers that share one database, as in several processes."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.orm import Session

from tests.brokers.conftest import database_broker
from tests.stage import Gate, Message, NotePosted, Notes, RecordingTransport, Room
from tidings import ChannelError, ConnectionManager, Handshake, Limits, User
from tidings.brokers.database import DatabaseBroker, DatabaseSettings, TablesMissing
from tidings.brokers.database.tables import tables
from tidings.outbox import Outbox
from tidings.protocol.codes import CloseCode
from tidings.protocol.control import CONTROL
from tidings.protocol.events import Draft

NO_WAKE_UP = {"poll": 600.0, "compare": 600.0}


class Screen(RecordingTransport):
    """A client that lets a test wait for what comes."""

    def __init__(self, manager: ConnectionManager, token: str) -> None:
        super().__init__()
        self._came = asyncio.Event()
        self.heard: list[Message] = []
        self.connection = manager.open(self, Handshake(path="/ws", query_string=f"token={token}"))

    def write(self, frame: bytes) -> None:
        super().write(frame)
        self._came.set()

    def close(self, code: int, reason: str) -> None:
        super().close(code, reason)
        self._came.set()

    async def expect(self, type: str) -> Message:
        """The next message of this type; those before it are passed over, and an event is none of them."""
        async with asyncio.timeout(20):
            while True:
                for message in self.read(1):
                    if message["type"] == type:
                        return message
                    assert message["type"] != "note:posted", message
                if not self.waiting:
                    self._came.clear()
                    await self._came.wait()

    async def note(self) -> Any:
        """The number of the next message, a note."""
        async with asyncio.timeout(20):
            while not self.waiting:
                self._came.clear()
                await self._came.wait()
        [message] = self.read(1)
        assert message["type"] == "note:posted"
        return message["payload"]["note_id"]

    async def expect_closed(self) -> tuple[int, str]:
        async with asyncio.timeout(20):
            while self.closed is None:
                self._came.clear()
                await self._came.wait()
        return self.closed

    async def subscribe(self, *channels: str) -> Message:
        assert self.connection is not None
        self.connection.receive(b'{"type":"subscribe","payload":{"channels":["%s"]}}' % '","'.join(channels).encode())
        return await self.expect("subscribed")


def authenticate(handshake: Handshake, token: str | None) -> User:
    """`<id>@<seconds since 1970 at which it was issued>`, or the id alone."""
    user_id, _, issued_at = str(token).partition("@")
    return User(user_id, issued_at=float(issued_at) if issued_at else None)


async def everybody(channel: Any, user: User) -> bool:
    return True


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    made = create_engine(f"sqlite:///{tmp_path / 'logs.db'}")
    tables().metadata.create_all(made)
    return made


Process = Callable[..., ConnectionManager]


@pytest.fixture
async def process(engine: Engine) -> AsyncIterator[Process]:
    """Makes managers, each with a broker of its own on the same logs."""
    async with AsyncExitStack() as stack:

        def make(
            rule: Any = everybody, *, broker: DatabaseBroker | None = None, limits: Limits | None = None, **options: Any
        ) -> ConnectionManager:
            manager = ConnectionManager(
                channels=[Notes, Room],
                authenticate=authenticate,
                broker=broker or database_broker(engine, **options),
                limits=limits or Limits(control_interval=0.05),
                clock=lambda: 1_000.0,
            )
            manager.authorize(Notes, Room)(rule)
            stack.push_async_callback(manager.stop)
            manager.start("test")
            return manager

        yield make
        engine.dispose()


class TestElsewhere:
    async def test_a_revoked_subscription_ends_on_every_process_also_when_no_wake_up_comes(
        self, process: Process
    ) -> None:
        here, there = process(), process(**NO_WAKE_UP)
        screens = [Screen(manager, "ann@1") for manager in (here, there)]
        for screen in screens:
            await screen.subscribe("notes", "room:1")
        await here.revoke("ann", Notes())
        for screen in screens:
            message = await screen.expect("unsubscribed")
            assert message["payload"] == {"channels": ["notes"], "reason": "forbidden"}

    async def test_a_rule_that_is_being_evaluated_there_is_void_and_asked_again(self, process: Process) -> None:
        gate, allowed = Gate(), [True]

        async def rule(channel: Any, user: User) -> bool:
            answer = allowed[0]
            await gate.passed()
            return answer

        here, there = process(), process(rule, **NO_WAKE_UP)
        screen = Screen(there, "ann@1")
        await screen.expect("connection:established")
        subscribing = asyncio.create_task(screen.subscribe("room:1"))
        await gate.reached()
        changes = there._hub.authorization.changes
        allowed[0] = False
        await here.revoke("ann", Room(room_id=1))
        await until(lambda: there._hub.authorization.changes > changes)
        gate.open()
        assert (await subscribing)["payload"]["channels"] == []
        assert gate.asked == 2

    async def test_reauthorize_asks_the_rules_of_every_process(self, process: Process) -> None:
        allowed = {"notes", "room:1"}

        async def rule(channel: Any, user: User) -> bool:
            return channel.name in allowed

        here, there = process(rule), process(rule, **NO_WAKE_UP)
        screens = [Screen(manager, "ann@1") for manager in (here, there)]
        for screen in screens:
            await screen.subscribe("notes", "room:1")
        allowed.remove("room:1")
        await here.reauthorize("ann")
        for screen in screens:
            assert (await screen.expect("unsubscribed"))["payload"]["channels"] == ["room:1"]

    async def test_what_commits_with_the_data_is_withdrawn_with_it(self, process: Process, engine: Engine) -> None:
        here, there = process(), process(**NO_WAKE_UP)
        screens = [Screen(manager, "ann@1") for manager in (here, there)]
        for screen in screens:
            await screen.subscribe("notes", "room:1")
        outbox = Outbox(here)
        with Session(engine) as session:
            outbox.disconnect_user(session, "ann", "never")
            session.rollback()
            outbox.revoke(session, "ann", Notes())
            session.commit()
        for screen in screens:
            assert (await screen.expect("unsubscribed"))["payload"]["channels"] == ["notes"]
        with Session(engine) as session:
            outbox.disconnect_user(session, "ann", "gone")
            session.commit()
        for screen in screens:
            assert await screen.expect_closed() == (CloseCode.FORBIDDEN, "gone")

    async def test_garbage_in_the_control_log_is_dropped_and_counted(
        self, process: Process, caplog: pytest.LogCaptureFixture
    ) -> None:
        here, there = process(), process(**NO_WAKE_UP)
        screen = Screen(there, "ann@1")
        await screen.subscribe("notes")
        for number, payload in enumerate((b"{}", b'{"type":"control:revoke","user_id":7,"channel":"notes"}', b'"x"')):
            await here.broker.append(CONTROL, Draft("control:revoke", payload, "2026-11-23T08:00:00.000Z", str(number)))
        await here.revoke("ann", Notes())
        assert (await screen.expect("unsubscribed"))["payload"]["channels"] == ["notes"]
        assert there._control.dropped == 3


class TestDisconnect:
    async def test_tokens_of_until_then_are_refused_everywhere_and_later_ones_taken(self, process: Process) -> None:
        here, there = process(), process(**NO_WAKE_UP)
        screens = [Screen(manager, "ann@999") for manager in (here, there)]
        for screen in screens:
            await screen.expect("connection:established")
        await here.disconnect_user("ann", "you have left")
        for screen in screens:
            assert await screen.expect_closed() == (CloseCode.FORBIDDEN, "you have left")
        late = process(**NO_WAKE_UP)
        for manager in (here, there, late):
            assert (await Screen(manager, "ann@1000").expect_closed())[0] == CloseCode.UNAUTHORIZED
            assert (await Screen(manager, "ann@1000.001").expect("connection:established"))["payload"][
                "user_id"
            ] == "ann"
            assert (await Screen(manager, "bob@1").expect("connection:established"))["payload"]["user_id"] == "bob"

    async def test_a_token_that_does_not_say_when_it_was_issued_is_refused_and_the_log_says_how_to_mend_it(
        self, process: Process, caplog: pytest.LogCaptureFixture
    ) -> None:
        manager = process()
        await Screen(manager, "ann").expect("connection:established")
        await manager.disconnect_user("ann")
        for _ in range(2):
            assert (await Screen(manager, "ann").expect_closed())[0] == CloseCode.UNAUTHORIZED
        advice = [it.getMessage() for it in caplog.records if "give tokens an `iat`" in it.getMessage()]
        assert len(advice) == 1

    async def test_a_newer_connection_stays_when_an_old_disconnection_is_heard_of(self, process: Process) -> None:
        here, there = process(), process(**NO_WAKE_UP)
        old, new = Screen(there, "ann@999"), Screen(there, "ann@1001")
        for screen in (old, new):
            await screen.expect("connection:established")
        await here.disconnect_user("ann")
        await old.expect_closed()
        assert new.closed is None

    async def test_only_so_many_users_are_remembered(self) -> None:
        limits = Limits(disconnected_users=2)
        manager = ConnectionManager(authenticate=authenticate, limits=limits, clock=lambda: 1_000.0)
        for user_id in ("ann", "bob", "ann", "cat"):
            await manager.disconnect_user(user_id)
        assert (await Screen(manager, "ann@1").expect_closed())[0] == CloseCode.UNAUTHORIZED
        await Screen(manager, "bob@1").expect("connection:established")

    async def test_what_is_no_user_id_is_refused(self, process: Process) -> None:
        with pytest.raises(ChannelError):
            await process().disconnect_user("not a user")


class CutOff(DatabaseBroker):
    """A broker that no wake-up comes to, and that can be cut off from what it polls."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine, settings=DatabaseSettings(poll=600.0, compare=600.0))
        self.cut = False

    async def refresh(self, *channels: str) -> None:
        if self.cut:
            raise RedisConnectionError("the network is cut")  # whose repr has only its type
        await super().refresh(*channels)

    async def read_all_the_same(self, channel: str) -> None:
        await super().refresh(channel)


class TestSuspension:
    """A process that does not know what was withdrawn delivers nothing."""

    async def test_nothing_is_delivered_until_control_was_read_and_then_control_comes_first(
        self, process: Process, engine: Engine, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.CRITICAL, "tidings")
        broker = CutOff(engine)
        limits = Limits(control_interval=0.02, control_timeout=0.2)
        here, there = process(), process(limits=limits, broker=broker)
        ann, bob = Screen(there, "ann@1"), Screen(there, "bob@1")
        for screen in (ann, bob):
            await screen.subscribe("notes")
        await until(lambda: not there.readiness())
        broker.cut = True
        refusal = await until(lambda: there.refusal(Handshake(path="/ws")))
        assert refusal.status == 503
        await until(lambda: "the network is cut" in there.readiness()[0])
        assert there._control.gauges()["control_age_seconds"] > 0.19  # of the 0.2 that it may be
        for number in range(3):
            await here.publish(NotePosted(note_id=number), Notes())
        await here.revoke("ann", Notes())
        late = Screen(there, "cat@1")  # its upgrade was under way
        await broker.read_all_the_same("notes")
        assert [len(screen.waiting) for screen in (ann, bob, late)] == [0, 0, 0]
        broker.cut = False
        assert (await ann.expect("unsubscribed"))["payload"]["channels"] == ["notes"]
        assert [await bob.note() for _ in range(3)] == [0, 1, 2]
        await late.expect("connection:established")
        await until(lambda: not there.readiness())
        await here.publish(NotePosted(note_id=3), Notes())
        await broker.read_all_the_same("notes")
        assert await bob.note() == 3
        assert not ann.waiting

    async def test_after_a_reset_all_rules_are_asked_anew_and_refusals_are_kept(
        self, process: Process, engine: Engine, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.CRITICAL, "tidings")
        allowed = {"notes", "room:1"}

        async def rule(channel: Any, user: User) -> bool:
            return channel.name in allowed

        manager = process(rule)
        await manager.disconnect_user("bob")
        await manager.revoke("ann", Room(room_id=2))
        ann = Screen(manager, "ann@1")
        await ann.subscribe("notes", "room:1")
        allowed.remove("notes")
        with engine.begin() as connection:  # as where the database is restored from an empty copy
            connection.execute(text("DELETE FROM tidings_events"))
            connection.execute(text("DELETE FROM tidings_channels"))
            connection.execute(text("DELETE FROM tidings_log"))
        assert (await ann.expect("unsubscribed"))["payload"]["channels"] == ["notes"]
        assert (await Screen(manager, "bob@1").expect_closed())[0] == CloseCode.UNAUTHORIZED

    async def test_a_broker_that_cannot_be_written_to_is_told_of_and_what_was_withdrawn_here_stays(
        self, process: Process, engine: Engine, caplog: pytest.LogCaptureFixture
    ) -> None:
        manager = process()
        ann = Screen(manager, "ann@1")
        await ann.subscribe("notes")
        with engine.begin() as connection:
            connection.execute(text("DROP TABLE tidings_events"))
        with pytest.raises(TablesMissing):
            await manager.revoke("ann", Notes())
        assert (await ann.expect("unsubscribed"))["payload"]["channels"] == ["notes"]


async def until(condition: Callable[[], Any]) -> Any:
    """What becomes true, without a message that would tell."""
    async with asyncio.timeout(20):
        while not (found := condition()):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        return found
