from typing import Any

import httpx2
import pytest

from scheduling.tests.conftest import Json, Team
from scheduling.tests.web.conftest import monday_shift, problem

MONDAY_OFF = {"starts_at": "2026-11-23T00:00:00Z", "ends_at": "2026-11-24T00:00:00Z", "note": "Dentist"}


async def ask(http: httpx2.AsyncClient, **changes: Any) -> Json:
    response = await http.post("/api/timeoff", json={**MONDAY_OFF, **changes})
    assert response.status_code == 201, response.text
    body: Json = response.json()
    return body


async def test_asking_for_time_off(alice: httpx2.AsyncClient, team: Team):
    assert await ask(alice) == {
        "id": 1,
        "staff_id": team.alice.id,
        **MONDAY_OFF,
        "status": "pending",
        "decision_note": "",
        "decided_by": None,
        "version": 1,
        "updated_at": "2026-11-22T12:00:00Z",
    }


async def test_a_manager_asks_for_somebody_and_staff_for_themselves(
    mona: httpx2.AsyncClient, alice: httpx2.AsyncClient, team: Team
):
    assert (await ask(mona, staff_id=team.bob.id))["staff_id"] == team.bob.id
    response = await alice.post("/api/timeoff", json={**MONDAY_OFF, "staff_id": team.bob.id})
    problem(response, 403, "forbidden")


async def test_who_sees_what(mona: httpx2.AsyncClient, alice: httpx2.AsyncClient, bob: httpx2.AsyncClient):
    alices, bobs = await ask(alice), await ask(bob)
    assert (await alice.get("/api/timeoff")).json() == [alices]
    assert (await mona.get("/api/timeoff", params={"status": "pending"})).json() == [alices, bobs]
    assert (await mona.get("/api/timeoff", params={"from": "2026-11-24T00:00:00Z"})).json() == []


@pytest.mark.parametrize(("verb", "status"), [("approve", "approved"), ("deny", "denied")])
async def test_a_decision(mona: httpx2.AsyncClient, alice: httpx2.AsyncClient, team: Team, verb: str, status: str):
    asked = await ask(alice)
    path = f"/api/timeoff/{asked['id']}"
    decided = await mona.post(f"{path}/{verb}", json={"version": 1, "note": "So be it"})
    expected = {"status": status, "decision_note": "So be it", "version": 2}
    assert decided.json() == {**asked, **expected, "decided_by": {"id": team.mona.id, "name": "Mona Reyes"}}
    assert (await alice.get("/api/timeoff")).json() == [decided.json()]
    stale = problem(await mona.post(f"{path}/deny", json={"version": 1}), 409, "stale-version")
    assert stale["current"] == decided.json()


async def test_what_is_decided_stays_decided(mona: httpx2.AsyncClient, alice: httpx2.AsyncClient):
    path = f"/api/timeoff/{(await ask(alice))['id']}"
    await mona.post(f"{path}/deny", json={"version": 1})
    response = await mona.post(f"{path}/approve", json={"version": 2})
    assert problem(response, 409, "already-decided")["detail"] == "This request is denied: it cannot be approved."


async def test_cancelling(mona: httpx2.AsyncClient, alice: httpx2.AsyncClient, bob: httpx2.AsyncClient):
    path = f"/api/timeoff/{(await ask(alice))['id']}"
    problem(await bob.post(f"{path}/cancel", json={"version": 1}), 403, "forbidden")
    problem(await alice.post(f"{path}/approve", json={"version": 1}), 403, "forbidden")
    assert (await alice.post(f"{path}/cancel", json={"version": 1})).json()["status"] == "cancelled"


async def test_approving_over_a_shift_takes_a_second_look(mona: httpx2.AsyncClient, alice: httpx2.AsyncClient):
    await mona.post("/api/schedules", json=monday_shift())
    path = f"/api/timeoff/{(await ask(alice))['id']}/approve"
    broken = problem(await mona.post(path, json={"version": 1}), 422, "rules")
    assert [(error["code"], error["severity"]) for error in broken["errors"]] == [
        ("time_off_overlaps_schedules", "soft")
    ]
    approved = await mona.post(path, json={"version": 1, "accept": ["time_off_overlaps_schedules"]})
    assert approved.json()["status"] == "approved"


async def test_approved_time_off_keeps_shifts_away(mona: httpx2.AsyncClient, alice: httpx2.AsyncClient):
    await mona.post(f"/api/timeoff/{(await ask(alice))['id']}/approve", json={"version": 1})
    broken = problem(await mona.post("/api/schedules", json=monday_shift()), 422, "rules")
    assert [error["code"] for error in broken["errors"]] == ["time_off"]


@pytest.mark.parametrize(
    ("change", "field", "kind"),
    [
        ({"ends_at": "2026-11-22T00:00:00Z"}, "ends_at", "rules"),
        ({"ends_at": "2028-11-23T00:00:00Z"}, "ends_at", "rules"),
        ({"ends_at": "soon"}, "ends_at", "validation"),
        ({"status": "approved"}, "status", "validation"),
    ],
)
async def test_a_wrong_request_is_named(alice: httpx2.AsyncClient, change: Json, field: str, kind: str):
    refused = problem(await alice.post("/api/timeoff", json={**MONDAY_OFF, **change}), 422, kind)
    assert [error["field"] for error in refused["errors"]] == [field]


async def test_what_is_not_there_is_not_found(mona: httpx2.AsyncClient):
    for verb in ("approve", "deny", "cancel"):
        problem(await mona.post(f"/api/timeoff/9/{verb}", json={"version": 1}), 404, "not-found")
    problem(await mona.post("/api/timeoff", json={**MONDAY_OFF, "staff_id": 99}), 404, "not-found")
