from typing import Any

import httpx2
import pytest

from scheduling.server.domain import template
from scheduling.server.web.bodies import MOST_BATCH_BYTES
from scheduling.tests.conftest import Json
from scheduling.tests.web.conftest import problem

EARLY = {
    "weekday": 1,
    "starts": "07:00",
    "ends": "15:00",
    "staff_id": 2,
    "role": "Nurse",
    "location": "North Ward",
    "note": "",
}
NIGHT = {**EARLY, "weekday": 7, "starts": "23:00", "ends": "07:00", "staff_id": None}


async def add(http: httpx2.AsyncClient, name: str = "Summer", *shifts: Json) -> Any:
    response = await http.post("/api/templates", json={"name": name, "shifts": [*shifts] or [EARLY]})
    assert response.status_code == 201, response.text
    return response.json()


async def test_a_week_is_kept_under_a_name(mona: httpx2.AsyncClient):
    assert (await mona.get("/api/templates")).json() == []
    summer = await add(mona, "Summer", EARLY, NIGHT)
    listed = {
        "id": 1,
        "name": "Summer",
        "count": 2,
        "version": 1,
        "updated_by": {"id": 1, "name": "Mona Reyes"},
        "updated_at": "2026-11-22T12:00:00Z",
    }
    assert summer == {**listed, "shifts": [EARLY, NIGHT]}
    assert (await mona.get("/api/templates/1")).json() == summer
    winter = await add(mona, "A winter")
    assert [each["id"] for each in (await mona.get("/api/templates")).json()] == [winter["id"], 1]


async def test_a_template_is_renamed_refilled_and_deleted(mona: httpx2.AsyncClient):
    await add(mona, "Summer", EARLY, NIGHT)
    renamed = (await mona.put("/api/templates/1", json={"version": 1, "name": "Spring"})).json()
    assert (renamed["name"], renamed["version"], renamed["shifts"]) == ("Spring", 2, [EARLY, NIGHT])
    same = (await mona.put("/api/templates/1", json={"version": 2, "name": "Spring", "shifts": [EARLY, NIGHT]})).json()
    assert same["version"] == 2
    refilled = (await mona.put("/api/templates/1", json={"version": 2, "name": "Spring", "shifts": [NIGHT]})).json()
    assert (refilled["count"], refilled["version"], refilled["shifts"]) == (1, 3, [NIGHT])
    stale = problem(await mona.delete("/api/templates/1", params={"version": 2}), 409, "stale-version")
    assert stale["detail"] == "Mona Reyes changed this template just now"
    assert stale["current"] == {key: value for key, value in refilled.items() if key != "shifts"}
    assert (await mona.delete("/api/templates/1", params={"version": 3})).status_code == 204
    problem(await mona.get("/api/templates/1"), 404, "not-found")
    problem(await mona.put("/api/templates/1", json={"version": 3, "name": "Spring"}), 404, "not-found")
    assert (await add(mona))["id"] == 2


async def test_a_name_is_given_once(mona: httpx2.AsyncClient):
    await add(mona)
    other = await add(mona, "Winter")
    taken = {"name": "Summer", "shifts": [EARLY]}
    for response in (
        await mona.post("/api/templates", json=taken),
        await mona.put(f"/api/templates/{other['id']}", json={"version": 1, "name": "Summer"}),
    ):
        refused = problem(response, 409, "already-exists")
        assert [(each["field"], each["message"]) for each in refused["errors"]] == [
            ("name", "There is a template Summer already.")
        ]


async def test_there_are_so_many_and_no_more(mona: httpx2.AsyncClient):
    for number in range(template.MOST_TEMPLATES):
        await add(mona, f"Week {number}")
    refused = problem(
        await mona.post("/api/templates", json={"name": "One more", "shifts": [EARLY]}), 409, "limit-reached"
    )
    assert refused["detail"] == "There are 100 templates, which is all there can be. Delete one first."
    many = [EARLY] * (template.MOST_TEMPLATE_SHIFTS + 1)
    problem(await mona.post("/api/templates", json={"name": "Full", "shifts": many}), 422, "validation")


async def test_a_template_may_be_full_of_long_notes_but_not_boundless(mona: httpx2.AsyncClient):
    many = [{**NIGHT, "note": "é" * 1_000}] * template.MOST_TEMPLATE_SHIFTS
    full = await add(mona, "Full", *many)
    refilled = await mona.put(f"/api/templates/{full['id']}", json={"version": 1, "name": "Fuller", "shifts": many})
    assert refilled.json()["count"] == template.MOST_TEMPLATE_SHIFTS
    large = b" " * (MOST_BATCH_BYTES + 1)
    headers = {"Content-Type": "application/json"}
    for method, path in (("POST", "/api/templates"), ("PUT", "/api/templates/1")):
        problem(await mona.request(method, path, content=large, headers=headers), 413, "too-large")


async def test_staff_have_no_templates(mona: httpx2.AsyncClient, alice: httpx2.AsyncClient):
    await add(mona)
    for response in (
        await alice.get("/api/templates"),
        await alice.get("/api/templates/1"),
        await alice.post("/api/templates", json={"name": "Mine", "shifts": [EARLY]}),
        await alice.put("/api/templates/1", json={"version": 1, "name": "Mine"}),
        await alice.delete("/api/templates/1", params={"version": 1}),
    ):
        assert problem(response, 403, "forbidden")["detail"] == "Only managers may manage templates."


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"weekday": 0}, "weekday"),
        ({"starts": "7:00"}, "starts"),
        ({"ends": "24:00"}, "ends"),
        ({"role": " "}, "role"),
        ({"staff_id": 0}, "staff_id"),
        ({"who": 1}, "who"),
    ],
)
async def test_a_wrong_shift_is_named(mona: httpx2.AsyncClient, change: Json, field: str):
    body = {"name": "Summer", "shifts": [{**EARLY, **change}]}
    refused = problem(await mona.post("/api/templates", json=body), 422, "validation")
    assert [error["field"] for error in refused["errors"]] == [f"shifts.0.{field}"]
