"""The import against the real application, in process."""

import os
from datetime import date
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx2
import pytest

from scheduling.server.client import ApiClient, ApiError, Pace
from scheduling.server.inrc2.entry import Entering, Summary
from scheduling.server.inrc2.folder import load_ward
from scheduling.server.inrc2.plan import Entry, Plan, plan_of
from scheduling.tests.conftest import PASSWORD, Json, ManualClock
from scheduling.tests.inrc2.ward_files import write_ward

FAST = 1_000_000.0
DATA = Path(os.environ.get("TIDINGS_SHARED", Path(__file__).parents[4] / "shared")) / "data" / "inrc2"


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    ward = load_ward(write_ward(tmp_path / "n002w2"))
    return plan_of(ward, date(2026, 11, 23), "Ward two", ZoneInfo("Europe/Brussels"))


def manager(http: httpx2.AsyncClient) -> ApiClient:
    return ApiClient(http, Pace(FAST), "mona@example.com", PASSWORD)


async def enter(http: httpx2.AsyncClient, plan: Plan, *, accept_soft: bool = True) -> Summary:
    return await Entering(manager(http), accept_soft=accept_soft, step=lambda _: None).enter(plan)


async def everything(http: httpx2.AsyncClient) -> dict[str, list[Json]]:
    api = manager(http)
    return {path: [dict(row) for row in await api.get(f"/api/{path}")] for path in ("staff", "schedules", "timeoff")}


async def test_a_ward_is_entered_as_a_client_would(http: httpx2.AsyncClient, plan: Plan):
    titles: list[str] = []
    summary = await Entering(manager(http), accept_soft=True, step=titles.append).enter(plan)
    assert summary.entered == {"locations": 1, "needs": 1, "staff": 2, "schedules": 5, "time-off requests": 2}
    assert len(titles) == plan.size
    found = await everything(http)
    lucy = next(member for member in found["staff"] if member["email"] == "lucy.n002w2@example.com")
    nights = [row for row in found["schedules"] if row["staff_id"] == lucy["id"]]
    assert [(row["starts_at"], row["role"], row["status"], row["timezone"]) for row in nights] == [
        ("2026-11-23T08:00:00Z", "Nurse", "published", "Europe/Brussels"),
        ("2026-11-24T14:00:00Z", "Nurse", "published", "Europe/Brussels"),
        ("2026-12-06T22:00:00Z", "Nurse", "published", "Europe/Brussels"),
    ]
    assert [row["note"] for row in found["timeoff"]] == ["Any shift off", "Night shift off"]
    assert {row["status"] for row in found["timeoff"]} == {"pending"}


async def test_entering_it_twice_changes_nothing(http: httpx2.AsyncClient, plan: Plan):
    await enter(http, plan)
    before = await everything(http)
    again = await enter(http, plan)
    assert await everything(http) == before
    assert again.entered == {}
    assert again.already_there == {"locations": 1, "needs": 1, "staff": 2, "schedules": 5, "time-off requests": 2}


async def test_an_entry_that_broke_off_is_completed(http: httpx2.AsyncClient, plan: Plan):
    await enter(http, Plan(plan.location, plan.needs, plan.staff, plan.schedules[:2], [], plan.starts_at, plan.ends_at))
    summary = await enter(http, plan)
    assert (summary.entered["schedules"], summary.already_there["schedules"]) == (3, 2)


async def test_soft_objections_are_overruled_and_told(http: httpx2.AsyncClient, plan: Plan):
    email, night = plan.schedules[1]
    double = Plan(
        plan.location, plan.needs, plan.staff, [(email, night), plan.schedules[0]], [], plan.starts_at, plan.ends_at
    )
    unskilled = ("lucy.n002w2@example.com", plan.schedules[0][1])
    double.schedules.append(unskilled)
    summary = await enter(http, double)
    assert summary.entered["schedules"] == 3
    [objection] = summary.accepted
    assert (objection.title, objection.code) == ("Alice, Early on Mon 2026-11-23", "skill")
    assert objection.message == "Lucy does not have the skill HeadNurse (skills: Nurse)."


async def test_soft_objections_stand_when_nobody_overrules_them(http: httpx2.AsyncClient, plan: Plan):
    unskilled = ("lucy.n002w2@example.com", plan.schedules[0][1])
    only = Plan(plan.location, plan.needs, plan.staff, [unskilled], [], plan.starts_at, plan.ends_at)
    summary = await enter(http, only, accept_soft=False)
    assert (summary.entered["schedules"], summary.refused_entries["schedules"]) == (0, 1)
    assert [objection.code for objection in summary.refused] == ["skill"]
    assert (await everything(http))["schedules"] == []


