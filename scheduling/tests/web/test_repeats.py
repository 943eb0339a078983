"""Requests that are sent again by the same name: where an answer was lost, what it told of must not be done twice."""

import asyncio
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from scheduling.server.services.ports import Window
from scheduling.server.store.database import Database
from scheduling.tests.conftest import Json, ManualClock, Team
from scheduling.tests.roster import NORTH
from scheduling.tests.web.conftest import monday_shift, problem, sign_in
from scheduling.tests.web.screens import MONA, Desk
from scheduling.tests.web.test_needs import NEEDS
from scheduling.tests.web.test_sheets import CSV, IMPORT
from scheduling.tests.web.test_team import CARLA
from scheduling.tests.web.test_templates import EARLY
from scheduling.tests.web.test_time_off import MONDAY_OFF

TUESDAY = {"starts_at": "2026-11-24T07:00:00Z", "ends_at": "2026-11-24T15:00:00Z"}
LINE = f"date,starts,ends,person,role,location\n2026-11-27,07:00,15:00,,Nurse,{NORTH.name}\n"
LINE_OF_1 = f"id,version,date,starts,ends,person,role,location\n1,2,2026-11-23,08:00,16:00,,Nurse,{NORTH.name}\n"

EVERY_WRITE: list[tuple[str, str, Json | str]] = [
    ("POST", "/api/schedules", monday_shift(status="draft")),
    ("PATCH", "/api/schedules/1", {"version": 1, "staff_id": None}),
    ("POST", IMPORT, LINE),
    ("POST", IMPORT, LINE_OF_1),
    ("POST", "/api/schedules/publish", {"schedules": [{"id": 1, "version": 3}]}),
    ("POST", "/api/schedules/1/claim", {"version": 4}),
    ("POST", "/api/offers", {"schedule": {"id": 1, "version": 5}}),
    ("POST", "/api/offers/1/withdraw", {"version": 1}),
    ("POST", "/api/schedules/batch", {"create": [monday_shift(**TUESDAY)], "delete": [{"id": 1, "version": 5}]}),
    ("DELETE", "/api/schedules/3?version=1", {}),
    ("POST", "/api/timeoff", MONDAY_OFF),
    ("POST", "/api/timeoff/1/approve", {"version": 1}),
    ("POST", "/api/timeoff/1/cancel", {"version": 2}),
    ("PUT", "/api/needs", NEEDS),
    ("POST", "/api/templates", {"name": "Summer", "shifts": [EARLY]}),
    ("PUT", "/api/templates/1", {"version": 1, "name": "Winter"}),
    ("DELETE", "/api/templates/1?version=2", {}),
    ("POST", "/api/staff", CARLA),
    ("PATCH", "/api/staff/4", {"version": 1, "name": "Clara"}),
    ("POST", "/api/staff/4/remove", {"version": 2, "shifts": "keep"}),
    ("POST", "/api/staff/4/restore", {"version": 3}),
    ("POST", "/api/locations", {"name": "South Ward", "timezone": "Europe/London"}),
]
"""One after the other, as Mona. Done twice, each would be refused or leave another row."""


async def send(
    http: httpx2.AsyncClient, name: str, body: Json | str, method: str = "POST", path: str = "/api/schedules"
) -> httpx2.Response:
    content: dict[str, Any] = {"content": body} if isinstance(body, str) else {"json": body}
    headers = {"X-Request-ID": name, **(CSV if isinstance(body, str) else {})}
    return await http.request(method, path, headers=headers, **content)


async def rows(store: Database) -> int:
    async with store.read() as tx:
        return len(await tx.schedules.find(Window(), status=None, limit=100))


async def test_every_write_is_done_once_and_answered_twice(mona: httpx2.AsyncClient):
    for number, (method, path, body) in enumerate(EVERY_WRITE):
        first, second = [await send(mona, f"write-{number}", body, method, path) for _ in range(2)]
        assert first.is_success, (path, first.text)
        assert (second.status_code, second.content) == (first.status_code, first.content), path
        assert second.headers.get("Content-Type") == first.headers.get("Content-Type")
        replayed = [response.headers.get("Idempotent-Replayed") for response in (first, second)]
        assert replayed == [None, "true"]


