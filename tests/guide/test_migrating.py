"""The Python of docs/migrating.md, step by step, as it stands there."""

import re
import sys
import time
from pathlib import Path
from types import ModuleType
from typing import Any

import jwt
import pytest
from fastapi import FastAPI

from tests.guide.application import Application
from tests.guide.live import Schedule
from tests.guide.tabs import House, Tab, settled
from tidings import EventError, User

PAGE = Path(__file__).parents[2] / "docs" / "migrating.md"
SECRET = "a secret of at least thirty-two bytes"  # of the tests


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A module with what the page takes for granted: the application, its model, its secret."""
    module: Any = ModuleType("migrating_main")
    monkeypatch.setitem(sys.modules, module.__name__, module)  # Pydantic and FastAPI look annotations up in the module
    module.app, module.Schedule, module.User, module.secret = FastAPI(), Schedule, User, SECRET
    return module


def run(program: ModuleType, code: str) -> None:
    exec(compile(code, PAGE, "exec"), program.__dict__)


def blocks() -> list[str]:
    found = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert len(found) == 5, "one of step 1, two of step 2, one each of steps 3 and 4"
    return found


def token(user: str) -> str:
    return jwt.encode({"sub": user, "exp": int(time.time()) + 600}, SECRET, "HS256")


async def test_the_steps_lead_to_typed_events_and_our_endpoint(program: Any) -> None:
    imports, declarations, declared, notify, endpoint = blocks()
    run(program, imports)
    run(program, declarations)
    run(program, declared)
    rule = declared[declared.index("@manager.authorize") :]
    run(
        program,
        endpoint.replace("manager = ConnectionManager", "from tidings import JWTAuth\nmanager = ConnectionManager"),
    )
    run(program, rule)
    run(program, notify)
    manager = program.manager
    house = House(Application(program.app, manager, program.notify_schedule_created, lambda: manager.connections("7")))
    try:
        async with program.app.router.lifespan_context(program.app):
            reader, staff = await house.tab(token("8"), "schedules"), await house.tab(token("7"), "schedules")
            refused = await house.visited(Tab("forged"))
            await house.notify(Schedule(id=5, staff_id=7))
            await settled()
            heard, twice = reader.heard(), staff.heard()
    finally:
        await house.empty()
    assert [(event["payload"]["schedule"]["id"], event["channel"]) for event in heard] == [(5, "schedules")]
    assert [event["channel"] for event in twice] == ["schedules", "user:7"]
    assert len({event["id"] for event in [*heard, *twice]}) == 1
    assert refused.closed == 4401


async def test_a_declared_channel_takes_its_own_events_only(program: Any) -> None:
    imports, declarations, declared, *_ = blocks()
    for block in (imports, declarations, declared):
        run(program, block)
    for message in ({"type": "timeoff:decided", "payload": {}}, {"type": "schedule:created", "payload": {}}):
        with pytest.raises(EventError, match=r"does not carry|schedule"):
            await program.manager.broadcast_to_channel("schedules", message)


def test_the_guides_enumeration_is_made_from_declared_events(program: Any) -> None:
    imports, declarations, *_ = blocks()
    run(program, imports)
    run(program, declarations)
    assert program.WSEventType.including(program.ScheduleCreated).SCHEDULE_CREATED == "schedule:created"
