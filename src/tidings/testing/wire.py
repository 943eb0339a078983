"""The Wire contract of the in-process client."""

from typing import Protocol


class UpgradeRefused(Exception):
    """The server refused the upgrade: its HTTP status, and the body of its answer."""

    def __init__(self, status: int, body: str) -> None:
        super().__init__(f"the upgrade was refused with {status}: {body}")
        self.status, self.body = status, body


class Ears(Protocol):
    """What a wire tells its client."""

    def text(self, text: str) -> None: ...
    def ended(self, code: int, reason: str) -> None: ...


class Wire(Protocol):
    """One WebSocket, as its client holds it."""

    async def open(self) -> None:
        """Make the upgrade. Raises UpgradeRefused, and what the application raises."""

    def send(self, text: str) -> None:
        """Send a message."""

    async def close(self) -> None:
        """Close, and wait for the application's end. Raises what the application raised."""
