import httpx2
import pytest

from scheduling.tests.conftest import PASSWORD, Json, Team
from scheduling.tests.web.conftest import problem

PART_TIME = {"name": "Part time", "hours_per_week": 24, "rest_hours": 12}
CARLA = {
    "name": "Carla",
    "email": "Carla@Example.com",
    "role": "staff",
    "skills": ["Nurse", "Head nurse"],
    "contract": PART_TIME,
}


async def test_a_new_member(mona: httpx2.AsyncClient):
    response = await mona.post("/api/staff", json=CARLA)
    assert response.status_code == 201
    unsaid = {
        "least_hours_per_week": None,
        "most_days_in_a_row": None,
        "least_days_off_in_a_row": None,
        "most_weekends_in_four": None,
        "whole_weekends": False,
        "forbidden_successions": [
            {"before": "late", "after": "early"},
            {"before": "late", "after": "day"},
            {"before": "night", "after": "early"},
            {"before": "night", "after": "day"},
            {"before": "night", "after": "late"},
        ],
        "hard_rules": [],
    }
    known = {"id": 4, "active": True, "email": "carla@example.com", "version": 1, "contract": {**PART_TIME, **unsaid}}
    assert response.json() == {**CARLA, **known}
    assert response.json() in (await mona.get("/api/staff")).json()


async def test_a_contract_has_rules_of_its_own(mona: httpx2.AsyncClient):
    rules = {
        "name": "Nights",
        "hours_per_week": 36,
        "least_hours_per_week": 20,
        "rest_hours": 12,
        "most_days_in_a_row": 4,
        "least_days_off_in_a_row": 2,
        "most_weekends_in_four": 2,
        "whole_weekends": True,
        "forbidden_successions": [{"before": "night", "after": "day"}],
        "hard_rules": ["rest", "days_in_a_row"],
    }
    response = await mona.post("/api/staff", json={**CARLA, "contract": rules})
    assert response.json()["contract"] == rules
    assert response.json() in (await mona.get("/api/staff")).json()


async def test_a_member_with_a_password_signs_in_and_one_without_does_not(
    mona: httpx2.AsyncClient, http: httpx2.AsyncClient
):
    await mona.post("/api/staff", json={**CARLA, "password": "hers"})
    await mona.post("/api/staff", json={**CARLA, "email": "dan@example.com"})
    carla = await http.post("/api/auth/login", json={"email": "CARLA@example.com", "password": "hers"})
    assert carla.status_code == 200
    dan = await http.post("/api/auth/login", json={"email": "dan@example.com", "password": "the password of nobody"})
    problem(dan, 401, "unauthenticated")


async def test_staff_see_names_and_only_their_own_email(alice: httpx2.AsyncClient, team: Team):
    members = (await alice.get("/api/staff")).json()
    assert [(member["name"], member["email"]) for member in members] == [
        ("Alice", "alice@example.com"),
        ("Bob", None),
        ("Mona Reyes", None),
    ]


async def test_an_email_is_taken_once(mona: httpx2.AsyncClient):
    await mona.post("/api/staff", json=CARLA)
    taken = problem(await mona.post("/api/staff", json=CARLA), 409, "already-exists")
    assert taken["errors"][0]["field"] == "email"


async def test_only_managers_add(alice: httpx2.AsyncClient):
    problem(await alice.post("/api/staff", json=CARLA), 403, "forbidden")
    problem(await alice.post("/api/locations", json={"name": "Moon", "timezone": "UTC"}), 403, "forbidden")


