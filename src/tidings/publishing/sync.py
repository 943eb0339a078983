"""Publishing from code that does not await: plain `def` endpoints, threads, scripts."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Protocol, TypeVar

from tidings.concurrency.loops import running_loop
from tidings.protocol.channels import Channel
from tidings.protocol.events import Event

E = TypeVar("E", bound=Event)
R = TypeVar("R")


class Publishing(Protocol):
    """What is called from elsewhere, and the loop that it belongs on."""

    @property
    def home(self) -> asyncio.AbstractEventLoop | None: ...
    async def publish(self, event: E, *channels: Channel[E], id: str | None = None) -> str: ...
    async def broadcast_to_channel(self, channel: str, message: Mapping[str, Any]) -> None: ...
    async def send_to_user(self, user_id: str | int | None, message: Mapping[str, Any]) -> None: ...
    async def reauthorize(self, user_id: str | int) -> None: ...
    async def revoke(self, user_id: str | int, channel: Channel[Any]) -> None: ...
    async def disconnect_user(self, user_id: str | int, reason: str = ...) -> None: ...


class SyncPublisher:
    """`manager.sync`: the manager's methods for threads without an event loop.

    Each call returns when what it does is in the log and done in this process. Raises RuntimeError on
    a thread whose event loop is running, where waiting would stop that loop, and TimeoutError after `timeout`
    seconds: whether the event was published is then not known, and the same `id` may be published again.
    """

    def __init__(self, manager: Publishing, timeout: float) -> None:
        self._manager, self._timeout = manager, timeout

    def publish(self, event: E, *channels: Channel[E], id: str | None = None) -> str:
        """`ConnectionManager.publish`."""
        return self._call(lambda: self._manager.publish(event, *channels, id=id), "publish")

    def broadcast_to_channel(self, channel: str, message: Mapping[str, Any]) -> None:
        """`ConnectionManager.broadcast_to_channel`."""
        self._call(lambda: self._manager.broadcast_to_channel(channel, message), "broadcast_to_channel")

    def send_to_user(self, user_id: str | int | None, message: Mapping[str, Any]) -> None:
        """`ConnectionManager.send_to_user`."""
        self._call(lambda: self._manager.send_to_user(user_id, message), "send_to_user")

    def reauthorize(self, user_id: str | int) -> None:
        """`ConnectionManager.reauthorize`."""
        self._call(lambda: self._manager.reauthorize(user_id), "reauthorize")

    def revoke(self, user_id: str | int, channel: Channel[Any]) -> None:
        """`ConnectionManager.revoke`."""
        self._call(lambda: self._manager.revoke(user_id, channel), "revoke")

    def disconnect_user(self, user_id: str | int, reason: str = "disconnected by the application") -> None:
        """`ConnectionManager.disconnect_user`."""
        self._call(lambda: self._manager.disconnect_user(user_id, reason), "disconnect_user")

    def _call(self, make: Callable[[], Coroutine[Any, Any, R]], name: str) -> R:
        if running_loop() is not None:
            raise RuntimeError(f"manager.sync.{name} would stop this event loop: write `await manager.{name}(…)` here")
        home = self._manager.home
        if home is None:
            return asyncio.run(asyncio.wait_for(make(), self._timeout))
        future = asyncio.run_coroutine_threadsafe(make(), home)
        try:
            return future.result(self._timeout)
        except TimeoutError:
            future.cancel()
            raise TimeoutError(f"manager.sync.{name}: no answer from the broker within {self._timeout:g} s") from None
