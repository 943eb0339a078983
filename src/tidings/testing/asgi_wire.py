"""The in-process client's wire to an ASGI application: its own callables, and messages in memory."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

from tidings.testing.deadline import within
from tidings.testing.wire import Ears, UpgradeRefused

Application = Callable[[Any, Any, Any], Awaitable[None]]
Scope = MutableMapping[str, Any]

END_TIMEOUT = 10.0  # real seconds that an application has to end after its client


class AsgiWire:
    """Calls an ASGI application, with its messages in memory."""

    def __init__(self, app: Application, scope: Scope, ears: Ears) -> None:
        self._app, self._scope, self._ears = app, scope, ears
        self._sent: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._answered: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._refusal: tuple[int, bytes] | None = None
        self._over = False
        self._task: asyncio.Task[None] | None = None

    async def open(self) -> None:
        self._sent.put_nowait({"type": "websocket.connect"})
        self._task = task = asyncio.ensure_future(self._run())
        await within(END_TIMEOUT, task, self._answered)
        if not self._answered.done():
            await self.close()
            raise AssertionError("the application has neither accepted nor refused the WebSocket")
        if self._refusal is not None:
            await self.close()
            status, body = self._refusal
            raise UpgradeRefused(status, body.decode(errors="replace"))

    def send(self, text: str) -> None:
        self._sent.put_nowait({"type": "websocket.receive", "text": text})

    async def close(self) -> None:
        self._end(1000, "")
        if self._task is None:
            return
        if not await within(END_TIMEOUT, self._task):
            self._task.cancel()
            await within(END_TIMEOUT, self._task)
            raise AssertionError(f"the application did not end within {END_TIMEOUT:g} s after its client had gone")
        self._task.result()

    async def _run(self) -> None:
        try:
            await self._app(self._scope, self._sent.get, self._receive)
        finally:
            self._end(1006, "the application has ended")

    async def _receive(self, message: Mapping[str, Any]) -> None:
        """What the application sends (ASGI WebSocket 2.3, with denial responses)."""
        if self._over and message["type"] != "websocket.http.response.body":
            raise OSError("the client has gone")
        match message["type"]:
            case "websocket.accept":
                self._answer()
            case "websocket.send":
                self._ears.text(message["text"])
            case "websocket.close" if not self._answered.done():
                self._refusal = 403, (message.get("reason") or "").encode()
                self._end(1006, "the upgrade was refused")
            case "websocket.close":
                self._end(message.get("code", 1000), message.get("reason") or "")
            case "websocket.http.response.start":
                self._refusal = message["status"], b""
            case "websocket.http.response.body":
                status, body = self._refusal or (500, b"")
                self._refusal = status, body + message.get("body", b"")
                if not message.get("more_body"):
                    self._end(1006, "the upgrade was refused")

    def _answer(self) -> None:
        if not self._answered.done():
            self._answered.set_result(None)

    def _end(self, code: int, reason: str) -> None:
        if not self._over:
            self._over = True
            self._sent.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
            self._ears.ended(code, reason)
        if self._refusal is not None:
            self._answer()
