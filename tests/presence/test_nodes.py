"""Several nodes on one broker: they add up, forget those that are gone, and come back. Time is turned by hand."""

import pytest

from tests.presence.watching import LOG, Between, Shifts, entries, node, present, watching
from tidings import ConnectionManager
from tidings.broker import Listener
from tidings.presence import Presence
from tidings.protocol.events import Draft
from tidings.protocol.log import Entry, Position
from tidings.testing import FakeClock

clock = FakeClock()


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, object]]:
    return "asyncio", {"loop_factory": clock.new_loop}


class Cut(Between):
    """A broker that one node can be cut off from: what it says fails, and what is delivered to it waits."""

    def __init__(self) -> None:
        super().__init__()
        self.off: Presence | None = None
        self.name = ""
        self.held: list[tuple[str, Entry]] = []
        self.failures = 0

    def cut(self, node: Presence) -> None:
        """From now on."""
        self.off, self.name = node, node.node

    def mend(self) -> None:
        """Deliver what has waited."""
        node, self.off = self.off, None
        assert node is not None
        for channel, entry in self.held:
            node.deliver(channel, entry)

    def attach(self, listener: Listener) -> None:
        super().attach(_Held(self, listener))

    async def append(self, channel: str, draft: Draft) -> Entry:
        said_by_it = self.name in draft.payload.decode() and not draft.id.startswith("gone:")
        if self.off is not None and said_by_it:
            raise ConnectionError("cut off")
        if channel == LOG and self.failures:
            self.failures -= 1
            raise ConnectionError("no log")
        return await super().append(channel, draft)


class _Held:
    def __init__(self, broker: Cut, listener: Listener) -> None:
        self._broker, self._listener = broker, listener

    def deliver(self, channel: str, entry: Entry) -> None:
        if self._listener is self._broker.off:
            self._broker.held.append((channel, entry))
        else:
            self._listener.deliver(channel, entry)

    def reset(self, channel: str, position: Position) -> None:
        self._listener.reset(channel, position)


def presence_of(manager: ConnectionManager) -> Presence:
    assert manager._hub.presence is not None
    return manager._hub.presence


async def test_users_of_all_nodes_are_one_roster() -> None:
    broker = Between()
    here, there = node(broker, clock), node(broker, clock)
    async with present(here, "anna"), present(there, "anna") as anna, present(there, "ben"):
        await anna.request("presence:update", {"channel": "shifts", "metadata": {"shift": 12}})
        await clock.advance(1)
        for manager in (here, there, node(broker, clock)):
            async with watching(manager, "watcher") as watcher:
                await clock.advance(2)
                assert watcher.read().types.count("presence:state") == 1
                assert watcher.shown == {"anna": 2, "ben": 1}
                assert watcher.metadata == {"anna": [{"shift": 12, "note": ""}]}


async def test_a_user_who_reloads_onto_another_node_never_leaves() -> None:
    broker = Between()
    here, there = node(broker, clock), node(broker, clock)
    async with watching(here, "watcher") as watcher:
        async with present(here, "anna"):
            await clock.advance(2)
        async with present(there, "anna"):
            await clock.advance(2)
            assert watcher.read().shown == {"anna": 1}
            await clock.advance(60)
            assert watcher.read().shown == {"anna": 1}
            seen = [it for it in watcher.seen if it]
            assert {} not in watcher.seen[watcher.seen.index(seen[0]) :]


async def test_users_come_back_from_a_node_that_stops_and_nothing_is_seen_of_it() -> None:
    broker = Between()
    here, there = node(broker, clock), node(broker, clock)
    async with watching(here, "watcher") as watcher, present(there, "anna"), present(there, "ben"):
        await clock.advance(2)
        assert watcher.read().shown == {"anna": 1, "ben": 1}
        await there.stop()
        await clock.advance(5)
        assert watcher.read().shown == {"anna": 1, "ben": 1}
        async with present(here, "anna"):
            await clock.advance(1)
            assert watcher.read().shown == {"anna": 1, "ben": 1}
            assert all(
                set(shown) == {"anna", "ben"} for shown in watcher.seen[watcher.seen.index({"anna": 1, "ben": 1}) :]
            )
            await clock.advance(5)
            assert watcher.read().shown == {"anna": 1}


