"""Serves the desk for the measurement: `python -m bench.desk.server FOLDER`, on a port of the system's choosing.

FOLDER gets a fresh database: the demo's 13 people and more like them, 120 in all, with four weeks planned from
`FIRST_MONDAY` on. One of them, planner@example.com, is a manager, too. The log's "Listening on" line says the address.
"""

import asyncio
import sys
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from pwdlib.hashers.argon2 import Argon2Hasher

from scheduling.server.cli import prepare
from scheduling.server.demo import HOURS, PASSWORD, TEAM, Member
from scheduling.server.domain.instants import at
from scheduling.server.domain.schedule import Shift
from scheduling.server.domain.staff import Staff
from scheduling.server.main import create_app, now
from scheduling.server.services.passwords import Passwords
from scheduling.server.services.ports import NewStaff
from scheduling.server.settings import WEB_BUILD
from scheduling.server.store.database import Database
from tidings.cli.server import serve

PEOPLE = 120
WEEKS = 4
FIRST_MONDAY = date(2031, 1, 6)
OPEN_A_DAY = 2

_FIRST = ("Ada", "Ben", "Cleo", "Dan", "Ella", "Finn", "Gia", "Hugo", "Iris", "Jan", "Kim", "Lara", "Milo", "Nora")
_LAST = ("Abbot", "Brandt", "Castro", "Dietz", "Egger", "Fuchs", "Garcia", "Hoang", "Ito")


def main(folder: str) -> None:
    passwords = Passwords(Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1))
    settings = prepare(Path(folder), WEB_BUILD, passwords)
    asyncio.run(_fill(settings.database, passwords, now()))
    serve(create_app(settings, passwords=passwords), port=0, grace=1)


async def _fill(address: str, passwords: Passwords, now: datetime) -> None:
    password_hash = await passwords.hash(PASSWORD)
    database = await Database(address).open()
    try:
        async with database.write() as tx:
            known = {each.email: each for each in await tx.staff.all()}
            manager, *_ = team = [known[member.address] for member in TEAM]
            team.append(await tx.staff.add(_planner(password_hash)))
            team += [await tx.staff.add(_colleague(number)) for number in range(len(TEAM) + 1, PEOPLE)]
            for shift in _plan(team):
                await tx.schedules.add(shift, manager, now)
    finally:
        await database.close()


def _planner(password_hash: str) -> NewStaff:
    like = _member(len(TEAM))
    return NewStaff("Paul Planner", "planner@example.com", "manager", like.skills, like.contract, password_hash)


def _member(number: int) -> Member:
    return TEAM[number % len(TEAM)]


def _colleague(number: int) -> NewStaff:
    name = f"{_FIRST[number % len(_FIRST)]} {_LAST[number % len(_LAST)]} {number}"
    like = _member(number)
    return NewStaff(name, f"colleague{number}@example.com", "staff", like.skills, like.contract)


def _plan(team: list[Staff]) -> Iterator[Shift]:
    """Everybody's shifts, as those of the member of the demo's team whom they are like; the last week's are drafts."""
    for day in range(7 * WEEKS):
        week, weekday = divmod(day, 7)
        for number, person in enumerate(team):
            like = _member(number)
            kind = (like.even, like.odd)[week % 2][weekday]
            if kind != ".":
                yield _shift(like, day, kind, person.id)
        yield from (_shift(_member(day + number), day, "E", None) for number in range(OPEN_A_DAY))


def _shift(like: Member, day: int, kind: str, staff_id: int | None) -> Shift:
    (start, end), zone, first = HOURS[kind], ZoneInfo(like.home.timezone), FIRST_MONDAY + timedelta(days=day)
    last = first + timedelta(days=1) if end <= start else first
    return Shift(
        staff_id=staff_id,
        starts_at=at(first, start, zone),
        ends_at=at(last, end, zone),
        role=like.skills[0],
        location=like.home.name,
        status="draft" if day >= 7 * (WEEKS - 1) else "published",
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
