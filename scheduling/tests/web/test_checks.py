import httpx2
import pytest

from scheduling.tests.conftest import Json, Team
from scheduling.tests.web.conftest import monday_shift, problem

TUESDAY = {"starts_at": "2026-11-24T07:00:00Z", "ends_at": "2026-11-24T15:00:00Z"}
LATE = {"starts_at": "2026-11-23T15:00:00Z", "ends_at": "2026-11-23T23:00:00Z"}


async def test_a_check_answers_with_the_objections_of_a_refusal(mona: httpx2.AsyncClient):
    await mona.post("/api/schedules", json=monday_shift(**LATE))
    wanted = monday_shift(**TUESDAY)
    told = await mona.post("/api/schedules/check", json=wanted)
    assert told.status_code == 200
    assert told.json()["violations"] == problem(await mona.post("/api/schedules", json=wanted), 422, "rules")["errors"]
    [rest, succession] = told.json()["violations"]
    assert (rest["code"], rest["severity"], rest["params"]["left"], rest["params"]["least"]) == ("rest", "soft", 8, 11)
    assert succession["code"] == "succession"
    assert len((await mona.get("/api/schedules")).json()) == 1


async def test_a_check_of_what_suits_answers_none(mona: httpx2.AsyncClient):
    created = (await mona.post("/api/schedules", json=monday_shift())).json()
    body = monday_shift(ends_at="2026-11-23T16:00:00Z", id=created["id"])
    assert (await mona.post("/api/schedules/check", json=body)).json() == {"violations": []}
    assert (await mona.post("/api/schedules/check", json=monday_shift(staff_id=None))).json()["violations"] == []


async def test_suggestions_are_ranked_and_name_their_objections(mona: httpx2.AsyncClient, team: Team):
    await mona.post("/api/schedules", json=monday_shift(**LATE))
    answer = await mona.post("/api/schedules/suggestions", json=monday_shift(**TUESDAY, staff_id=None))
    [first, second, third] = answer.json()["suggestions"]
    assert first == {
        "staff": {"id": team.mona.id, "name": "Mona Reyes"},
        "violations": [],
        "hours": 0,
        "hours_left": 40,
    }
    assert (second["staff"]["name"], second["hours_left"]) == ("Bob", None)
    assert (third["staff"]["name"], third["hours_left"]) == ("Alice", 32)
    assert [violation["code"] for violation in third["violations"]] == ["rest", "succession"]


async def test_only_managers_ask(alice: httpx2.AsyncClient):
    for path in ("check", "suggestions"):
        problem(await alice.post(f"/api/schedules/{path}", json=monday_shift()), 403, "forbidden")


@pytest.mark.parametrize(("change", "field"), [({"id": 0}, "id"), ({"accept": []}, "accept"), ({"role": ""}, "role")])
@pytest.mark.parametrize("path", ["check", "suggestions"])
async def test_a_wrong_field_is_named(mona: httpx2.AsyncClient, path: str, change: Json, field: str):
    refused = problem(await mona.post(f"/api/schedules/{path}", json=monday_shift(**change)), 422, "validation")
    assert [error["field"] for error in refused["errors"]] == [field]


async def test_a_place_that_is_not_there_has_no_suggestions(mona: httpx2.AsyncClient):
    refused = await mona.post("/api/schedules/suggestions", json=monday_shift(location="Mars"))
    assert [error["code"] for error in problem(refused, 422, "rules")["errors"]] == ["unknown_location"]
