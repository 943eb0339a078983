"""What an application's own endpoint has, and sends."""

import asyncio
import json
from collections.abc import MutableMapping
from typing import Any

from tests.stage import (
    Message,
)
from tidings import (
    create_ws_message,
)


class RecordingSocket:
    """A WebSocket as an application's own endpoint has it. `stuck` holds what is sent, `broken` is a client gone."""

    def __init__(self) -> None:
        self.scope: MutableMapping[str, Any] = {"path": "/ws", "headers": []}
        self.accepted = False
        self.sent: list[Message] = []
        self.closed: tuple[int, str | None] | None = None
        self.broken: Exception | None = None
        self.free = asyncio.Event()
        self.free.set()

    async def accept(self) -> None:
        self.accepted = True

    async def receive(self) -> MutableMapping[str, Any]:
        raise NotImplementedError("the endpoint reads, not the manager")

    async def send(self, message: MutableMapping[str, Any]) -> None:
        raise NotImplementedError

    async def send_text(self, data: str) -> None:
        await self.free.wait()
        if self.broken is not None:
            raise self.broken
        self.sent.append(json.loads(data))

    async def close(self, code: int = 1000, reason: str | None = None) -> None:
        self.closed = code, reason

    def take(self) -> list[Message]:
        """What was sent since the last look."""
        taken, self.sent = self.sent, []
        return taken


def note(number: int) -> dict[str, Any]:
    return create_ws_message("note:posted", {"note_id": number})
