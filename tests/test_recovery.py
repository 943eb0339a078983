"""Any order of publishing, subscribing, lagging, losing connections or logs, and restarts: nothing is lost or doubled.

The server and its brokers are real; clients follow the table of spec/protocol.md, section 7 (tests/model.py).
"""

import itertools
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar, cast

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from tests.brokers.database.stepped import SteppedBroker, throwaway
from tests.model import ModelClient, Truth
from tests.stage import Hearing, HeldBroker, Me, NotePosted, Notes, Room, Stage
from tests.stepping import SteppedLoop
from tidings import Channel, ConnectionManager, Limits
from tidings.broker import Broker
from tidings.brokers.database import DatabaseSettings
from tidings.protocol.log import Entry, Position

CHANNELS: dict[str, Channel[NotePosted]] = {
    channel.name: channel for channel in (Notes(), Room(room_id=1), Room(room_id=2), Me(user_id="ann"))
}
SUBSCRIBABLE = [name for name in CHANNELS if name != "user:ann"]
ELSEWHERE = [Room(room_id=number) for number in range(10, 15)]  # that nobody here follows
CLIENTS = st.integers(0, 2)
NOTES = 4
ACTS = st.sampled_from(
    ["cut", "reconnect", "subscribe", "subscribe_without_position", "unsubscribe", "pause", "resume", "read", "publish"]
)

# Nothing but what the rules below do ends a connection.
LIMITS = Limits(
    messages_per_second=1e9,
    message_burst=1_000_000,
    unread_answers=10**9,
    auth_timeout=1e9,
    ping_interval=1e9,
    idle_timeout=1e9,
    control_interval=1e6,
    control_timeout=1e9,
)
BOUNDS = {"age": 10_000.0, "channels": 6}
LEASE = 60.0  # seconds for which the process that sweeps goes on to be the one
SWEEP, POLL = 10.0, 15.0  # seconds of the loop after which a database broker does so


