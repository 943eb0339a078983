"""A client on the bare wire, which does what it is told and does not come back."""

import asyncio
from collections.abc import Sequence

from tidings.client import ClientError, wire
from tidings.client.connection import Socket
from torture.access import token
from torture.outcome import TortureError

PATIENCE = 60.0  # seconds for an answer


class Visitor:
    """One connection that was let in."""

    def __init__(self, socket: Socket, user: str) -> None:
        self.socket, self.user = socket, user

    @classmethod
    async def of(cls, socket: Socket, user: str) -> "Visitor":
        """A client that says who it is."""
        visitor = cls(socket, user)
        await socket.send(wire.write("auth", {"token": token(user)}, id="1"))
        await visitor.hear(wire.Established)
        return visitor

    async def join(self, names: Sequence[str]) -> None:
        """Be subscribed to these channels. Raises ClientError for a refusal."""
        await self.ask(names)
        await self.hear(wire.Subscribed)

    async def ask(self, names: Sequence[str]) -> None:
        """Ask for these channels, and do not wait."""
        await self.socket.send(wire.subscribe(dict.fromkeys(names), id="2"))

    async def leave(self, names: Sequence[str]) -> None:
        """Be subscribed to these channels no longer."""
        await self.socket.send(wire.write("unsubscribe", {"channels": names}, id="3"))
        await self.hear(wire.Unsubscribed)

    async def hear(self, kind: type[wire.Body]) -> None:
        """Return at the next message of this kind. Raises ClientError for a refusal, TortureError for silence."""
        try:
            async with asyncio.timeout(PATIENCE):
                while not isinstance(body := (await self.next()).body, kind):
                    if isinstance(body, wire.Failure):
                        raise ClientError(body.code, body.message)
        except TimeoutError as error:
            raise TortureError(f"no {kind.__name__} came within {PATIENCE:g} s") from error

    async def next(self) -> wire.Message:
        """The next message."""
        return wire.read(await self.socket.recv())
