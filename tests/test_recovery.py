"""Any order of publishing, subscribing, reading slowly, losing connections and logs: nothing is lost or doubled.

The server and the memory broker are real; clients follow the table of spec/protocol.md, section 7 (tests/model.py).
"""

from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from tests.model import ModelClient, Truth
from tests.stage import HandLoop, Hearing, HeldBroker, Me, NotePosted, Notes, Room, Stage
from tidings import Channel, Limits
from tidings.protocol.log import Entry, Position

T = TypeVar("T")

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


class SteppedLoop(HandLoop):
    """A loop that is run step by step, and counts as running between the steps."""

    _between = False

    def is_running(self) -> bool:
        return self._between or super().is_running()

    def step(self, work: Coroutine[Any, Any, T]) -> T:
        """Run until the work is done; other tasks go as far as they come meanwhile."""
        self._between = False
        try:
            return self.run_until_complete(work)
        finally:
            self._between = True

    def close(self) -> None:
        self._between = False
        super().close()


class Recovery(RuleBasedStateMachine):
    """Three clients: two of one user, one of them slow, and a slow one of another."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = SteppedLoop()
        self.now = 0.0
        self.number = 0
        self.truth = Truth()

    @initialize(
        events=st.sampled_from([3, 8, 1_000]),
        rooms=st.tuples(st.integers(0, 4), st.integers(0, 4)),
        turns=st.integers(0, 6),
    )
    def begin(self, events: int, rooms: tuple[int, int], turns: int) -> None:
        """Everybody follows everything.

        `events` bounds the logs, `rooms` are the slow clients' buffers, `turns` is how long reading a log takes.
        """
        limits = Limits(messages_per_second=1e9, message_burst=1_000_000, unread_answers=10**9)

        async def begin() -> Stage:
            self.broker = HeldBroker(events=events, age=100.0, channels=6, clock=lambda: self.now)
            self.broker.attach(Hearing(self.appended))
            self.broker.turns = turns
            return Stage(broker=self.broker, limits=limits)

        self.stage = self.loop.step(begin())
        users = (("ann", None), ("ann", rooms[0]), ("bob", rooms[1]))
        self.clients = [ModelClient(self.stage, user, room, self.broker.covers, self.truth) for user, room in users]
        for client in self.clients:
            self.do(client.connect)
            for name in SUBSCRIBABLE:
                self.do(partial(client.subscribe, name, None))
        self.read_all()

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

    async def published(self, names: list[str], count: int) -> None:
        """Change a few notes again and again, and tell of each change on these channels."""
        for _ in range(count):
            self.number += 1
            note = NotePosted(note_id=self.number % NOTES, version=self.number)
            self.truth.database[f"note:{note.note_id}"] = note.version
            await self.stage.manager.publish(note, *[CHANNELS[name] for name in names])

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
            client.connect()
            for name in SUBSCRIBABLE:
                if name in client.positions:
                    client.subscribe(name, client.positions[name])

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
        self.do(lambda: self.stage.manager.revoke("ann", CHANNELS[name]))

    @rule(turns=st.integers(1, 6))
    def turn(self, turns: int) -> None:
        self.loop.step(self.stage.turns(turns))

    @rule()
    def settle(self) -> None:
        self.loop.step(self.stage.settled())

    @rule()
    def age(self) -> None:
        """Every event there is becomes too old to be kept."""
        self.now += 101.0

    @rule()
    def forget(self) -> None:
        """Other channels push out the logs that nobody follows; their epochs change."""

        async def publish() -> None:
            for channel in ELSEWHERE:
                await self.stage.manager.publish(NotePosted(note_id=0), channel)

        self.loop.step(publish())

    # What holds at the end.

    def teardown(self) -> None:
        try:
            if hasattr(self, "clients"):
                self.read_all()
                self.check_complete()
                self.leave()
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
        assert self.broker.following == {}


Recovery.TestCase.settings = settings(
    stateful_step_count=50, max_examples=200 if settings.get_current_profile_name() == "steady" else 1_000
)
TestRecovery = Recovery.TestCase