class Recovery(RuleBasedStateMachine):
    """Three clients: two of one user, one of them slow, and a slow one of another."""

    durable: ClassVar[bool]  # whether the logs outlive the server

    def __init__(self) -> None:
        super().__init__()
        self.loop = SteppedLoop()
        self.now = 0.0
        self.number = 0
        self.truth = Truth()

    # Of each kind of broker.

    def make_broker(self) -> Broker:
        """The broker of a server that starts."""
        raise NotImplementedError

    async def covers(self, channel: str, position: Position) -> bool:
        """Whether the log has everything after the position."""
        raise NotImplementedError

    def follows(self) -> bool:
        """Whether the broker has any channel followed."""
        raise NotImplementedError

    def sweep(self) -> None:
        """Drop what is beyond the bounds of the logs."""

    def look(self) -> None:
        """Learn what other processes have published."""

    async def stop(self) -> None:
        """End everything that was begun."""
        if hasattr(self, "stage"):
            await self.stage.manager.stop()

    # The beginning.

    @initialize(
        events=st.sampled_from([3, 8, 1_000]),
        rooms=st.tuples(st.integers(0, 4), st.integers(0, 4)),
        turns=st.integers(0, 6),
    )
    def begin(self, events: int, rooms: tuple[int, int], turns: int) -> None:
        """Everybody follows everything.

        `events` bounds the logs, `rooms` are the slow clients' buffers, `turns` is how long reading a log takes.
        """
        self.events, self.turns = events, turns
        self.loop.step(self.start())
        users = (("ann", None), ("ann", rooms[0]), ("bob", rooms[1]))
        self.clients = [ModelClient(self.stage, user, room, self.covers, self.truth) for user, room in users]
        for client in self.clients:
            self.do(client.connect)
            for name in SUBSCRIBABLE:
                self.do(partial(client.subscribe, name, None))
        self.read_all()

    async def start(self) -> None:
        """Start a server."""
        broker = self.make_broker()
        # What a broker does all the time begins with the first channel: nobody is to wait for its end.
        await broker.follow("notes")
        await self.loop.quiet()
        broker.unfollow("notes")
        self.stage = Stage(broker=broker, limits=LIMITS)

    def appended(self, channel: str, entry: Entry) -> None:
        """What is in the logs, as the broker numbers it."""
        log = self.truth.log(channel, entry.position.epoch)
        log.append((entry.position.id, entry.key or "", self.number))
        assert entry.position.offset == len(log)

    def do(self, act: Callable[[], object]) -> None:
        """Act on the loop, as a transport does."""

        async def acting() -> None:
            act()

        self.loop.step(acting())

    def online(self, number: int) -> ModelClient:
        """The client, connected."""
        client = self.clients[number]
        if not client.connected:
            self.do(client.connect)
        return client

    # What happens.

    @rule(name=st.sampled_from(sorted(CHANNELS)), count=st.integers(1, 12))
    def publish(self, name: str, count: int) -> None:
        self.loop.step(self.published([name], count))

    @rule(names=st.lists(st.sampled_from(sorted(CHANNELS)), min_size=2, max_size=3, unique=True))
    def publish_to_several(self, names: list[str]) -> None:
        self.loop.step(self.published(names, 1))

    async def published(self, names: list[str], count: int, by: ConnectionManager | None = None) -> None:
        """Change a few notes again and again, and tell of each change on these channels."""
        for _ in range(count):
            self.number += 1
            self.now += 0.01
            note = NotePosted(note_id=self.number % NOTES, version=self.number)
            self.truth.database[f"note:{note.note_id}"] = note.version
            await (by or self.stage.manager).publish(note, *[CHANNELS[name] for name in names])

    @rule(number=CLIENTS, name=st.sampled_from(SUBSCRIBABLE), count=st.integers(1, 12))
    def hand_over(self, number: int, name: str, count: int) -> None:
        """What was Bob's becomes Ann's, and she hears it on her own channel while her connection lags on the other."""
        self._pause(self.online(number), name, 0)
        self.loop.step(self.published([name], count))
        self.loop.step(self.published([name, "user:ann"], 1))

    @rule(number=CLIENTS, name=st.sampled_from(SUBSCRIBABLE), act=ACTS, back=st.integers(0, 3))
    def act(self, number: int, name: str, act: str, back: int) -> None:
        getattr(self, f"_{act}")(self.online(number), name, back)

    @rule(
        number=CLIENTS,
        name=st.sampled_from(SUBSCRIBABLE),
        acts=st.lists(ACTS, min_size=2, max_size=4),
        back=st.integers(0, 3),
        turns=st.integers(0, 3),
    )
    def act_in_quick_succession(self, number: int, name: str, acts: list[str], back: int, turns: int) -> None:
        """One client, one channel: what the first act began is not done when the next one comes."""
        for act in acts:
            self.act(number, name, act, back)
            self.loop.step(self.stage.turns(turns))

    def _cut(self, client: ModelClient, name: str, back: int) -> None:
        self.do(client.cut)

    def _reconnect(self, client: ModelClient, name: str, back: int) -> None:
        """Come back with all positions."""

        def reconnect() -> None:
            client.cut()
            client.resume(SUBSCRIBABLE)

        self.do(reconnect)

    def _subscribe(self, client: ModelClient, name: str, back: int) -> None:
        """From the client's position, or an older one."""
        if name in client.positions:
            self.do(lambda: client.subscribe(name, self.older(name, client.positions[name], back)))

    def older(self, name: str, position: Position, back: int) -> Position:
        if position.offset < back:
            return position
        offset = position.offset - back
        return Position(position.epoch, offset, self.truth.log(name, position.epoch)[offset - 1][0] if offset else "")

    def _subscribe_without_position(self, client: ModelClient, name: str, back: int) -> None:
        self.do(lambda: client.subscribe(name, None))

    def _unsubscribe(self, client: ModelClient, name: str, back: int) -> None:
        self.do(lambda: client.unsubscribe(name))

    def _pause(self, client: ModelClient, name: str, back: int) -> None:
        """The transport's buffer passes its high-water mark, whatever is in it."""
        assert client.client is not None
        self.do(client.client.connection.pause)

    def _resume(self, client: ModelClient, name: str, back: int) -> None:
        assert client.client is not None
        self.do(client.client.connection.resume)

    def _read(self, client: ModelClient, name: str, back: int) -> None:
        self.loop.step(client.read(back + 1))

    def _publish(self, client: ModelClient, name: str, back: int) -> None:
        self.loop.step(self.published([name], back + 1))

    @rule(name=st.sampled_from(SUBSCRIBABLE))
    def revoke(self, name: str) -> None:
        self.loop.step(self.stage.manager.revoke("ann", CHANNELS[name]))

    @rule(name=st.sampled_from(sorted(CHANNELS)), count=st.integers(0, 5), turns=st.integers(0, 6))
    def suspend(self, name: str, count: int, turns: int) -> None:
        """The control log cannot be read for a while: nothing is delivered until it can."""
        audiences = self.stage.manager._hub.audiences
        self.do(audiences.hold)
        self.loop.step(self.published([name], count))
        self.loop.step(self.stage.turns(turns))
        self.do(audiences.resume)

    @rule(name=st.sampled_from(sorted(CHANNELS)), count=st.integers(0, 5), read=st.integers(0, 5))
    def restart(self, name: str, count: int, read: int) -> None:
        """The server is stopped with its broker, and another one starts.

        Clients read `read` messages more and come back with all positions; `count` events are published until then.
        """
        away = [client for client in self.clients if client.connected]
        self.loop.step(self.stage.manager.stop())
        assert not self.follows()
        for client in away:
            self.loop.step(client.part(read))
        covered = self.covered()
        self.now += LEASE + 1
        self.loop.step(self.start())
        assert self.covered() == (covered if self.durable else [])
        self.loop.step(self.published([name], count))
        for client in self.clients:
            client.stage = self.stage
        for client in away:
            self.do(partial(client.resume, SUBSCRIBABLE))

    def covered(self) -> list[tuple[str, Position]]:
        """The positions of clients from which they can go on."""
        positions = [it for client in self.clients for it in client.positions.items()]
        return [it for it in positions if self.loop.step(self.covers(*it))]

    @rule(turns=st.integers(1, 6))
    def turn(self, turns: int) -> None:
        self.loop.step(self.stage.turns(turns))

    @rule()
    def settle(self) -> None:
        self.loop.step(self.stage.settled())

    @rule()
    def age(self) -> None:
        """Every event there is becomes too old to be kept."""
        self.now += BOUNDS["age"] + 1
        self.sweep()

    @rule()
    def forget(self) -> None:
        """Other channels push out the logs that nobody follows; their epochs change."""

        async def publish() -> None:
            for channel in ELSEWHERE:
                await self.stage.manager.publish(NotePosted(note_id=0), channel)

        self.loop.step(publish())
        self.sweep()

    # What holds at the end.

    def teardown(self) -> None:
        try:
            if hasattr(self, "clients"):
                self.look()
                self.read_all()
                self.check_complete()
                self.leave()
        finally:
            try:
                self.loop.step(self.stop())
            finally:
                self.loop.close()

    def read_all(self) -> None:
        """Let every client that is connected read to the end."""
        for client in self.clients:
            unread = client.connected
            while unread:
                assert client.client is not None
                self.do(client.client.connection.resume)
                self.loop.step(self.stage.settled())
                unread = bool(client.client.transport.waiting)
                self.loop.step(client.read())

    def check_complete(self) -> None:
        """Every client has each event of what it follows, up to the top."""
        for client in self.clients:
            assert client.awaited == {}
            for name, last in client.following.items():
                assert last.offset == len(self.truth.log(name, last.epoch)), f"{client.user}, {name}: {last}"
                assert client.positions[name] == last
                for id, key, version in self.truth.log(name, last.epoch):
                    assert client.grid[key] >= version, f"{client.user} shows {key} at {client.grid[key]}, not {id}"
            for ids in client.applied.values():
                assert len(set(ids)) == len(ids)

    def leave(self) -> None:
        """When all have gone, nothing is left of them."""
        for client in self.clients:
            if client.connected:
                self.do(client.cut)
        self.loop.step(self.stage.settled())
        assert not self.follows()


