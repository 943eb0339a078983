"""From a request to every screen that may see it, over real WebSockets in process."""

from contextlib import ExitStack

import pytest
from pydantic import SecretStr
from starlette.websockets import WebSocketDisconnect

from scheduling.server.settings import Settings
from scheduling.tests.web.conftest import monday_shift, problem
from scheduling.tests.web.screens import ALICE, BOB, MONA, Desk, Screen

STAFF_CHANNELS = ("schedules", "staff")
MANAGER_CHANNELS = (*STAFF_CHANNELS, "schedules:drafts", "timeoff")


@pytest.fixture
def settings(settings: Settings, request: pytest.FixtureRequest) -> Settings:
    """On Postgres the events are in Redis: so each test is on both databases, and on both brokers."""
    if not settings.database.startswith("postgresql:"):
        return settings
    return settings.model_copy(update={"broker": SecretStr(request.getfixturevalue("redis_url"))})


def test_a_saved_shift_reaches_each_open_tab_once(desk: Desk):
    with desk.screen(ALICE, "schedules") as one, desk.screen(ALICE, "schedules") as other:
        created = desk.send("POST", "/schedules", monday_shift())
        for tab in (one, other):
            events = tab.events()
            # On two channels with one id: whoever follows both shows it once.
            assert [event["channel"] for event in events] == ["schedules", "user:2"]
            assert len({event["id"] for event in events}) == 1
            assert all(event["payload"] == {"schedule": created} for event in events)
            assert all((event["key"], event["version"]) == ("schedule:1", 1) for event in events)
            assert tab.events() == []


def test_an_event_carries_what_rest_answers(desk: Desk):
    with desk.screen(BOB, "schedules") as screen:
        desk.send("POST", "/schedules", monday_shift(note="Bring keys"))
        changed = desk.send("PATCH", "/schedules/1", {"version": 1, "note": "Never mind"})
        assert screen.events()[-1]["payload"] == {"scheduleId": 1, "schedule": changed}
        assert desk.send("GET", "/schedules") == [changed]


def test_a_draft_reaches_managers_only(desk: Desk):
    with (
        desk.screen(MONA, *MANAGER_CHANNELS) as manager,
        desk.screen(ALICE, *STAFF_CHANNELS) as alice,
    ):
        desk.send("POST", "/schedules", monday_shift(status="draft"))
        desk.send("PATCH", "/schedules/1", {"version": 1, "note": "Perhaps"})
        assert manager.news() == [("schedules:drafts", "schedule:created"), ("schedules:drafts", "schedule:updated")]
        assert alice.events() == []
        published = desk.send("POST", "/schedules/publish", {"schedules": [{"id": 1, "version": 2}]})
        assert manager.news() == [("schedules", "schedule:published"), ("schedules:drafts", "schedule:published")]
        [event, own] = alice.events()
        assert (event["channel"], own["channel"]) == ("schedules", "user:2")
        assert event["payload"] == {"schedule": published["schedules"][0]}


def test_a_withdrawn_shift_leaves_the_staffs_screens(desk: Desk):
    desk.send("POST", "/schedules", monday_shift())
    with (
        desk.screen(MONA, *MANAGER_CHANNELS) as manager,
        desk.screen(ALICE, *STAFF_CHANNELS) as alice,
    ):
        draft = desk.send("PATCH", "/schedules/1", {"version": 1, "status": "draft", "note": "Not public"})
        for event in alice.events():
            assert event["payload"] == {"scheduleId": 1, "version": 2, "schedule": None}
        seen = {event["channel"]: event["payload"]["schedule"] for event in manager.events()}
        assert seen == {"schedules": None, "schedules:drafts": draft}


def test_a_reassigned_shift_is_told_to_both(desk: Desk):
    desk.send("POST", "/schedules", monday_shift())
    with desk.screen(ALICE) as alice, desk.screen(BOB) as bob:
        changed = desk.send("PATCH", "/schedules/1", {"version": 1, "staff_id": 3})
        for screen, own in ((alice, "user:2"), (bob, "user:3")):
            [event] = screen.events()
            assert (event["channel"], event["type"]) == (own, "schedule:updated")
            assert event["payload"] == {"scheduleId": 1, "schedule": changed}