SUCCESSION_AFTER = "contract.forbidden_successions.0.after"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"email": "carla"}, "email"),
        ({"email": "carla @example.com"}, "email"),
        ({"role": "boss"}, "role"),
        ({"skills": "Nurse"}, "skills"),
        ({"skills": [""]}, "skills.0"),
        ({"skills": ["Nurse"] * 51}, "skills"),
        ({"contract": {"name": "Full time", "hours_per_week": -1}}, "contract.hours_per_week"),
        ({"contract": {"name": "Full time", "hours_per_week": 200}}, "contract.hours_per_week"),
        ({"contract": {"name": "Full time", "rest": 11}}, "contract.rest"),
        ({"contract": {"name": "F", "hours_per_week": 20, "least_hours_per_week": 30}}, "contract"),
        ({"contract": {"name": "F", "most_days_in_a_row": 0}}, "contract.most_days_in_a_row"),
        ({"contract": {"name": "F", "most_weekends_in_four": 5}}, "contract.most_weekends_in_four"),
        ({"contract": {"name": "F", "hard_rules": ["overlap"]}}, "contract.hard_rules.0"),
        ({"contract": {"name": "F", "forbidden_successions": [{"before": "late"}]}}, SUCCESSION_AFTER),
        ({"password": ""}, "password"),
        ({"version": 3}, "version"),
    ],
)
async def test_a_wrong_field_is_named(mona: httpx2.AsyncClient, change: Json, field: str):
    refused = problem(await mona.post("/api/staff", json={**CARLA, **change}), 422, "validation")
    assert [error["field"] for error in refused["errors"]] == [field]


async def test_a_member_is_changed_in_part(mona: httpx2.AsyncClient, http: httpx2.AsyncClient, team: Team):
    alice = f"/api/staff/{team.alice.id}"
    changed = await mona.patch(alice, json={"version": 1, "contract": PART_TIME, "password": "another"})
    assert changed.status_code == 200
    assert (changed.json()["name"], changed.json()["version"]) == ("Alice", 2)
    assert changed.json()["contract"]["hours_per_week"] == 24
    assert changed.json() in (await mona.get("/api/staff")).json()
    stale = problem(await mona.patch(alice, json={"version": 1, "name": "Alicia"}), 409, "stale-version")
    assert (stale["changed_by"]["name"], stale["current"]["version"]) == ("Mona Reyes", 2)
    wrong = problem(await mona.patch(alice, json={"version": 2, "active": False}), 422, "validation")
    assert [error["field"] for error in wrong["errors"]] == ["active"]
    entered = await http.post("/api/auth/login", json={"email": "alice@example.com", "password": "another"})
    assert entered.status_code == 200
    problem(await mona.patch("/api/staff/4000", json={"version": 1}), 404, "not-found")


async def test_who_has_left_cannot_sign_in(
    mona: httpx2.AsyncClient, alice: httpx2.AsyncClient, http: httpx2.AsyncClient, team: Team
):
    member = f"/api/staff/{team.alice.id}"
    problem(await mona.post(f"{member}/remove", json={"version": 1}), 422, "validation")
    assert (await alice.post("/api/auth/refresh")).status_code == 200
    gone = await mona.post(f"{member}/remove", json={"version": 1, "shifts": "open"})
    assert (gone.status_code, gone.json()["active"]) == (200, False)
    problem(await alice.get("/api/schedules"), 401, "unauthenticated")
    problem(await alice.post("/api/auth/refresh"), 401, "unauthenticated")
    login = {"email": "alice@example.com", "password": PASSWORD}
    problem(await http.post("/api/auth/login", json=login), 401, "unauthenticated")
    assert (await mona.post(f"{member}/restore", json={"version": 2})).json()["active"] is True
    assert (await http.post("/api/auth/login", json=login)).status_code == 200


async def test_locations(mona: httpx2.AsyncClient, alice: httpx2.AsyncClient):
    moon = {"name": "Moon", "timezone": "Etc/UTC"}
    assert (await mona.post("/api/locations", json=moon)).json() == moon
    assert [location["name"] for location in (await alice.get("/api/locations")).json()] == [
        "Lisbon Clinic",
        "Moon",
        "North Ward",
        "Tokyo Clinic",
    ]
    problem(await mona.post("/api/locations", json=moon), 409, "already-exists")


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../../etc/passwd", "Europe", 7, "\x00", "x" * 500])
async def test_a_time_zone_is_an_iana_one(mona: httpx2.AsyncClient, zone: object):
    refused = problem(await mona.post("/api/locations", json={"name": "Moon", "timezone": zone}), 422, "validation")
    assert [error["field"] for error in refused["errors"]] == ["timezone"]
