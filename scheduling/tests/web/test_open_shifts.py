"""Open shifts, offers and the fate of shifts over REST, and the events that the screens get of them."""

import httpx2

from scheduling.tests.conftest import Team
from scheduling.tests.web.conftest import monday_shift, problem
from scheduling.tests.web.screens import ALICE, BOB, Desk


async def test_claiming_an_open_shift(mona: httpx2.AsyncClient, alice: httpx2.AsyncClient, bob: httpx2.AsyncClient):
    shift = (await mona.post("/api/schedules", json=monday_shift(staff_id=None))).json()
    assert (await alice.get("/api/schedules/open")).json() == [{**shift, "objections": []}]
    taken = await alice.post(f"/api/schedules/{shift['id']}/claim", json={"version": 1})
    assert (taken.status_code, taken.json()["staff_id"]) == (200, 2)
    late = problem(await bob.post(f"/api/schedules/{shift['id']}/claim", json={"version": 1}), 409, "stale-version")
    assert late["detail"] == "Alice took this shift just now"
    assert (late["changed_by"]["name"], late["current"]) == ("Alice", taken.json())
    assert (await bob.get("/api/schedules/open")).json() == []
    problem(await bob.post("/api/schedules/99/claim", json={"version": 1}), 404, "not-found")
    problem(await bob.post("/api/schedules/1/claim", json={}), 422, "validation")


AHEAD = {"starts_at": "2127-01-06T07:00:00Z", "ends_at": "2127-01-06T15:00:00Z"}
"""Of the clock on the wall, by which a Desk goes."""


def test_a_claim_reaches_every_screen(desk: Desk):
    desk.send("POST", "/schedules", monday_shift(staff_id=None, **AHEAD))
    with desk.screen(BOB, "schedules") as screen:
        headers = {"Authorization": f"Bearer {desk.token(ALICE)}", "X-Request-ID": "claim-1"}
        taken = desk.send("POST", "/schedules/1/claim", {"version": 1}, headers=headers)
        [event] = screen.events()
    assert (event["type"], event["payload"]) == ("schedule:updated", {"scheduleId": 1, "schedule": taken})
    assert event["id"].startswith("claim-1.")


async def test_an_offer_over_rest(
    mona: httpx2.AsyncClient, alice: httpx2.AsyncClient, bob: httpx2.AsyncClient, team: Team
):
    shift = (await mona.post("/api/schedules", json=monday_shift())).json()
    body = {"schedule": {"id": shift["id"], "version": 1}, "note": "A wedding"}
    made = await alice.post("/api/offers", json=body)
    assert (made.status_code, made.json()["status"], made.json()["schedule"]) == (201, "offered", shift)
    problem(await alice.post("/api/offers", json=body), 409, "already-exists")
    path = f"/api/offers/{made.json()['id']}"
    [seen] = (await bob.get("/api/offers")).json()
    assert seen == {**made.json(), "objections": []}
    accepted = (await bob.post(f"{path}/accept", json={"version": 1})).json()
    assert accepted["taken_by"] == {"id": team.bob.id, "name": "Bob"}
    problem(await bob.post(f"{path}/approve", json={"version": 2}), 403, "forbidden")
    stale = problem(await alice.post(f"{path}/withdraw", json={"version": 1}), 409, "stale-version")
    assert stale["current"] == accepted
    assert (await mona.post(f"{path}/approve", json={"version": 2})).json()["status"] == "approved"
    assert [each["staff_id"] for each in (await mona.get("/api/schedules")).json()] == [team.bob.id]
    problem(await alice.post(f"{path}/withdraw", json={"version": 3}), 409, "already-decided")


def test_each_step_of_an_offer_is_an_event_for_all_staff(desk: Desk):
    desk.send("POST", "/schedules", monday_shift(**AHEAD))
    as_alice, as_bob = ({"Authorization": f"Bearer {desk.token(who)}"} for who in (ALICE, BOB))
    with desk.screen(BOB, "offers", "schedules") as screen:
        ref = {"id": 1, "version": 1}
        desk.send("POST", "/offers", {"schedule": ref}, headers=as_alice)
        desk.send("POST", "/offers/1/accept", {"version": 1}, headers=as_bob)
        desk.send("POST", "/offers/1/decline", {"version": 2, "note": "Not now"})
        desk.send("POST", "/offers", {"schedule": ref}, headers=as_alice)
        desk.send("PATCH", "/schedules/1", {"version": 1, "staff_id": None})
        events = screen.events()
    offers = [(event["type"], event["key"], event["version"]) for event in events if event["channel"] == "offers"]
    assert offers == [
        ("offer:made", "offer:1", 1),
        ("offer:accepted", "offer:1", 2),
        ("offer:decided", "offer:1", 3),
        ("offer:made", "offer:2", 1),
        ("offer:withdrawn", "offer:2", 2),
    ]
    assert events[-1]["payload"]["offer"]["status"] == "lapsed"


async def test_approval_frees_the_shifts(mona: httpx2.AsyncClient, alice: httpx2.AsyncClient):
    await mona.post("/api/schedules", json=monday_shift())
    span = {"starts_at": "2026-11-23T00:00:00Z", "ends_at": "2026-11-24T00:00:00Z"}
    asked = (await alice.post("/api/timeoff", json=span)).json()
    path = f"/api/timeoff/{asked['id']}/approve"
    problem(await mona.post(path, json={"version": 1, "shifts": "away"}), 422, "validation")
    assert (await mona.post(path, json={"version": 1, "shifts": "draft"})).json()["status"] == "approved"
    [shift] = (await mona.get("/api/schedules")).json()
    assert (shift["staff_id"], shift["status"], shift["version"]) == (None, "draft", 2)
