import httpx2
import jwt
import pytest
from fastapi import FastAPI

from scheduling.tests.conftest import PASSWORD, SECRET, ManualClock, Team, browser
from scheduling.tests.roster import NOW
from scheduling.tests.web.conftest import FORTNIGHT, problem

ALICE = {"email": "alice@example.com", "password": PASSWORD}


async def test_signing_in(http: httpx2.AsyncClient, team: Team):
    response = await http.post("/api/auth/login", json=ALICE)
    assert response.status_code == 200
    body = response.json()
    assert (body["token_type"], body["expires_in"]) == ("bearer", 900)
    assert body["staff"] == team.alice.model_dump(mode="json")
    me = await http.get("/api/me", headers={"Authorization": f"Bearer {body['access_token']}"})
    assert me.json() == body["staff"]


async def test_the_refresh_token_is_out_of_reach_of_scripts_and_other_sites(http: httpx2.AsyncClient):
    response = await http.post("/api/auth/login", json=ALICE)
    cookie = response.headers["set-cookie"]
    name, *attributes = [part.strip().lower() for part in cookie.split(";")]
    assert name.startswith("refresh=")
    assert set(attributes) == {"httponly", "samesite=strict", "path=/api/auth", f"max-age={FORTNIGHT}"}
    assert response.headers["cache-control"] == "no-store"
    assert "refresh-1" not in response.text


async def test_over_https_the_cookie_stays_there(app: FastAPI):
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="https://testserver") as http:
        response = await http.post("/api/auth/login", json=ALICE)
    assert "; secure" in response.headers["set-cookie"].lower()


async def test_a_session_outlives_its_access_tokens(http: httpx2.AsyncClient, clock: ManualClock):
    await http.post("/api/auth/login", json=ALICE)
    clock.advance(days=13)
    refreshed = await http.post("/api/auth/refresh")
    assert refreshed.json()["staff"]["name"] == "Alice"
    clock.advance(days=13)
    assert (await http.post("/api/auth/refresh")).status_code == 200


async def test_signing_out_ends_the_session(http: httpx2.AsyncClient):
    await http.post("/api/auth/login", json=ALICE)
    token = http.cookies["refresh"]
    response = await http.post("/api/auth/logout")
    assert response.status_code == 204
    assert "refresh" not in http.cookies
    problem(await http.post("/api/auth/refresh"), 401, "unauthenticated")
    stolen = await http.post("/api/auth/refresh", headers={"Cookie": f"refresh={token}"})
    assert problem(stolen, 401, "unauthenticated")["detail"] == "The session has ended. Sign in again."


async def test_signing_out_twice_is_no_error(http: httpx2.AsyncClient):
    assert (await http.post("/api/auth/logout")).status_code == 204


@pytest.mark.parametrize(
    "wrong", [{"email": "alice@example.com", "password": "guess"}, {"email": "nobody@example.com", "password": "guess"}]
)
async def test_a_wrong_sign_in_says_no_more_than_that(http: httpx2.AsyncClient, wrong: dict[str, str]):
    response = await http.post("/api/auth/login", json=wrong)
    assert problem(response, 401, "unauthenticated")["detail"] == "The e-mail or the password is wrong."
    assert "set-cookie" not in response.headers


async def test_guessing_is_told_when_to_come_back(http: httpx2.AsyncClient, clock: ManualClock):
    for _ in range(10):
        await http.post("/api/auth/login", json={**ALICE, "password": "guess"})
    clock.advance(seconds=15)
    response = await http.post("/api/auth/login", json=ALICE)
    detail = problem(response, 429, "too-many-attempts")["detail"]
    assert detail == "Too many attempts to sign in. Try again in 45 seconds."
    assert response.headers["retry-after"] == "45"


@pytest.mark.parametrize(
    "header",
    [
        None,
        "Basic YWxpY2U6aGk=",
        "Bearer",
        "Bearer nonsense",
        "Bearer "
        + jwt.encode({"sub": "2", "role": "manager", "exp": 4e9}, "somebody else's secret of 32 bytes", "HS256"),
        "Bearer " + jwt.encode({"sub": "2", "role": "manager"}, SECRET, "HS256"),
        "Bearer " + jwt.encode({"sub": "2", "role": "manager", "exp": NOW.timestamp()}, SECRET, "HS256"),
    ],
)
async def test_without_a_good_token_there_is_nothing_to_see(http: httpx2.AsyncClient, header: str | None):
    headers = {} if header is None else {"Authorization": header}
    for path in ("/api/me", "/api/staff", "/api/schedules", "/api/timeoff", "/api/locations"):
        response = await http.get(path, headers=headers)
        problem(response, 401, "unauthenticated")
        assert response.headers["www-authenticate"] == "Bearer"


async def test_an_expired_token_says_so(http: httpx2.AsyncClient, clock: ManualClock):
    token = (await http.post("/api/auth/login", json=ALICE)).json()["access_token"]
    clock.advance(minutes=15)
    response = await http.get("/api/me", headers={"Authorization": f"Bearer {token}"})
    assert "expired" in problem(response, 401, "unauthenticated")["detail"]


async def test_each_browser_has_a_session_of_its_own(app: FastAPI):
    async with browser(app) as one, browser(app) as other:
        for each in (one, other):
            await each.post("/api/auth/login", json=ALICE)
        await one.post("/api/auth/logout")
        assert (await other.post("/api/auth/refresh")).status_code == 200
