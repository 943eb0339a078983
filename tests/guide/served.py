"""Step 1 of docs/migrating.md as a server runs it, with an HTTP endpoint that creates a schedule."""

import asyncio

from starlette.types import ASGIApp, Receive, Scope, Send

from tests.guide.application import migrated
from tests.guide.live import Schedule

_guide = migrated()
_ended = asyncio.Event()
app, manager = _guide.app, _guide.manager


class Endings:
    """Notes each end of a WebSocket's task, after whatever else was to happen at its end."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self.app(scope, receive, send)
        finally:
            task = asyncio.current_task()
            if scope["type"] == "websocket" and task is not None:
                task.add_done_callback(lambda _: _ended.set())


app.add_middleware(Endings)


@app.post("/schedules")
async def create_schedule(schedule: Schedule) -> None:
    await _guide.notify(schedule)


@app.get("/connections/{user_id}")
async def connections(user_id: int) -> int:
    return int(manager.connections(user_id))


@app.get("/gone/{user_id}")
async def gone(user_id: int) -> None:
    """Answered when the user has no connection any more."""
    while manager.connections(user_id):
        _ended.clear()
        await _ended.wait()
