"""The Python client sees who is on a channel, also after a cut and a reset."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.client.test_real import Cable, client_of
from tests.presence.watching import Lobby, Plain, Shifts, node, present
from tests.transports.native_server import native
from tidings import ConnectionManager, MemoryBroker
from tidings.client import ChannelRefused, Client, ClientError, Presence
from tidings.protocol.messages import WSEventType
from tidings.testing import FakeClock


@asynccontextmanager
async def served(broker: MemoryBroker) -> AsyncIterator[tuple[ConnectionManager, Cable]]:
    manager = node(broker, FakeClock())
    async with native(manager) as server:
        yield manager, Cable(f"http://127.0.0.1:{server.port}/ws")
        await manager.stop()


async def until(presence: Presence, shown: dict[str, int]) -> None:
    """Wait until these users are shown."""
    async for users in presence:
        if {user.user_id: user.connections for user in users} == shown:
            return


async def test_it_sees_who_comes_and_goes_and_what_they_say() -> None:
    async with (
        served(MemoryBroker()) as (manager, cable),
        client_of(cable, "watcher") as client,
        client.presence(Shifts()) as presence,
        present(manager, "anna") as anna,
    ):
        await until(presence, {"anna": 1})
        assert presence.live
        await anna.request("presence:update", {"channel": "shifts", "metadata": {"shift": 12}})
        async with client.presence(Lobby(number=1)) as lobby:
            await until(lobby, {})
        async for [user] in presence:
            if user.metadata:
                break
        assert user.metadata == [{"shift": 12, "note": ""}]
        await anna.unsubscribe(Shifts())
        await until(presence, {})


@pytest.mark.parametrize("events", [1_000, 1])
async def test_it_is_right_again_after_a_cut(events: int) -> None:
    async with (
        served(MemoryBroker(events=events)) as (manager, cable),
        client_of(cable, "watcher") as client,
        client.presence(Shifts()) as presence,
        present(manager, "anna") as anna,
    ):
        await until(presence, {"anna": 1})
        cable.cut()
        await anna.unsubscribe(Shifts())
        async with present(manager, "ben"), present(manager, "cleo"):
            await until(presence, {"ben": 1, "cleo": 1})


async def test_a_refusal_is_raised() -> None:
    async with served(MemoryBroker()) as (manager, cable), client_of(cable, "watcher") as client:
        with pytest.raises(ChannelRefused, match="declared with presence"):
            async with client.presence(Plain()):
                pass
        async with client.presence(Shifts()) as presence:
            await anext(presence)
            await manager.revoke("watcher", Shifts())
            with pytest.raises(ChannelRefused, match="forbidden"):
                await anext(presence)
        with pytest.raises(TypeError, match=r"presence\("):
            client.presence(Shifts)  # type: ignore[arg-type]


async def test_what_is_malformed_is_passed_over(caplog: pytest.LogCaptureFixture) -> None:
    presence, client = Presence(), Client("ws://127.0.0.1:9/ws")
    with pytest.raises(ClientError, match="malformed"):
        presence.take("presence:changed", b'{"node": 1, "users": []}')
    presence.take("presence:of_a_later_version", b"{}")
    client._direct(WSEventType.PRESENCE_STATE, b'{"part": 0}')
    assert "a state of presence is passed over" in caplog.text


async def test_a_roster_that_is_not_whole_is_asked_for_anew() -> None:
    async with (
        served(MemoryBroker()) as (manager, cable),
        client_of(cable, "watcher") as client,
        present(manager, "anna"),
        client.presence(Shifts()) as presence,
    ):
        await until(presence, {"anna": 1})
        presence.begin()  # as if the connection had ended before the state
        cable.cut()
        await asyncio.wait_for(until(presence, {"anna": 1}), 30)
        assert presence.known