async def test_there_is_no_write_that_could_not_be_sent_again(app: FastAPI):
    harmless = {"/api/schedules/check", "/api/schedules/suggestions"}
    writes = {
        f"{method} {path}": [parameter["name"] for parameter in operation.get("parameters", [])]
        for path, operations in app.openapi()["paths"].items()
        for method, operation in operations.items()
        if method != "get" and not path.startswith("/api/auth/") and path not in harmless
    }
    assert len(writes) > len(EVERY_WRITE)
    assert [each for each, parameters in writes.items() if "X-Request-ID" not in parameters] == []


def test_what_is_repeated_is_told_once(desk: Desk):
    with desk.screen(MONA, "schedules") as screen:
        for _ in range(2):
            desk.send("POST", "/schedules", monday_shift(), headers={"X-Request-ID": "edit-1"})
        assert screen.news() == [("schedules", "schedule:created")]
    assert len(desk.send("GET", "/schedules")) == 1


async def test_of_many_at_once_one_is_done(mona: httpx2.AsyncClient, store: Database):
    answers = await asyncio.gather(*(send(mona, "edit-1", monday_shift(staff_id=None)) for _ in range(8)))
    assert [(each.status_code, each.json()["id"]) for each in answers] == [(201, 1)] * 8
    assert await rows(store) == 1


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/schedules", monday_shift(note="Keys")),
        ("/api/schedules?again=1", monday_shift()),
        ("/api/timeoff", MONDAY_OFF),
    ],
)
async def test_a_name_is_good_for_one_request(mona: httpx2.AsyncClient, store: Database, path: str, body: Json):
    first = await send(mona, "edit-1", monday_shift())
    refused = problem(await send(mona, "edit-1", body, path=path), 422, "request-id-reused")
    assert refused["detail"].startswith("X-Request-ID: edit-1 was the name of another request. Use a new one")
    assert (await send(mona, "edit-1", monday_shift())).json() == first.json()
    assert await rows(store) == 1
    assert (await mona.get("/api/timeoff")).json() == []


async def test_a_name_is_its_persons_own(mona: httpx2.AsyncClient, alice: httpx2.AsyncClient, team: Team):
    asked = [(await send(person, "leave-1", MONDAY_OFF, path="/api/timeoff")).json() for person in (mona, alice)]
    assert [each["staff_id"] for each in asked] == [team.mona.id, team.alice.id]


async def test_a_refusal_is_not_kept(mona: httpx2.AsyncClient, store: Database):
    await send(mona, "edit-1", monday_shift())
    close = monday_shift(starts_at="2026-11-23T20:00:00Z", ends_at="2026-11-23T23:00:00Z")
    for _ in range(2):
        problem(await send(mona, "edit-2", close), 422, "rules")
    assert (await send(mona, "edit-2", {**close, "accept": ["rest"]})).status_code == 201
    assert await rows(store) == 2


async def test_whoever_may_not_any_more_is_answered_nothing_of_what_they_did(
    mona: httpx2.AsyncClient, bob: httpx2.AsyncClient
):
    await mona.patch("/api/staff/3", json={"version": 1, "role": "manager"})
    assert (await send(bob, "edit-1", monday_shift())).status_code == 201
    await mona.patch("/api/staff/3", json={"version": 2, "role": "staff"})
    problem(await send(bob, "edit-1", monday_shift()), 403, "forbidden")


async def test_an_answer_with_a_secret_is_told_once(mona: httpx2.AsyncClient, store: Database):
    first = await send(mona, "link-1", {"scope": "me"}, path="/api/calendar/links")
    again = problem(await send(mona, "link-1", {"scope": "me"}, path="/api/calendar/links"), 409, "answer-told-once")
    assert "told only once" in again["detail"]
    assert len((await mona.get("/api/calendar/links")).json()) == 1
    async with store.read() as tx:
        kept = await tx.answers.find(1, "link-1")
    assert (first.status_code, kept and kept.body) == (201, None)


async def test_answers_are_kept_for_a_day(mona: httpx2.AsyncClient, store: Database, clock: ManualClock):
    note = {"version": 1, "note": "Keys"}
    await send(mona, "edit-1", monday_shift())
    first = await send(mona, "edit-2", note, "PATCH", "/api/schedules/1")
    clock.advance(hours=23)
    await sign_in(mona, MONA)
    assert (await send(mona, "edit-2", note, "PATCH", "/api/schedules/1")).json() == first.json()
    clock.advance(hours=1, minutes=2)
    await sign_in(mona, MONA)
    async with store.read() as tx:
        assert await tx.answers.find(1, "edit-1") is None
    problem(await send(mona, "edit-2", note, "PATCH", "/api/schedules/1"), 409, "stale-version")
