"""What the declarations promise to type checkers: wrong events and parameters are found before anything runs.

A line that must be refused ends in `# refused`; every other line must pass, strictly.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
from typing import Annotated, assert_type
from uuid import UUID

from pydantic import BaseModel

from tidings import Channel, ConnectionManager, Event, User, UserChannel, create_ws_message
from tidings.testing import Publications


class Schedule(BaseModel):
    id: int
    staff_id: str


class ScheduleCreated(Event, type="schedule:created", key="schedule.id"):
    schedule: Schedule


class ScheduleDeleted(Event, type="schedule:deleted", key="schedule_id"):
    schedule_id: int


class Shouted(Event, type="shouted"):
    text: str


class Schedules(Channel[ScheduleCreated | ScheduleDeleted], name="schedules"): ...


class TeamSchedules(Channel[ScheduleCreated], name="team:{team_id}:{part}"):
    team_id: int
    part: UUID


class Me(UserChannel[ScheduleCreated | ScheduleDeleted]): ...


manager = ConnectionManager(channels=[Schedules, TeamSchedules, Me])
created = ScheduleCreated(schedule=Schedule(id=1, staff_id="ann"))
deleted = ScheduleDeleted(schedule_id=1)
team = TeamSchedules(team_id=7, part=UUID(int=1))


async def publish() -> None:
    assert_type(await manager.publish(created, Schedules()), str)
    await manager.publish(deleted, Schedules(), id="mine")
    await manager.publish(created, Schedules(), team, Me(user_id="ann"), Me(user_id=7))
    await manager.publish(created, *[Schedules(), Me(user_id="ann")])
    await manager.publish(Shouted(text="hi"), Schedules())  # refused
    await manager.publish(deleted, team)  # refused
    await manager.publish(deleted, Schedules(), team)  # refused
    await manager.publish(Shouted(text="hi"), Me(user_id="ann"))  # refused
    await manager.publish(created, "schedules")  # refused
    await manager.publish(created, Schedules)  # refused
    await manager.publish({"schedule": 1}, Schedules())  # refused
    manager.publish(created, Schedules()).upper()  # refused


def publish_from_a_thread() -> None:
    assert_type(manager.sync.publish(created, Schedules(), team), str)
    manager.sync.publish(Shouted(text="hi"), Schedules())  # refused
    manager.sync.publish(deleted, team)  # refused
    manager.sync.broadcast_to_channel("schedules", create_ws_message("shouted", {}))


def parameters() -> None:
    assert_type(team.team_id, int)
    assert_type(team.name, str)
    assert_type(TeamSchedules.parse("team:7:x"), TeamSchedules | None)
    TeamSchedules()  # refused
    TeamSchedules(team_id=7)  # refused
    TeamSchedules(team_id="7", part=UUID(int=1))  # refused
    TeamSchedules(team_id=7, part="x")  # refused
    TeamSchedules(team_id=7, part=UUID(int=1), more=1)  # refused
    TeamSchedules(7, UUID(int=1))  # refused
    Schedules(team_id=7)  # refused
    Me()  # refused
    Me(user_id=1.5)  # refused
    team.team_id = 8  # refused


def found(tidings: Publications) -> None:
    assert_type(tidings.only(ScheduleCreated, on=Schedules()), ScheduleCreated)
    assert_type(tidings.all(ScheduleDeleted), list[ScheduleDeleted])
    tidings.only(ScheduleCreated, on=Schedules)  # refused


@manager.authorize(TeamSchedules)
async def may_see(channel: TeamSchedules, user: User, number: Annotated[int, "a dependency"]) -> bool:
    return channel.team_id == number and user.id != ""


@manager.on(Shouted)
def handle(shouted: Shouted, user: User) -> dict[str, str]:
    return {"said": shouted.text}


def declarations_keep_their_types() -> None:
    assert_type(handle(Shouted(text="x"), User("ann")), dict[str, str])
    manager.authorize("schedules")  # refused
    manager.on(Schedules)  # refused
    ConnectionManager(channels=[Schedules()])  # refused
    ConnectionManager(channels=["schedules"])  # refused
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    file = tmp_path / "program.py"
    file.write_text(PROGRAM)
    return file


def expected() -> set[int]:
    """The lines that must be refused."""
    return {number for number, line in enumerate(PROGRAM.splitlines(), 1) if line.endswith("# refused")}


def run(*command: str) -> str:
    return subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True, check=False).stdout


@pytest.mark.parametrize("plugins", ["", "plugins = pydantic.mypy\n"], ids=["plain", "with Pydantic's plugin"])
def test_mypy_refuses_exactly_the_wrong_lines(program: Path, plugins: str) -> None:
    config = program.with_name("mypy.ini")
    config.write_text(f"[mypy]\nstrict = True\n{plugins}")
    output = run("mypy", "--config-file", str(config), "--cache-dir", str(program.parent / "cache"), str(program))
    found = {int(number) for number in re.findall(r"program\.py:(\d+): error: ", output)}
    assert found == expected(), output


def test_pyright_refuses_exactly_the_wrong_lines(program: Path) -> None:
    program.with_name("pyrightconfig.json").write_text(json.dumps({"typeCheckingMode": "strict", "venvPath": ""}))
    output = run("basedpyright", "--outputjson", "--pythonpath", sys.executable, str(program))
    errors = [one for one in json.loads(output)["generalDiagnostics"] if one["severity"] == "error"]
    assert {one["range"]["start"]["line"] + 1 for one in errors} == expected(), output
