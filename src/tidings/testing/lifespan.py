"""An ASGI application's lifespan, run by a test on its own event loop."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from tidings.testing.asgi_wire import Application
from tidings.testing.deadline import within


@dataclass(frozen=True, slots=True)
class Running:
    """An application whose lifespan has begun, and the state that it yielded."""

    app: Application
    state: Mapping[str, Any]


@asynccontextmanager
async def lifespan(app: Application, *, timeout: float = 30.0) -> AsyncIterator[Running]:  # noqa: ASYNC109
    """Run the lifespan of an ASGI application (FastAPI's, say) around a block; give its result to `connected`.

    `timeout`: real seconds that start and end may take each. Raises what the application raises, and RuntimeError
    where it says that it failed.
    """
    cable = _Cable()
    state: dict[str, Any] = {}
    scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": state}
    task = asyncio.ensure_future(app(scope, cable.receive, cable.send))
    try:
        await cable.ask("startup", task, timeout)
        yield Running(app, state)
        await cable.ask("shutdown", task, timeout)
    finally:
        task.cancel()
        await within(timeout, task)


class _Cable:
    """Both ends of the lifespan protocol (ASGI lifespan 2.0)."""

    def __init__(self) -> None:
        self._questions: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._answer: asyncio.Future[Mapping[str, Any]]

    async def receive(self) -> dict[str, Any]:
        return await self._questions.get()

    async def send(self, message: Mapping[str, Any]) -> None:
        if not self._answer.done():
            self._answer.set_result(message)

    async def ask(self, what: str, task: "asyncio.Future[None]", seconds: float) -> None:
        """Ask for start or end, and wait for the answer or for the application's end."""
        self._answer = asyncio.get_running_loop().create_future()
        self._questions.put_nowait({"type": f"lifespan.{what}"})
        if not await within(seconds, task, self._answer):
            raise TimeoutError(f"the application's {what} took longer than {seconds:g} s")
        if not self._answer.done():
            task.result()
            raise RuntimeError(f"the application ended its lifespan at {what} without an answer")
        answer = self._answer.result()
        if answer["type"] == f"lifespan.{what}.failed":
            await within(seconds, task)
            if task.done():
                task.result()
            raise RuntimeError(f"the application's {what} failed: {answer.get('message') or 'it did not say why'}")
