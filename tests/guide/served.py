"""Step 1 of docs/migrating.md as a server runs it, with an HTTP endpoint that creates a schedule."""

from tests.guide.application import migrated
from tests.guide.live import Schedule

_guide = migrated()
app, manager = _guide.app, _guide.manager


@app.post("/schedules")
async def create_schedule(schedule: Schedule) -> None:
    await _guide.notify(schedule)


@app.get("/connections/{user_id}")
async def connections(user_id: int) -> int:
    return int(manager.connections(user_id))