class OnMemory(Recovery):
    """The logs end with the server."""

    durable = False

    def make_broker(self) -> Broker:
        self.broker = HeldBroker(events=self.events, **BOUNDS, clock=lambda: self.now)
        self.broker.attach(Hearing(self.appended))
        self.broker.turns = self.turns
        return self.broker

    async def covers(self, channel: str, position: Position) -> bool:
        return await self.broker.covers(channel, position)

    def follows(self) -> bool:
        return bool(self.broker.following)


class OnDatabase(Recovery):
    """The logs are in SQLite, where another process publishes, too."""

    durable = True

    def __init__(self) -> None:
        super().__init__()
        self.directory = TemporaryDirectory()
        self.engine = throwaway(str(Path(self.directory.name, "logs.db")))
        self.epochs = (f"E{number}" for number in itertools.count(1))
        self.elsewhere = ConnectionManager(channels=[Notes, Room, Me], broker=self.broker_of(1_000))

    def broker_of(self, events: int) -> SteppedBroker:
        """A broker of some process."""
        return SteppedBroker(
            self.engine,
            events=events,
            **BOUNDS,
            appended=self.appended,
            settings=DatabaseSettings(poll=POLL, compare=1e9, sweep=SWEEP),
            clock=lambda: self.now,
            epochs=lambda: next(self.epochs),
            random=lambda: 0.5,
        )

    def make_broker(self) -> Broker:
        self.loop.turns = self.turns
        self.broker = self.broker_of(self.events)
        return self.broker

    async def covers(self, channel: str, position: Position) -> bool:
        return await self.broker.covers(channel, position)

    def follows(self) -> bool:
        return any(self.broker._tails.top(name) for name in (*CHANNELS, "user:bob"))

    async def stop(self) -> None:
        await self.elsewhere.stop()
        await super().stop()

    def pass_time(self, seconds: float) -> None:
        """Once nothing is under way that has a time limit."""
        self.loop.step(self.loop.quiet())
        self.loop.step(self.loop.advance(seconds))

    def sweep(self) -> None:
        self.pass_time(SWEEP)

    def look(self) -> None:
        self.pass_time(1.5 * POLL)
        self.loop.step(self.loop.quiet())

    @rule()
    def wait(self) -> None:
        """Long enough to learn what the other process has published."""
        self.look()

    @rule(name=st.sampled_from(sorted(CHANNELS)), count=st.integers(1, 12))
    def publish_elsewhere(self, name: str, count: int) -> None:
        self.loop.step(self.published([name], count, self.elsewhere))

    def teardown(self) -> None:
        try:
            super().teardown()
        finally:
            self.engine.dispose()
            self.directory.cleanup()


STEADY = settings.get_current_profile_name() == "steady"
# 200 runs of 50 steps take more than a test may in SQLite, and where the machine has more to do, any 200 come near it.
PARTS = 4
RUNS = (200 if STEADY else 1_000) // PARTS


def part_of(machine: type[Recovery], number: int) -> type[Recovery]:
    """The machine by a name of its own, from which its generated cases follow."""
    return cast("type[Recovery]", type(f"{machine.__name__}{number}", (machine,), {}))


@pytest.mark.parametrize("part", range(PARTS))
def test_on_memory(part):
    run_state_machine_as_test(part_of(OnMemory, part), settings=settings(stateful_step_count=50, max_examples=RUNS))


@pytest.mark.parametrize("part", range(PARTS))
def test_on_database(part):
    # About 0.4 s of CPU each.
    runs = settings(stateful_step_count=20, max_examples=200 // PARTS)
    run_state_machine_as_test(part_of(OnDatabase, part), settings=runs)
