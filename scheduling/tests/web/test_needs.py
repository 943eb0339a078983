import httpx2
import pytest

from scheduling.tests.conftest import Json
from scheduling.tests.web.conftest import problem

EARLY = {"role": "Nurse", "weekday": 1, "starts": "07:00", "ends": "15:00", "least": 2}
NEEDS = {"location": "North Ward", "version": 0, "needs": [EARLY]}


async def test_a_manager_says_what_is_needed_and_all_see_it(mona: httpx2.AsyncClient, alice: httpx2.AsyncClient):
    assert (await alice.get("/api/needs")).json() == []
    answer = await mona.put("/api/needs", json=NEEDS)
    assert answer.status_code == 200
    assert answer.json() == {
        "location": "North Ward",
        "needs": [EARLY],
        "version": 1,
        "updated_by": {"id": 1, "name": "Mona Reyes"},
        "updated_at": "2026-11-22T12:00:00Z",
    }
    assert (await alice.get("/api/needs")).json() == [answer.json()]
    problem(await alice.put("/api/needs", json=NEEDS), 403, "forbidden")


async def test_a_stale_list_is_answered_with_what_stands(mona: httpx2.AsyncClient):
    first = (await mona.put("/api/needs", json=NEEDS)).json()
    stale = problem(await mona.put("/api/needs", json={**NEEDS, "needs": []}), 409, "stale-version")
    assert stale["current"] == first
    assert stale["detail"] == "Mona Reyes changed this list of needs just now"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"weekday": 0}, "needs.0.weekday"),
        ({"weekday": 8}, "needs.0.weekday"),
        ({"starts": "7:00"}, "needs.0.starts"),
        ({"ends": "24:00"}, "needs.0.ends"),
        ({"least": 0}, "needs.0.least"),
        ({"least": 1.5}, "needs.0.least"),
        ({"role": " "}, "needs.0.role"),
        ({"most": 3}, "needs.0.most"),
    ],
)
async def test_a_wrong_need_is_named(mona: httpx2.AsyncClient, change: Json, field: str):
    refused = problem(await mona.put("/api/needs", json={**NEEDS, "needs": [{**EARLY, **change}]}), 422, "validation")
    assert [error["field"] for error in refused["errors"]] == [field]


async def test_a_need_is_said_once(mona: httpx2.AsyncClient):
    refused = problem(await mona.put("/api/needs", json={**NEEDS, "needs": [EARLY, EARLY]}), 422, "validation")
    assert refused["errors"][0]["message"] == "must say each need once, but repeats Nurse, 07:00 to 15:00, day 1"


async def test_a_place_that_is_not_there_is_named(mona: httpx2.AsyncClient):
    refused = problem(await mona.put("/api/needs", json={**NEEDS, "location": "Mars"}), 422, "rules")
    assert [error["field"] for error in refused["errors"]] == ["location"]
