from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI
from ical.calendar_stream import IcsCalendarStream

from scheduling.tests.conftest import SECRET, Json
from scheduling.tests.roster import NORTH
from scheduling.tests.web.conftest import monday_shift, problem
from scheduling.tests.web.screens import ALICE, MONA, Desk
from tests.transports.servers import STOP_TIMEOUT, serving

LINKS = "/api/calendar/links"
SECRET_PART = "c2VjcmV0-cGFydA_"


async def made(client: httpx2.AsyncClient, **body: object) -> Json:
    response = await client.post(LINKS, json={"scope": "me", **body})
    assert response.status_code == 201, response.text
    assert response.headers["cache-control"] == "no-store"
    answer: Json = response.json()
    return answer


async def test_a_link_is_read_without_signing_in(mona: httpx2.AsyncClient, http: httpx2.AsyncClient):
    await mona.post("/api/schedules", json=monday_shift())
    address = await made(mona, scope="location", location=NORTH.name)
    response = await http.get(address["path"])
    assert response.headers["content-type"] == "text/calendar; charset=utf-8"
    assert response.headers["cache-control"] == "private, no-cache"
    assert (await http.head(address["path"])).headers["etag"] == response.headers["etag"]
    [event] = IcsCalendarStream.calendar_from_ics(response.text).events
    assert (event.uid, event.summary) == ("shift-1@testserver", "Nurse: Alice")
    [link] = (await mona.get(LINKS)).json()
    assert link == {**address["link"], "read_at": "2026-11-22T12:00:00Z", "version": 2}
    assert address["path"].removesuffix(".ics").split("/")[-1] not in str(link)


async def test_what_was_read_before_is_not_sent_again(mona: httpx2.AsyncClient, http: httpx2.AsyncClient):
    path = (await made(mona, scope="location", location=NORTH.name))["path"]
    tag = (await http.get(path)).headers["etag"]
    for seen in (tag, f'"other", W/{tag}', "*"):
        response = await http.get(path, headers={"If-None-Match": seen})
        assert (response.status_code, response.content, response.headers["etag"]) == (304, b"", tag)
    await mona.post("/api/schedules", json=monday_shift())
    changed = await http.get(path, headers={"If-None-Match": tag})
    assert changed.status_code == 200
    assert changed.headers["etag"] != tag


async def test_a_revoked_link_and_no_link_are_refused_in_words(alice: httpx2.AsyncClient, http: httpx2.AsyncClient):
    address = await made(alice)
    assert (await alice.delete(f"{LINKS}/{address['link']['id']}")).status_code == 204
    gone = problem(await http.get(address["path"]), 410, "gone")
    assert "was revoked" in gone["detail"]
    missing = problem(await http.get("/calendar/nothing.ics"), 404, "not-found")
    assert "Copy the whole address again" in missing["detail"]
    problem(await alice.delete(f"{LINKS}/{address['link']['id']}"), 404, "not-found")


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({}, "scope", "missing"),
        ({"scope": "all"}, "scope", "literal_error"),
        ({"scope": "location"}, "", "location_missing"),
        ({"scope": "me", "location": "North Ward"}, "", "location_unused"),
        ({"scope": "me", "token": "mine"}, "token", "extra_forbidden"),
    ],
)
async def test_a_wrong_body_is_named(mona: httpx2.AsyncClient, body: Json, field: str, code: str):
    refused = problem(await mona.post(LINKS, json=body), 422, "validation")
    assert [(each["field"], each["code"]) for each in refused["errors"]] == [(field, code)]


async def test_staff_link_to_no_location(alice: httpx2.AsyncClient):
    body = {"scope": "location", "location": NORTH.name}
    problem(await alice.post(LINKS, json=body), 403, "forbidden")


async def test_the_shown_week_as_a_file(mona: httpx2.AsyncClient, alice: httpx2.AsyncClient, http: httpx2.AsyncClient):
    await mona.post("/api/schedules", json=monday_shift())
    week = "?from=2026-11-23T00:00:00Z&to=2026-11-30T00:00:00Z"
    response = await alice.get(f"/api/schedules.ics{week}")
    assert response.headers["content-disposition"] == 'attachment; filename="shifts.ics"'
    assert [each.summary for each in IcsCalendarStream.calendar_from_ics(response.text).events] == ["Nurse"]
    problem(await http.get(f"/api/schedules.ics{week}"), 401, "unauthenticated")


def test_the_owner_hears_of_it_and_nobody_else(desk: Desk):
    with desk.screen(MONA, "schedules") as mona, desk.screen(ALICE, "schedules") as alice:
        address = desk.send("POST", "/calendar/links", {"scope": "me"}, headers={"X-Request-ID": "link-1"})
        desk.client.get(address["path"])
        told = mona.events()
        assert [event["payload"]["link"]["read_at"] is None for event in told] == [True, False]
        assert told[0]["id"].startswith("link-1.")
        assert address["path"].split("/")[-1].removesuffix(".ics") not in str(told)
        assert alice.events() == []


async def test_our_own_log_shows_no_link(
    app: FastAPI, http: httpx2.AsyncClient, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(app.state.services.calendar, "feed", None)
    assert (await http.get(f"/calendar/{SECRET_PART}.ics")).status_code == 500
    told = [each.getMessage() for each in caplog.records if each.name.startswith("scheduling")]
    assert told == ["GET /calendar/… failed: TypeError"]


def test_the_servers_log_shows_no_link(database_path: Path, build: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SCHEDULING_SECRET", SECRET)
    monkeypatch.setenv("SCHEDULING_DATABASE", str(database_path))
    monkeypatch.setenv("SCHEDULING_WEB_BUILD", str(build))
    with serving("uvicorn-native", "scheduling.server.main:app") as server:
        answers = [
            httpx2.get(f"{server.url}{path}") for path in (f"/calendar/{SECRET_PART}.ics", "/api/calendar/links")
        ]
        # It has written all of its log when it has ended.
        server.process.terminate()
        server.process.wait(STOP_TIMEOUT)
        log = server.log
    assert [answer.status_code for answer in answers] == [404, 401]
    assert "/calendar/…" in log
    assert "/api/calendar/links" in log
    assert SECRET_PART not in log
