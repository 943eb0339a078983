import asyncio
from collections import Counter
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from scheduling.tests.conftest import Json, ManualClock, Team, browser
from scheduling.tests.web.conftest import monday_shift, problem, sign_in


async def create(http: httpx2.AsyncClient, **changes: Any) -> Json:
    response = await http.post("/api/schedules", json=monday_shift(**changes))
    assert response.status_code == 201, response.text
    body: Json = response.json()
    return body


async def test_a_created_schedule_is_answered_in_full(mona: httpx2.AsyncClient, team: Team):
    assert await create(mona, note="Bring keys") == {
        "id": 1,
        "staff_id": team.alice.id,
        "starts_at": "2026-11-23T07:00:00Z",
        "ends_at": "2026-11-23T15:00:00Z",
        "role": "Nurse",
        "location": "North Ward",
        "timezone": "Europe/London",
        "note": "Bring keys",
        "status": "published",
        "version": 1,
        "updated_by": {"id": team.mona.id, "name": "Mona Reyes"},
        "updated_at": "2026-11-22T12:00:00Z",
        "announced": None,
    }


async def test_an_offset_is_only_another_way_to_write_an_instant(mona: httpx2.AsyncClient):
    created = await create(mona, starts_at="2026-11-23T08:00:00+01:00")
    assert created["starts_at"] == "2026-11-23T07:00:00Z"


async def test_schedules_are_listed_by_window_person_and_status(mona: httpx2.AsyncClient, alice: httpx2.AsyncClient):
    published = await create(mona)
    draft = await create(
        mona, staff_id=3, status="draft", starts_at="2026-11-24T07:00:00Z", ends_at="2026-11-24T15:00:00Z"
    )
    monday = {"from": "2026-11-23T00:00:00Z", "to": "2026-11-24T00:00:00Z"}
    assert (await mona.get("/api/schedules")).json() == [published, draft]
    assert (await mona.get("/api/schedules", params=monday)).json() == [published]
    assert (await mona.get("/api/schedules", params={"staff_id": 3})).json() == [draft]
    assert (await mona.get("/api/schedules", params={"status": "draft"})).json() == [draft]
    assert (await alice.get("/api/schedules")).json() == [published]
    assert (await alice.get("/api/schedules", params={"status": "draft"})).json() == []


async def test_a_change_names_the_version_it_saw(mona: httpx2.AsyncClient):
    created = await create(mona)
    changed = await mona.patch(f"/api/schedules/{created['id']}", json={"version": 1, "note": "Late handover"})
    assert changed.json() == {**created, "note": "Late handover", "version": 2}
    opened = await mona.patch(f"/api/schedules/{created['id']}", json={"version": 2, "staff_id": None})
    assert (opened.json()["staff_id"], opened.json()["version"]) == (None, 3)


async def test_a_stale_change_is_told_who_was_first(mona: httpx2.AsyncClient, clock: ManualClock, team: Team):
    created = await create(mona)
    path = f"/api/schedules/{created['id']}"
    current = (await mona.patch(path, json={"version": 1, "note": "First"})).json()
    clock.advance(seconds=3)
    for response in (
        await mona.patch(path, json={"version": 1, "note": "Second"}),
        await mona.delete(path, params={"version": 1}),
        await mona.post("/api/schedules/publish", json={"schedules": [{"id": created["id"], "version": 1}]}),
    ):
        stale = problem(response, 409, "stale-version")
        assert stale["detail"] == "Mona Reyes changed this shift 3 seconds ago"
        assert stale["changed_by"] == {"id": team.mona.id, "name": "Mona Reyes"}
        assert stale["changed_at"] == "2026-11-22T12:00:00Z"
        assert stale["current"] == current


async def test_a_deleted_schedule_is_gone_and_a_late_change_hears_of_it(mona: httpx2.AsyncClient):
    created = await create(mona)
    path = f"/api/schedules/{created['id']}"
    assert (await mona.delete(path, params={"version": 1})).status_code == 204
    assert (await mona.get("/api/schedules")).json() == []
    stale = problem(await mona.patch(path, json={"version": 1, "note": "Late"}), 409, "stale-version")
    assert (stale["detail"], stale["current"]) == ("Mona Reyes deleted this shift just now", None)


async def test_rules_are_told_beside_their_fields(mona: httpx2.AsyncClient):
    await create(mona)
    wanted = monday_shift(role="Head nurse", starts_at="2026-11-23T09:00:00Z")
    broken = problem(await mona.post("/api/schedules", json=wanted), 422, "rules")
    assert broken["errors"] == [
        {
            "field": "staff_id",
            "code": "overlap",
            "severity": "hard",
            "message": "Alice already works 07:00–15:00 on Monday 23 November at North Ward.",
            "params": {
                "name": "Alice",
                "contract": "Full time",
                "starts_at": "2026-11-23T07:00:00Z",
                "ends_at": "2026-11-23T15:00:00Z",
                "timezone": "Europe/London",
                "location": "North Ward",
            },
        },
        {
            "field": "role",
            "code": "skill",
            "severity": "soft",
            "message": "Alice does not have the skill Head nurse (skills: Nurse).",
            "params": {"name": "Alice", "contract": "Full time", "role": "Head nurse", "skills": "Nurse"},
        },
    ]