def test_a_deleted_shift_outranks_its_updates(desk: Desk):
    desk.send("POST", "/schedules", monday_shift())
    with desk.screen(BOB, "schedules") as screen:
        desk.send("DELETE", "/schedules/1", params={"version": 1})
        [event] = screen.events()
        assert (event["type"], event["payload"]) == ("schedule:deleted", {"scheduleId": 1, "version": 2})


def test_time_off_is_between_a_person_and_the_managers(desk: Desk):
    with (
        desk.screen(MONA, *MANAGER_CHANNELS) as manager,
        desk.screen(ALICE, *STAFF_CHANNELS) as alice,
        desk.screen(BOB, *STAFF_CHANNELS) as bob,
    ):
        span = {"starts_at": "2026-11-23T00:00:00Z", "ends_at": "2026-11-24T00:00:00Z"}
        desk.send("POST", "/timeoff", {**span, "staff_id": 2})
        decided = desk.send("POST", "/timeoff/1/approve", {"version": 1})
        assert manager.news() == [("timeoff", "timeoff:requested"), ("timeoff", "timeoff:approved")]
        assert alice.events()[-1]["payload"] == {"timeoff": decided}
        assert bob.events() == []


def test_a_new_colleague_is_told_without_their_email(desk: Desk):
    with desk.screen(BOB, *STAFF_CHANNELS) as screen:
        contract = {"name": "Full time"}
        body = {"name": "Carla", "email": "carla@example.com", "role": "staff", "skills": [], "contract": contract}
        carla = desk.send("POST", "/staff", body)
        [event] = screen.events()
        assert (event["channel"], event["payload"]) == ("staff", {"staff": {**carla, "email": None}})


def test_what_is_refused_is_told_to_nobody(desk: Desk):
    desk.send("POST", "/schedules", monday_shift())
    with desk.screen(MONA, *MANAGER_CHANNELS) as screen:
        assert desk.client.post("/api/schedules", json=monday_shift()).status_code == 422
        assert desk.client.patch("/api/schedules/1", json={"version": 9, "note": "x"}).status_code == 409
        assert screen.events() == []


def test_staff_follow_no_channel_of_managers_or_of_others(desk: Desk):
    with desk.screen(ALICE, "schedules", "schedules:drafts", "timeoff", "user:1", "nowhere"):
        refused = {message["payload"]["channel"]: message["payload"]["code"] for message in desk.refused}
    assert set(refused) == {"schedules:drafts", "timeoff", "user:1", "nowhere"}
    assert refused["schedules:drafts"] == refused["timeoff"] == "forbidden"


def test_a_forged_token_opens_nothing(desk: Desk):
    with desk.client.websocket_connect("/ws") as socket:
        forged = desk.token(ALICE)[:-4] + "AAAA"
        socket.send_json({"type": "auth", "payload": {"token": forged}, "id": "1"})
        refused = socket.receive_json()
    assert (refused["type"], refused["payload"]["code"]) == ("connection:error", "unauthorized")
    assert refused["reply_to"] == "1"


def test_a_bulk_publication_reaches_everybody_in_order(desk: Desk):
    days = range(23, 28)
    for day in days:
        span = {"starts_at": f"2026-11-{day}T07:00:00Z", "ends_at": f"2026-11-{day}T15:00:00Z"}
        desk.send("POST", "/schedules", monday_shift(status="draft", **span))
    with ExitStack() as stack:
        screens = [stack.enter_context(desk.screen(BOB, "schedules")) for _ in range(3)]
        refs = [{"id": number, "version": 1} for number in range(1, 6)]
        published = desk.send("POST", "/schedules/publish", {"schedules": refs})["schedules"]
        for screen in screens:
            events = screen.events()
            assert [event["payload"]["schedule"] for event in events] == published
            assert [event["offset"] for event in events] == list(range(events[0]["offset"], events[0]["offset"] + 5))


