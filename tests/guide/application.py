"""The applications that are compared: the guide's endpoint with its own manager and with ours, and our router.

A token is `<user id>`, or `<user id>@<seconds since 1970 of its expiry>`; `nobody` is refused.
"""

import json
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Query, WebSocketException

from bench.servers.guide_manager import ConnectionManager as OriginalManager
from tests.guide.live import Me, Schedule, ScheduleCreated, Schedules, TeamSchedules
from tidings import ConnectionManager, Handshake, Limits, User

ENDPOINT = Path(__file__).with_name("endpoint.py")
ORIGIN = "https://app.example"

Clock = Callable[[], float]


@dataclass(frozen=True)
class CurrentUser:
    """What the application's own sign-in gives: its ids are numbers."""

    id: int


@dataclass(frozen=True)
class Application:
    """An application with a `/ws`. `notify` is the guide's `notify_schedule_created`."""

    app: FastAPI
    manager: Any
    notify: Callable[[Schedule], Any]
    connected: Callable[[], int]


def _sign_in(token: str, now: float) -> int | None:
    user_id, _, expires_at = token.partition("@")
    return int(user_id) if user_id.isdigit() and (not expires_at or float(expires_at) > now) else None


def _with_guide_endpoint(manager: Any, types: str, clock: Clock) -> tuple[FastAPI, dict[str, Any]]:
    """Run the guide's endpoint and notify code, with the names that it uses and does not import."""
    app = FastAPI()

    async def get_current_user_from_token(token: str = Query(...)) -> CurrentUser:
        user_id = _sign_in(token, clock())
        if user_id is None:
            raise WebSocketException(1008)
        return CurrentUser(user_id)

    names: dict[str, Any] = {
        "__name__": "tests.guide.endpoint",
        "app": app,
        "manager": manager,
        "get_current_user_from_token": get_current_user_from_token,
        "Query": Query,
        "Schedule": Schedule,
        "json": json,
        "uuid": uuid,
    }
    source = ENDPOINT.read_text().replace("tests.guide.live", types)
    exec(compile(source, ENDPOINT, "exec"), names)
    return app, names


def original(clock: Clock = time.time) -> Application:
    """The guide's endpoint with the guide's own manager."""
    manager = OriginalManager()
    app, names = _with_guide_endpoint(manager, "tests.guide.original_types", clock)
    return Application(app, manager, names["notify_schedule_created"], lambda: len(manager.active_connections))


def migrated(clock: Clock = time.time) -> Application:
    """Step 1 of docs/migrating.md: the guide's endpoint, unchanged, with our manager."""
    manager = ConnectionManager(clock=clock)
    app, names = _with_guide_endpoint(manager, "tests.guide.live", clock)
    return Application(app, manager, names["notify_schedule_created"], lambda: manager.connections(7))


def routed(clock: Clock = time.time, limits: Limits | None = None) -> Application:
    """Step 4: declared channels with rules, and tidings' own endpoint. Members of team 1 are the users 1 and 7."""

    def authenticate(handshake: Handshake, token: str | None) -> User | None:
        user_id = _sign_in(token or "", clock())
        expires_at = (token or "").partition("@")[2]
        return None if user_id is None else User(str(user_id), expires_at=float(expires_at) if expires_at else None)

    manager = ConnectionManager(
        channels=[Schedules, TeamSchedules, Me],
        authenticate=authenticate,
        origins=[ORIGIN],
        limits=limits,
        clock=clock,
    )

    @manager.authorize(Schedules)
    async def may_see_schedules(channel: Schedules, user: User) -> bool:
        return True

    @manager.authorize(TeamSchedules)
    async def may_see_team(channel: TeamSchedules, user: User) -> bool:
        return channel.team_id == 1 and user.id in {"1", "7"}

    async def notify(schedule: Schedule) -> None:
        await manager.publish(ScheduleCreated(schedule=schedule), Schedules(), Me(user_id=schedule.staff_id))

    app = FastAPI()
    app.include_router(manager.router("/ws"))
    return Application(app, manager, notify, lambda: manager.connections(7))
