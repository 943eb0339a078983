"""Five tenants on two nodes, at random: everybody sees all of their own and nobody else's."""

import asyncio
from contextlib import AsyncExitStack
from random import Random

import pytest

from tests.presence.watching import Between, Changed, Watcher, authenticate
from tidings import Channel, ConnectionManager
from tidings.testing import Client, FakeClock, connected

TENANTS, USERS, ROOMS, ACTS = 5, 3, 2, 120

clock = FakeClock()


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, object]]:
    return "asyncio", {"loop_factory": clock.new_loop}


class Room(Channel[Changed], name="tenant:{tenant}:room:{room}", presence=True):
    tenant: str
    room: int


class Crowd:
    """Connections that come, go and wander, each with the rooms it is in."""

    def __init__(self, random: Random, nodes: list[ConnectionManager], stack: AsyncExitStack) -> None:
        self._random, self._nodes, self._stack = random, nodes, stack
        self.members: list[tuple[str, AsyncExitStack, Client, set[Room]]] = []

    async def act(self) -> None:
        """One of them does something."""
        act = self._random.choice([self._come, self._come, self._enter, self._enter, self._leave, self._go])
        if self.members or act == self._come:
            await act()

    async def _come(self) -> None:
        user = f"{self._random.randrange(TENANTS)}-{self._random.randrange(USERS)}"
        stack = await self._stack.enter_async_context(AsyncExitStack())
        node = self._random.choice(self._nodes)
        client = await stack.enter_async_context(connected(node, user=user, timeout=20))
        self.members.append((user, stack, client, set()))

    async def _enter(self) -> None:
        user, _, client, rooms = self._random.choice(self.members)
        room = Room(tenant=user[0], room=self._random.randrange(ROOMS))
        await client.subscribe(room)
        rooms.add(room)

    async def _leave(self) -> None:
        _, _, client, rooms = self._random.choice(self.members)
        if rooms:
            await client.unsubscribe(rooms.pop())

    async def _go(self) -> None:
        member = self._random.choice(self.members)
        self.members.remove(member)
        await member[1].aclose()

    def on(self, room: Room) -> dict[str, int]:
        """Who is in a room, with how many connections."""
        users = sorted(user for user, _, _, rooms in self.members if room in rooms)
        return {user: users.count(user) for user in users}


@pytest.mark.parametrize("seed", range(5))
async def test_nobody_sees_another_tenants_presence(seed: int) -> None:
    random, broker = Random(seed), Between()
    nodes = [ConnectionManager(channels=[Room], authenticate=authenticate, broker=broker, clock=clock) for _ in "ab"]
    for manager in nodes:
        manager.authorize(Room)(lambda room, user: user.id[0] == room.tenant)
    async with AsyncExitStack() as stack:
        watchers: dict[Room, Watcher] = {}
        for tenant in range(TENANTS):
            room = Room(tenant=str(tenant), room=0)
            client = await stack.enter_async_context(
                connected(random.choice(nodes), user=f"{tenant}-watcher", timeout=20)
            )
            await client.subscribe(f"presence:{room.name}")
            watchers[room] = Watcher(client, f"presence:{room.name}")
        crowd = Crowd(random, nodes, stack)
        for _ in range(ACTS):
            await crowd.act()
            await clock.advance(random.choice([0, 0.05, 0.3, 3]))
        await clock.advance(15)
        for room, watcher in watchers.items():
            assert watcher.read().shown == crowd.on(room)
            seen = {user for shown in watcher.seen for user in shown}
            assert all(user.startswith(f"{room.tenant}-") for user in seen)
            asked = asyncio.ensure_future(nodes[0].presence(room))
            await clock.advance(2)
            assert {user.user_id for user in await asked} == crowd.on(room).keys()
