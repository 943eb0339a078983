"""Browser tabs without a network: each is the client's end of an ASGI WebSocket (ASGI 3, WebSocket 2.3)."""

import asyncio
import itertools
import json
from collections.abc import Awaitable, Callable, Coroutine, MutableMapping
from typing import Any

from fastapi import FastAPI

from tests.guide.application import Application
from tests.stage import hand
from tidings import create_ws_message

Message = dict[str, Any]
Scenario = Callable[["House"], Awaitable[Any]]

EPOCH = 1_800_000_000.0  # when the hand-turned loop's clock begins, in seconds since 1970
TURNS = 300  # of the loop, in which whatever can happen without a clock has happened


async def settled() -> None:
    """Let the loop turn until all that needs no clock has happened."""
    for _ in range(TURNS):
        await asyncio.sleep(0)


class Tab:
    """One browser tab. The server's `send` waits while it is stuck, and fails as uvicorn's does once it is dead."""

    def __init__(self, token: str, origin: str | None = None) -> None:
        headers = [(b"host", b"server.example")] + ([(b"origin", origin.encode())] if origin else [])
        self.scope: MutableMapping[str, Any] = {
            "type": "websocket",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "scheme": "ws",
            "path": "/ws",
            "root_path": "",
            "query_string": f"token={token}".encode(),
            "headers": headers,
            "client": ("127.0.0.1", 50_000),
            "server": ("127.0.0.1", 8_000),
            "subprotocols": [],
        }
        self.accepted = self.dead = False
        self.closed: int | None = None
        self.frames: list[str] = []  # as they were handed over: the same object where it was shared
        self._ids = map(str, itertools.count(1))
        self._said: asyncio.Queue[MutableMapping[str, Any]] = asyncio.Queue()
        self._said.put_nowait({"type": "websocket.connect"})
        self._takes = asyncio.Event()
        self._takes.set()
        self.task: asyncio.Task[None] | None = None

    # The server's side.

    async def receive(self) -> MutableMapping[str, Any]:
        return await self._said.get()

    async def send(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] == "websocket.accept":
            self.accepted = True
            return
        if message["type"] == "websocket.close":
            self.closed = message.get("code", 1000)
            self._said.put_nowait({"type": "websocket.disconnect", "code": self.closed})
            return
        await self._takes.wait()
        if self.dead:
            raise OSError("the client has gone")
        self.frames.append(message["text"])

    # The client's side.

    def visit(self, app: FastAPI) -> None:
        """Connect."""
        self.task = asyncio.get_running_loop().create_task(_serve(app, self))

    def says(self, type: str, payload: Any = None, **fields: Any) -> str:
        """Send a message; returns its id."""
        message = {"type": type, "payload": payload or {}, "id": next(self._ids), **fields}
        self.says_text(json.dumps(message))
        return str(message["id"])

    def says_text(self, text: str) -> None:
        self._said.put_nowait({"type": "websocket.receive", "text": text})

    def get_stuck(self) -> None:
        """Take nothing more."""
        self._takes.clear()

    def go_on(self) -> None:
        """Take again."""
        self._takes.set()

    def die(self) -> None:
        """Be gone without a word: a lost network."""
        self.dead = True

    def leave(self, code: int = 1001) -> None:
        """Close."""
        self.dead = True
        self._takes.set()
        self._said.put_nowait({"type": "websocket.disconnect", "code": code})

    def heard(self, type: str | None = None) -> list[Message]:
        """The messages (of a type) that came since the last look."""
        frames, self.frames = self.frames, []
        return [message for message in map(json.loads, frames) if type in (None, message["type"])]

    def ended(self) -> bool:
        """Whether the server has done with it."""
        return self.task is not None and self.task.done()


async def _serve(app: Callable[..., Awaitable[None]], tab: Tab) -> None:
    await app(tab.scope, tab.receive, tab.send)


class House:
    """An application and the tabs that are open on it."""

    def __init__(self, application: Application) -> None:
        self.app, self.manager = application.app, application.manager
        self.notify, self.connected = application.notify, application.connected
        self.tabs: list[Tab] = []
        self.work: list[asyncio.Task[Any]] = []

    async def visited(self, tab: Tab) -> Tab:
        """The tab after it has connected, or tried to."""
        self.tabs.append(tab)
        tab.visit(self.app)
        await settled()
        return tab

    async def tab(self, token: str, *channels: str, origin: str | None = None) -> Tab:
        """A connected tab that follows the channels, and has read the answers."""
        tab = await self.visited(Tab(token, origin))
        if channels:
            tab.says("subscribe", {"channels": list(channels)})
            await settled()
        tab.heard()
        return tab

    async def asked(self, tab: Tab, type: str, payload: Any = None) -> list[Message]:
        """Say something, and return what is heard then."""
        tab.says(type, payload)
        await settled()
        return tab.heard()

    async def begun(self, work: Coroutine[Any, Any, Any]) -> "asyncio.Task[Any]":
        """Work of the application, as far as it gets now."""
        task: asyncio.Task[Any] = asyncio.get_running_loop().create_task(work)
        self.work.append(task)
        await settled()
        return task

    async def empty(self) -> None:
        """Have everybody leave, and wait for the end."""
        for tab in self.tabs:
            tab.leave()
        tasks = [*self.work, *(tab.task for tab in self.tabs if tab.task is not None)]
        await asyncio.gather(*tasks, return_exceptions=True)


def clock() -> float:
    return EPOCH + hand().time()


def created(number: int) -> Message:
    """The guide's message of a schedule of the user 7."""
    schedule = {"id": number, "staff_id": 7, "version": 1}
    return create_ws_message("schedule:created", {"schedule": schedule}, f"event-{number}")


def numbers(tab: Tab) -> list[int]:
    """The schedules that a tab has heard of since the last look."""
    return [message["payload"]["schedule"]["id"] for message in tab.heard("schedule:created")]


async def seen(application: Callable[..., Application], scenario: Scenario, **options: Any) -> Any:
    """What a scenario shows on an application."""
    house = House(application(clock, **options))
    try:
        return await scenario(house)
    finally:
        await house.empty()
