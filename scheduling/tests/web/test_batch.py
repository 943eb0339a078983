import re
from pathlib import Path

import httpx2
import pytest

from scheduling.server.services.ports import MOST_AT_ONCE
from scheduling.server.web.bodies import MOST_BATCH_BYTES
from scheduling.tests.conftest import Json
from scheduling.tests.web.conftest import monday_shift, problem
from scheduling.tests.web.screens import ALICE, MONA, Desk


def on(day: int, **changes: object) -> Json:
    """Alice's shift of 07:00 to 15:00 on a day of November."""
    span = {"starts_at": f"2026-11-{day}T07:00:00Z", "ends_at": f"2026-11-{day}T15:00:00Z"}
    return monday_shift(**span, **changes)


async def test_a_batch_answers_with_what_came_of_it(mona: httpx2.AsyncClient):
    moved, gone = [(await mona.post("/api/schedules", json=on(day))).json() for day in (23, 24)]
    body = {
        "create": [on(25, status="draft")],
        "change": [{"id": moved["id"], "version": 1, "note": "Keys"}],
        "delete": [{"id": gone["id"], "version": 1}],
    }
    done = (await mona.post("/api/schedules/batch", json=body)).json()
    assert done["changed"] == [{**moved, "note": "Keys", "version": 2}]
    assert [(each["id"], each["status"], each["version"]) for each in done["created"]] == [(3, "draft", 1)]
    assert done["deleted"] == [gone["id"]]
    assert (await mona.get("/api/schedules")).json() == [*done["changed"], *done["created"]]


async def test_reasons_stand_under_the_step_they_are_about(mona: httpx2.AsyncClient):
    body = {"create": [on(23), on(24, role="Head nurse")]}
    refused = problem(await mona.post("/api/schedules/batch", json=body), 422, "rules")
    assert [(each["field"], each["code"]) for each in refused["errors"]] == [("create.1.role", "skill")]
    assert (await mona.get("/api/schedules")).json() == []
    done = await mona.post("/api/schedules/batch", json={**body, "accept": ["skill"]})
    assert len(done.json()["created"]) == 2


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({}, "", "steps"),
        ({"create": [on(23)] * MOST_AT_ONCE, "delete": [{"id": 1, "version": 1}]}, "", "steps"),
        ({"create": [on(23)] * (MOST_AT_ONCE + 1)}, "create", "too_long"),
        ({"change": [{"id": 1, "version": 1}], "delete": [{"id": 1, "version": 1}]}, "", "repeated"),
        ({"delete": [{"id": 1, "version": 1}, {"id": 1, "version": 2}]}, "", "repeated"),
        ({"create": [on(23, role="")]}, "create.0.role", "string_too_short"),
        ({"create": [{**on(23), "accept": ["skill"]}]}, "create.0.accept", "extra_forbidden"),
        ({"change": [{"version": 1}]}, "change.0.id", "missing"),
        ({"delete": [7]}, "delete.0", "model_attributes_type"),
        ({"move": []}, "move", "extra_forbidden"),
    ],
)
async def test_a_wrong_batch_is_named_and_nothing_is_done(mona: httpx2.AsyncClient, body: Json, field: str, code: str):
    refused = problem(await mona.post("/api/schedules/batch", json=body), 422, "validation")
    assert (refused["errors"][0]["field"], refused["errors"][0]["code"]) == (field, code)
    assert (await mona.get("/api/schedules")).json() == []


async def test_a_batch_may_be_full_of_long_notes_but_not_boundless(mona: httpx2.AsyncClient):
    many = [on(25, staff_id=None, status="draft", note="é" * 1_000)] * MOST_AT_ONCE
    done = await mona.post("/api/schedules/batch", json={"create": many})
    assert len(done.json()["created"]) == MOST_AT_ONCE
    large = b" " * (MOST_BATCH_BYTES + 1)
    headers = {"Content-Type": "application/json"}
    refused = problem(await mona.post("/api/schedules/batch", content=large, headers=headers), 413, "too-large")
    assert str(MOST_BATCH_BYTES) in refused["detail"]


def test_the_dashboard_knows_how_much_a_batch_holds():
    api = Path(__file__).parents[2] / "web" / "src" / "api" / "api.ts"
    told = re.findall(r"MOST_AT_ONCE = ([\d_]+);", api.read_text())
    assert [int(each) for each in told] == [MOST_AT_ONCE]


async def test_a_stale_step_is_told_who_was_first(mona: httpx2.AsyncClient):
    created = (await mona.post("/api/schedules", json=on(23))).json()
    current = (await mona.patch(f"/api/schedules/{created['id']}", json={"version": 1, "note": "First"})).json()
    body = {"create": [on(24)], "delete": [{"id": created["id"], "version": 1}]}
    stale = problem(await mona.post("/api/schedules/batch", json=body), 409, "stale-version")
    assert stale["current"] == current
    assert (await mona.get("/api/schedules")).json() == [current]


async def test_staff_send_no_batch(alice: httpx2.AsyncClient):
    problem(await alice.post("/api/schedules/batch", json={"create": [on(23)]}), 403, "forbidden")


def test_its_events_bear_one_name_and_drafts_stay_with_managers(desk: Desk):
    body = {"create": [on(23), on(24), on(25, status="draft")]}
    with desk.screen(MONA, "schedules", "schedules:drafts") as manager, desk.screen(ALICE, "schedules") as alice:
        desk.send("POST", "/schedules/batch", body, headers={"X-Request-ID": "copy-1"})
        told = manager.events()
        assert {event["id"].partition(".")[0] for event in told} == {"copy-1"}
        assert [event["channel"] for event in told] == ["schedules", "schedules", "schedules:drafts"]
        days = [
            event["payload"]["schedule"]["starts_at"][:10] for event in alice.events() if event["channel"] != "user:2"
        ]
        assert days == ["2026-11-23", "2026-11-24"]


def test_what_is_refused_is_told_to_nobody(desk: Desk):
    with desk.screen(MONA, "schedules") as manager:
        response = desk.client.post("/api/schedules/batch", json={"create": [on(23), on(23)]})
        problem(response, 422, "rules")
        assert manager.events() == []