async def test_hard_objections_stand_and_are_told(http: httpx2.AsyncClient, plan: Plan):
    clash = ("lucy.n002w2@example.com", plan.schedules[0][1])
    summary = await enter(
        http, Plan(plan.location, plan.needs, plan.staff, [*plan.schedules, clash], [], plan.starts_at, plan.ends_at)
    )
    assert (summary.entered["schedules"], summary.refused_entries["schedules"]) == (5, 1)
    assert "overlap" in {objection.code for objection in summary.refused}


async def test_signing_in_wrongly_is_told(http: httpx2.AsyncClient, plan: Plan):
    api = ApiClient(http, Pace(FAST), "mona@example.com", "guess")
    with pytest.raises(ApiError, match="was answered with 401: The e-mail or the password is wrong"):
        await Entering(api, accept_soft=True, step=lambda _: None).enter(plan)


async def test_somebody_who_may_not_is_told(http: httpx2.AsyncClient, plan: Plan):
    api = ApiClient(http, Pace(FAST), "alice@example.com", PASSWORD)
    with pytest.raises(ApiError, match="Only managers may add locations"):
        await Entering(api, accept_soft=True, step=lambda _: None).enter(plan)


async def test_a_location_of_another_zone_is_not_taken_for_ours(http: httpx2.AsyncClient, plan: Plan):
    await enter(http, plan)
    tokyo = Entry("Ward two", {"name": "Ward two", "timezone": "Asia/Tokyo"})
    elsewhere = Plan(tokyo, plan.needs, [], [], [], plan.starts_at, plan.ends_at)
    with pytest.raises(ApiError, match="The location Ward two is there with the time zone Europe/Brussels"):
        await enter(http, elsewhere)


async def test_a_long_entry_signs_in_again(http: httpx2.AsyncClient, plan: Plan, clock: ManualClock):
    entering = Entering(manager(http), accept_soft=True, step=lambda _: clock.advance(minutes=10))
    assert (await entering.enter(plan)).entered["schedules"] == 5


async def test_a_server_that_is_not_there_is_named():
    async with httpx2.AsyncClient(base_url="http://127.0.0.1:1") as http:
        with pytest.raises(ApiError, match=r"The server at http://127\.0\.0\.1:1 cannot be reached"):
            await manager(http).get("/api/staff")


async def test_why_a_server_cannot_be_reached_adds_no_full_stop():
    async with httpx2.AsyncClient(base_url="nonsense") as http:
        with pytest.raises(ApiError, match=r"cannot be reached: .*[^.]\.$"):
            await manager(http).get("/api/staff")


async def test_a_server_of_another_kind_is_told():
    transport = httpx2.MockTransport(lambda request: httpx2.Response(200, text="<h1>It works!</h1>", request=request))
    async with httpx2.AsyncClient(base_url="http://127.0.0.1:1", transport=transport) as http:
        with pytest.raises(ApiError, match="Is the address right"):
            await manager(http).get("/api/staff")


async def test_requests_are_paced():
    now, slept = 0.0, []

    async def sleep(seconds: float) -> None:
        nonlocal now
        slept.append(round(seconds, 6))
        now += seconds

    pace = Pace(50, clock=lambda: now, sleep=sleep)
    for _ in range(3):
        await pace.wait()
    now += 1
    for _ in range(2):
        await pace.wait()
    # Twenty milliseconds apart; a second of nothing is not made up for.
    assert slept == [0.02, 0.02, 0.02]


@pytest.mark.skipif(not DATA.is_dir(), reason=f"the competition's data is not at {DATA} (TIDINGS_SHARED=…)")
@pytest.mark.parametrize(
    ("name", "nurses", "assignments", "requests"), [("n012w8", 12, 413, 50), ("n021w4", 21, 336, 23)]
)
async def test_a_real_ward(http: httpx2.AsyncClient, name: str, nurses: int, assignments: int, requests: int):
    plan = plan_of(load_ward(DATA / name), date(2026, 11, 23), name, ZoneInfo("Europe/Brussels"))
    assert (len(plan.staff), len(plan.schedules), len(plan.time_off)) == (nurses, assignments, requests)
    summary = await enter(http, plan)
    # The competition's rosters break none of its hard rules, and ours are no harder.
    assert summary.refused == []
    assert summary.entered == {
        "locations": 1,
        "needs": 1,
        "staff": nurses,
        "schedules": assignments,
        "time-off requests": requests,
    }
    rows = (await everything(http))["schedules"]
    for staff_id in {row["staff_id"] for row in rows}:
        own = sorted((row["starts_at"], row["ends_at"]) for row in rows if row["staff_id"] == staff_id)
        assert all(before[1] <= after[0] for before, after in pairwise(own))