async def test_soft_rules_yield_when_named(mona: httpx2.AsyncClient):
    problem(await mona.post("/api/schedules", json=monday_shift(role="Head nurse")), 422, "rules")
    created = await create(mona, role="Head nurse", accept=["skill"])
    assert created["role"] == "Head nurse"
    assert "accept" not in created


async def test_drafts_are_published_together(mona: httpx2.AsyncClient, alice: httpx2.AsyncClient):
    drafts = [
        await create(mona, status="draft", starts_at=f"2026-11-{day}T07:00:00Z", ends_at=f"2026-11-{day}T15:00:00Z")
        for day in (23, 24)
    ]
    body = {"schedules": [{"id": draft["id"], "version": 1} for draft in drafts]}
    response = await mona.post("/api/schedules/publish", json=body)
    published = response.json()["schedules"]
    assert published == [{**draft, "status": "published", "version": 2} for draft in drafts]
    assert (await alice.get("/api/schedules")).json() == published


async def test_staff_write_no_schedules(mona: httpx2.AsyncClient, alice: httpx2.AsyncClient):
    created = await create(mona)
    path = f"/api/schedules/{created['id']}"
    for response in (
        await alice.post("/api/schedules", json=monday_shift()),
        await alice.patch(path, json={"version": 1, "note": "Mine"}),
        await alice.delete(path, params={"version": 1}),
        await alice.post("/api/schedules/publish", json={"schedules": [{"id": created["id"], "version": 1}]}),
    ):
        assert "Only managers may" in problem(response, 403, "forbidden")["detail"]
    assert (await mona.get("/api/schedules")).json() == [created]


async def test_what_is_not_there_is_not_found(mona: httpx2.AsyncClient):
    problem(await mona.patch("/api/schedules/77", json={"version": 1}), 404, "not-found")
    problem(await mona.delete("/api/schedules/77", params={"version": 1}), 404, "not-found")


async def test_many_browsers_saving_at_once_agree_on_one(app: FastAPI, mona: httpx2.AsyncClient):
    created = await create(mona)
    browsers = [await sign_in(browser(app), "mona@example.com") for _ in range(6)]
    path = f"/api/schedules/{created['id']}"
    responses = await asyncio.gather(
        *(each.patch(path, json={"version": 1, "note": str(number)}) for number, each in enumerate(browsers))
    )
    assert Counter(response.status_code for response in responses) == {200: 1, 409: 5}
    [won] = [response.json() for response in responses if response.status_code == 200]
    assert all(response.json()["current"] == won for response in responses if response.status_code == 409)
    for each in browsers:
        await each.aclose()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"staff_id": "2"}, "staff_id"),
        ({"staff_id": True}, "staff_id"),
        ({"staff_id": 0}, "staff_id"),
        ({"staff_id": 2.5}, "staff_id"),
        ({"staff_id": 2**53}, "staff_id"),
        ({"starts_at": "2026-11-23"}, "starts_at"),
        ({"starts_at": "2026-11-23T07:00:00"}, "starts_at"),
        ({"starts_at": 1795417200}, "starts_at"),
        ({"starts_at": None}, "starts_at"),
        ({"starts_at": "0001-01-01T00:00:00+14:00"}, "starts_at"),
        ({"ends_at": "9999-12-31T23:59:59-14:00"}, "ends_at"),
        ({"role": ""}, "role"),
        ({"role": "   "}, "role"),
        ({"role": 7}, "role"),
        ({"role": "x" * 81}, "role"),
        ({"role": "Nu\x00rse"}, "role"),
        ({"location": ["North Ward"]}, "location"),
        ({"note": "x" * 1_001}, "note"),
        ({"note": None}, "note"),
        ({"status": "secret"}, "status"),
        ({"accept": "skill"}, "accept"),
        ({"accept": ["overlap"]}, "accept.0"),
        ({"colour": "red"}, "colour"),
        ({"id": 1}, "id"),
    ],
)
async def test_a_wrong_field_is_named_and_nothing_is_stored(mona: httpx2.AsyncClient, change: Json, field: str):
    refused = problem(await mona.post("/api/schedules", json=monday_shift(**change)), 422, "validation")
    assert [error["field"] for error in refused["errors"]] == [field]
    assert refused["errors"][0]["message"]
    assert field in refused["detail"]
    assert (await mona.get("/api/schedules")).json() == []


