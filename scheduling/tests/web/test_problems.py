import logging
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI

from scheduling.server.main import create_app
from scheduling.server.settings import Settings
from scheduling.server.web.callers import Services
from scheduling.tests.conftest import browser
from scheduling.tests.web.conftest import monday_shift, problem

JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize("body", ['{"email": ', "{'email': 1}", '{"email": "a" "b"}', "\xff", "nonsense"])
async def test_malformed_json_says_where(http: httpx2.AsyncClient, body: str):
    response = await http.post("/api/auth/login", content=body.encode("latin-1"), headers=JSON)
    refused = problem(response, 400, "malformed-json")
    assert "JSON" in refused["detail"]


async def test_malformed_json_names_the_character(http: httpx2.AsyncClient):
    response = await http.post("/api/auth/login", content='{"email" 1}', headers=JSON)
    assert response.json()["detail"] == "The body is not JSON: Expecting ':' delimiter, at character 9."


@pytest.mark.parametrize("body", ["[" * 100_000, '{"email": ' + "9" * 5_000 + "}"])
async def test_json_that_no_parser_likes_is_refused(http: httpx2.AsyncClient, body: str):
    problem(await http.post("/api/auth/login", content=body, headers=JSON), 400, "malformed-json")


@pytest.mark.parametrize("body", ["[]", "null", '"text"', "1", "NaN", '{"email": "\\ud800", "password": "x"}'])
async def test_json_of_another_shape_is_refused(http: httpx2.AsyncClient, body: str):
    problem(await http.post("/api/auth/login", content=body, headers=JSON), 422, "validation")


async def test_a_field_whose_name_is_no_text_is_refused(http: httpx2.AsyncClient):
    body = '{"email": "a@b.c", "password": "x", "\\ud800": 1}'
    problem(await http.post("/api/auth/login", content=body, headers=JSON), 422, "validation")


async def test_a_number_that_is_none_is_refused(mona: httpx2.AsyncClient):
    body = (
        '{"name": "C", "email": "c@example.com", "role": "staff", "skills": [],'
        ' "contract": {"name": "F", "hours_per_week": NaN}}'
    )
    refused = problem(await mona.post("/api/staff", content=body, headers=JSON), 422, "validation")
    assert refused["errors"][0]["field"] == "contract.hours_per_week"


async def test_a_body_that_is_missing_is_refused(http: httpx2.AsyncClient):
    problem(await http.post("/api/auth/login"), 422, "validation")
    problem(await http.post("/api/auth/login", headers=JSON), 422, "validation")


@pytest.mark.parametrize("sent_as", [None, "", "text/plain", "application/x-www-form-urlencoded", "json", "text/json"])
async def test_a_body_that_is_not_sent_as_json_names_the_header_to_send(http: httpx2.AsyncClient, sent_as: str | None):
    headers = {} if sent_as is None else {"Content-Type": sent_as}
    body = b'{"email": "alice@example.com", "password": "x"}'
    response = await http.post("/api/auth/login", content=body, headers=headers)
    refused = problem(response, 415, "unsupported-media-type")
    assert "`Content-Type: application/json`" in refused["detail"]
    assert response.headers["accept"] == "application/json"


@pytest.mark.parametrize("sent_as", ["application/json; charset=utf-8", "Application/JSON", "application/vnd.api+json"])
async def test_a_body_that_is_sent_as_json_is_read(http: httpx2.AsyncClient, sent_as: str):
    body = b'{"email": "alice@example.com", "password": "wrong"}'
    problem(await http.post("/api/auth/login", content=body, headers={"Content-Type": sent_as}), 401, "unauthenticated")


async def test_a_password_is_never_repeated(http: httpx2.AsyncClient, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    response = await http.post("/api/auth/login", json={"email": 1, "password": "secret word"})
    problem(response, 422, "validation")
    await http.post("/api/auth/login", json={"email": "alice@example.com", "password": "secret word"})
    assert "secret word" not in response.text
    assert "secret word" not in caplog.text


async def test_nothing_at_an_address(http: httpx2.AsyncClient):
    response = await http.get("/api/nowhere", headers={"Accept": "text/html"})
    assert problem(response, 404, "not-found")["detail"] == "There is nothing at GET /api/nowhere."
    problem(await http.post("/api/nowhere", json={}), 404, "not-found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/api/timeoff", "GET, POST"),
        ("PUT", "/api/schedules", "GET, POST"),
        ("GET", "/api/schedules/1", "PATCH, DELETE"),
        # /publish could be a schedule's number for PATCH and DELETE, which would say that it is none.
        ("GET", "/api/schedules/publish", "POST, PATCH, DELETE"),
        ("DELETE", "/api/auth/login", "POST"),
    ],
)
@pytest.mark.parametrize("served", [False, True])
async def test_a_method_that_is_not_possible_names_those_that_are(
    settings: Settings, build: Path, served: bool, method: str, path: str, allowed: str
):
    """With the dashboard, whose routes take every path, and without."""
    app = create_app(settings.model_copy(update={"web_build": build if served else None}))
    async with browser(app) as http:
        response = await http.request(method, path)
    refused = problem(response, 405, "method-not-allowed")
    assert response.headers["allow"] == allowed
    assert refused["detail"] == f"{method} is not possible at {path}; allowed: {allowed}."


async def test_a_method_that_the_dashboard_does_not_take_names_those_that_it_does(settings: Settings, build: Path):
    async with browser(create_app(settings.model_copy(update={"web_build": build}))) as http:
        response = await http.post("/index.html")
    problem(response, 405, "method-not-allowed")
    assert response.headers["allow"] == "GET, HEAD"


async def test_a_body_that_is_too_large_is_refused(mona: httpx2.AsyncClient, settings: Settings):
    large = monday_shift(note="x" * settings.max_body_size)
    refused = problem(await mona.post("/api/schedules", json=large), 413, "too-large")
    assert str(settings.max_body_size) in refused["detail"]


async def test_a_body_of_unknown_length_is_refused_too(mona: httpx2.AsyncClient, settings: Settings):
    async def endless():
        for _ in range(settings.max_body_size // 1_000 + 1):
            yield b" " * 1_000

    problem(await mona.post("/api/schedules", content=endless(), headers=JSON), 413, "too-large")


async def test_an_unexpected_error_is_logged_and_tells_nothing(
    app: FastAPI, mona: httpx2.AsyncClient, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    services: Services = app.state.services

    async def fail(*_: object) -> None:
        raise RuntimeError("an inner secret")

    monkeypatch.setattr(type(services.schedules), "find", fail)
    response = await mona.get("/api/schedules")
    failure = problem(response, 500, "internal-error")
    assert "inner secret" not in response.text
    assert failure["detail"] == "Something went wrong on our side. It has been logged; please try again."
    assert "GET /api/schedules failed: RuntimeError" in caplog.text


async def test_the_server_goes_on_after_bad_requests(mona: httpx2.AsyncClient, http: httpx2.AsyncClient):
    for body in ("{", "[" * 100_000, "null"):
        await http.post("/api/auth/login", content=body, headers=JSON)
    assert (await mona.post("/api/schedules", json=monday_shift())).status_code == 201


async def test_the_api_describes_its_problems(http: httpx2.AsyncClient):
    document = (await http.get("/api/openapi.json")).json()
    refused = document["paths"]["/api/schedules"]["post"]["responses"]
    for status in ("401", "403", "409", "422"):
        assert refused[status]["content"]["application/problem+json"]["schema"]["$ref"].endswith("/Problem")
    assert "HTTPValidationError" not in document["components"]["schemas"]