async def test_a_node_that_falls_silent_is_gone_within_ten_seconds() -> None:
    broker = Cut()
    here, there = node(broker, clock), node(broker, clock)
    async with watching(here, "watcher") as watcher, present(here, "anna"), present(there, "ben"):
        await clock.advance(5)
        assert watcher.read().shown == {"anna": 1, "ben": 1}
        broker.cut(presence_of(there))
        await clock.advance(4)
        assert watcher.read().shown == {"anna": 1, "ben": 1}
        await clock.advance(6)
        assert watcher.read().shown == {"anna": 1}
        gone = [entry["id"] for entry in await entries(broker) if entry["type"] == "presence:node_left"]
        assert gone == [f"gone:{broker.name}"]


async def test_a_node_that_was_held_up_comes_back_with_all_it_has() -> None:
    broker = Cut()
    here, there = node(broker, clock), node(broker, clock)
    async with (
        watching(here, "watcher") as watcher,
        watching(there, "other") as other,
        present(here, "anna"),
        present(there, "ben"),
    ):
        await clock.advance(5)
        broker.cut(presence_of(there))
        await clock.advance(15)
        assert watcher.read().shown == {"anna": 1}
        broker.mend()
        assert presence_of(there).node != broker.name
        await clock.advance(2)
        assert watcher.read().shown == other.read().shown == {"anna": 1, "ben": 1}
        await clock.advance(30)  # and nobody takes anybody else for gone
        assert watcher.read().shown == other.read().shown == {"anna": 1, "ben": 1}
        left = [entry["payload"] for entry in await entries(broker) if entry["type"] == "presence:node_left"]
        assert left == [{"node": broker.name}]


async def test_after_a_reset_everything_is_said_and_asked_again() -> None:
    broker = Between()
    here, there = node(broker, clock), node(broker, clock)
    async with watching(here, "watcher") as watcher, present(here, "anna"), present(there, "ben"):
        await clock.advance(2)
        del broker._filled[LOG]
        broker._initial = Position("another", 0, "")
        for listener in broker._listeners:
            listener.reset(LOG, broker._initial)
        await clock.advance(2)
        assert watcher.read().types.count("presence:state") == 2
        assert watcher.shown == {"anna": 1, "ben": 1}


async def test_what_was_not_said_is_said_later() -> None:
    broker = Cut()
    here, there = node(broker, clock), node(broker, clock)
    async with watching(here, "watcher") as watcher, present(there, "anna"):
        await clock.advance(2)
        broker.failures = 3
        async with present(there, "ben"):
            await clock.advance(5)
            assert watcher.read().shown == {"anna": 1, "ben": 1}


async def test_what_is_no_message_of_a_node_is_passed_over(caplog) -> None:
    broker = Between()
    here = node(broker, clock)
    async with watching(here, "watcher") as watcher, present(here, "anna"):
        await clock.advance(2)
        for payload in (b"{}", b"[]", b'{"node":"n","users":{}}', b'{"node":"' + b"n" * 200 + b'","users":[]}'):
            await broker.append(LOG, Draft("presence:changed", payload, "2026-11-23T08:00:00.000Z", str(payload)[:60]))
        await clock.advance(2)
        assert caplog.text.count("is no message of a node") == 1
        assert presence_of(here).dropped == 4
        assert {user.user_id for user in await here.presence(Shifts())} == {"anna"}
        watcher.client.messages()


async def test_nothing_is_listened_to_where_nothing_is_declared() -> None:
    without, with_presence = Between(), Between()
    ConnectionManager(broker=without)
    node(with_presence, clock)
    assert len(without._listeners) == len(with_presence._listeners) - 1