@pytest.mark.parametrize("missing", ["staff_id", "starts_at", "ends_at", "role", "location"])
async def test_a_missing_field_is_named(mona: httpx2.AsyncClient, missing: str):
    body = monday_shift()
    del body[missing]
    refused = problem(await mona.post("/api/schedules", json=body), 422, "validation")
    assert [(error["field"], error["code"]) for error in refused["errors"]] == [(missing, "missing")]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({}, "version"),
        ({"version": "1"}, "version"),
        ({"version": 0}, "version"),
        ({"version": 1, "starts_at": None}, "starts_at"),
        ({"version": 1, "role": None}, "role"),
        ({"version": 1, "status": None}, "status"),
        ({"version": 1, "timezone": "UTC"}, "timezone"),
    ],
)
async def test_a_wrong_change_is_named(mona: httpx2.AsyncClient, change: Json, field: str):
    created = await create(mona)
    response = await mona.patch(f"/api/schedules/{created['id']}", json=change)
    assert [error["field"] for error in problem(response, 422, "validation")["errors"]] == [field]
    assert (await mona.get("/api/schedules")).json() == [created]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"from": "yesterday"}, "from"),
        ({"from": "1795417200"}, "from"),
        ({"to": "2026-11-23T07:00:00 01:00"}, "to"),
        ({"staff_id": "alice"}, "staff_id"),
        ({"staff_id": str(2**63)}, "staff_id"),
        ({"status": "secret"}, "status"),
    ],
)
async def test_a_wrong_query_is_named(mona: httpx2.AsyncClient, query: dict[str, str], field: str):
    refused = problem(await mona.get("/api/schedules", params=query), 422, "validation")
    assert [error["field"] for error in refused["errors"]] == [field]


@pytest.mark.parametrize("path", ["/api/schedules", "/api/timeoff"])
async def test_a_span_that_ends_before_it_starts_says_what_would_be_right(mona: httpx2.AsyncClient, path: str):
    span = {"from": "2026-11-24T01:00:00+01:00", "to": "2026-11-23T23:59:59Z"}
    refused = problem(await mona.get(path, params=span), 422, "validation")
    assert refused["detail"] == "to: must not be before `from`: 2026-11-24T00:00:00Z or later."
    assert [error["field"] for error in refused["errors"]] == ["to"]
    assert (await mona.get(path, params={**span, "to": "2026-11-24T00:00:00Z"})).status_code == 200


@pytest.mark.parametrize("path", ["/api/schedules/one", "/api/schedules/0", f"/api/schedules/{2**63}"])
async def test_a_wrong_number_in_a_path_is_named(mona: httpx2.AsyncClient, path: str):
    refused = problem(await mona.patch(path, json={"version": 1}), 422, "validation")
    assert refused["errors"][0]["field"] == "schedule_id"


@pytest.mark.parametrize("versions", [(1, 1), (1, 2)])
async def test_a_draft_is_published_once_only(mona: httpx2.AsyncClient, versions: tuple[int, int]):
    draft = await create(mona, status="draft")
    body = {"schedules": [{"id": draft["id"], "version": version} for version in versions]}
    refused = problem(await mona.post("/api/schedules/publish", json=body), 422, "validation")
    message = f"must name each schedule once, but repeats the id {draft['id']}"
    assert refused["errors"] == [{"field": "schedules", "code": "repeated", "message": message}]
    assert (await mona.get("/api/schedules")).json() == [draft]


@pytest.mark.parametrize("schedules", [[], [{"id": 1}], [{"id": 1, "version": 1}] * 1_001, "all"])
async def test_publishing_names_what_and_not_too_much(mona: httpx2.AsyncClient, schedules: object):
    problem(await mona.post("/api/schedules/publish", json={"schedules": schedules}), 422, "validation")


async def test_a_withdrawn_shift_says_what_staff_saw_of_it_until_it_is_published_again(
    mona: httpx2.AsyncClient, alice: httpx2.AsyncClient
):
    created = await create(mona)
    path = f"/api/schedules/{created['id']}"
    seen = {key: created[key] for key in ("staff_id", "starts_at", "ends_at", "role", "location")}
    withdrawn = (await mona.patch(path, json={"version": 1, "status": "draft"})).json()
    assert withdrawn["announced"] == seen
    moved = await mona.patch(path, json={"version": 2, "staff_id": None, "ends_at": "2026-11-23T16:00:00Z"})
    assert moved.json()["announced"] == seen
    assert (await mona.get("/api/schedules")).json() == [moved.json()]
    assert (await alice.get("/api/schedules")).json() == []
    published = await mona.post("/api/schedules/publish", json={"schedules": [{"id": created["id"], "version": 3}]})
    assert published.json()["schedules"][0]["announced"] is None
    assert (await alice.get("/api/schedules")).json() == published.json()["schedules"]