def test_a_change_carries_the_name_of_its_request(desk: Desk):
    """A browser knows its own change again, and nobody's hides behind a name that somebody else has used before."""
    desk.send("PATCH", "/staff/3", {"version": 1, "role": "manager"})
    as_bob = {"Authorization": f"Bearer {desk.token(BOB)}"}
    with desk.screen(ALICE, "schedules") as screen:
        desk.send("POST", "/schedules", monday_shift(), headers={"X-Request-ID": "edit-1"})
        note = {"version": 1, "note": "x"}
        desk.send("PATCH", "/schedules/1", note, headers={"X-Request-ID": "edit-1", **as_bob})
        desk.send("PATCH", "/schedules/1", {"version": 2, "note": "y"}, headers={"X-Request-ID": "edit-2"})
        desk.send("PATCH", "/schedules/1", {"version": 3, "note": "z"})
        ids = [event["id"] for event in screen.events() if event["channel"] == "schedules"]
    assert [id.partition(".")[0] for id in ids[:3]] == ["edit-1", "edit-1", "edit-2"]
    assert "." not in ids[3]
    assert len(set(ids)) == 4


@pytest.mark.parametrize("name", ["", "a b", "a.b", "ä", "x" * 49])
def test_a_request_with_a_name_that_is_none_changes_nothing(desk: Desk, name: str):
    headers = {b"X-Request-ID": name.encode()}
    with desk.screen(ALICE, "schedules") as screen:
        response = desk.client.post("/api/schedules", json=monday_shift(), headers=headers)
        body = problem(response, 400, "bad-request-id")
        assert body["detail"] == "X-Request-ID: write 1 to 48 letters, digits, `_` and `-`, new for each request."
        assert screen.events() == []
    assert desk.send("GET", "/schedules") == []


def closed_by_the_server(screen: Screen) -> int:
    """The code with which the connection ended, after all that was sent before."""
    with pytest.raises(WebSocketDisconnect) as ended:
        screen.events()
    return ended.value.code


def test_who_is_removed_is_told_so_and_loses_the_live_stream_at_once(desk: Desk):
    token = desk.token(ALICE)
    with desk.screen(ALICE, *STAFF_CHANNELS) as alice, desk.screen(BOB, *STAFF_CHANNELS) as bob:
        desk.send("POST", "/staff/2/remove", {"version": 1, "shifts": "keep"})
        told = alice.receive()
        assert (told["type"], told["payload"]["staff"]["active"]) == ("staff:changed", False)
        assert closed_by_the_server(alice) == 4403
        assert bob.news() == [("staff", "staff:changed")]
    with desk.client.websocket_connect("/ws") as socket:
        socket.send_json({"type": "auth", "payload": {"token": token}, "id": "1"})
        assert socket.receive_json()["payload"]["code"] == "unauthorized"


def test_a_token_gives_the_rights_of_now_not_of_its_making(desk: Desk):
    token = desk.token(BOB)
    with desk.screen(BOB, *STAFF_CHANNELS) as bob:
        desk.send("PATCH", "/staff/3", {"version": 1, "role": "manager"})
        assert closed_by_the_server(bob) == 4403
    with desk.client.websocket_connect("/ws") as socket:
        with pytest.raises(WebSocketDisconnect) as refused:
            Screen(socket).ask("auth", token=token)
        assert refused.value.code == 4401
    token = desk.token(BOB)
    with desk.client.websocket_connect("/ws") as socket:
        screen = Screen(socket)
        screen.ask("auth", token=token)
        assert screen.ask("subscribe", channels=["schedules:drafts", "timeoff"]) == []
        desk.send("PATCH", "/staff/3", {"version": 2, "role": "staff"})
        assert closed_by_the_server(screen) == 4403
    with desk.client.websocket_connect("/ws") as socket:
        screen = Screen(socket)
        screen.ask("auth", token=desk.token(BOB))
        refusals = screen.ask("subscribe", channels=["schedules:drafts", "timeoff"])
        assert [message["payload"]["code"] for message in refusals] == ["forbidden", "forbidden"]
