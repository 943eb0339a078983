"""What the tests of presence share: a channel with it, brokers between nodes, and a client that keeps the roster."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from pydantic import BaseModel

from tidings import Channel, ConnectionManager, Event, MemoryBroker, User
from tidings.broker import Broker
from tidings.handshake import Handshake
from tidings.protocol.log import Position
from tidings.protocol.presence import Roster, read
from tidings.testing import Client, FakeClock, connected

LOG = "presence:shifts"


class Changed(Event, type="shift:changed"):
    shift: int


class Editing(BaseModel):
    shift: int | None = None
    note: str = ""


class Shifts(Channel[Changed], name="shifts", presence=Editing): ...


class Lobby(Channel[Changed], name="lobby:{number}", presence=True):
    number: int


class Plain(Channel[Changed], name="plain"): ...


class Between(MemoryBroker):
    """Logs in memory that several nodes share."""

    multiprocess = True


def node(broker: Broker, clock: FakeClock, **options: Any) -> ConnectionManager:
    """A node of its own: in production, a process."""
    manager = ConnectionManager(
        channels=[Shifts, Lobby, Plain], authenticate=authenticate, broker=broker, clock=clock, **options
    )
    manager.authorize(Shifts, Lobby, Plain)(lambda channel, user: user.id != "mallory")
    return manager


def authenticate(handshake: Handshake, token: str | None) -> User:
    return User(str(token))


class Watcher:
    """A client that does what section 9 of the protocol tells it to."""

    def __init__(self, client: Client, log: str = LOG) -> None:
        self.client, self.log = client, log
        self.roster = Roster()
        self.seen: list[dict[str, int]] = []
        """Who was shown with how many connections, after each message."""
        self.types: list[str] = []

    def read(self) -> "Watcher":
        """Take what has come."""
        for message in self.client.messages():
            place = message.get("channel") or message["payload"].get("channel")
            body = read(message["type"], message["payload"]) if place == self.log else None
            if body is not None:
                self.types.append(message["type"])
                self.roster.apply(body)
                self.seen.append(self.shown)
        return self

    async def until(self, shown: dict[str, int], *, metadata: dict[str, int] | None = None) -> None:
        """Wait until these users are shown, and the shifts that they edit."""
        client = self.client
        while self.read().shown != shown or (metadata is not None and self.shifts != metadata):
            what = f"{shown} {metadata or ''} instead of {self.shown} {self.shifts}"
            await client._until(lambda: bool(client._inbox), what, None)

    @property
    def shifts(self) -> dict[str, int]:
        """The users that edit a shift, with the latest."""
        return {user: said[-1]["shift"] for user, said in self.metadata.items()}

    @property
    def shown(self) -> dict[str, int]:
        """The users, each with how many connections."""
        return {user.user_id: user.connections for user in self.roster.users()}

    @property
    def metadata(self) -> dict[str, Any]:
        """The users that say something, with what they say."""
        return {user.user_id: user.metadata for user in self.roster.users() if user.metadata}


@asynccontextmanager
async def watching(
    manager: ConnectionManager, user: str, *, log: str = LOG, position: Position | None = None
) -> AsyncIterator[Watcher]:
    """A watcher of a presence log."""
    async with connected(manager, user=user, timeout=20) as client:
        await client.subscribe(log, positions={log: position} if position else None)
        yield Watcher(client, log)


@asynccontextmanager
async def present(manager: ConnectionManager, user: str, channel: Channel[Any] | None = None) -> AsyncIterator[Client]:
    """A user's connection on the channel."""
    async with connected(manager, user=user, timeout=20) as client:
        await client.subscribe(channel or Shifts())
        yield client


async def entries(broker: Broker, log: str = LOG) -> list[dict[str, Any]]:
    """All that an untrimmed log of a memory broker holds."""
    top = await broker.follow(log)
    broker.unfollow(log)
    held = await broker.since(log, Position(top.epoch, 0, ""), 10_000)
    return [msgspec.json.decode(entry.message) for entry in held or []]
