import httpx2
import pytest

from scheduling.server.services.imports import MOST_LINES
from scheduling.server.web.sheets import MOST_BYTES
from scheduling.tests.conftest import Json
from scheduling.tests.roster import NORTH
from scheduling.tests.web.conftest import monday_shift, problem
from scheduling.tests.web.screens import BOB, MONA, Desk

IMPORT = "/api/schedules/import"
WEEK = "?from=2026-11-23T00:00:00Z&to=2026-11-30T00:00:00Z"
CSV = {"Content-Type": "text/csv; charset=utf-8"}
HEADING = "date,starts,ends,person,role,location,status"
ROWS = ("2026-11-23,07:00,15:00,Alice,Nurse,North Ward,published", "2026-11-24,22:00,06:00,,Nurse,North Ward,")
GOOD = "\r\n".join([HEADING, *ROWS])


async def listed(client: httpx2.AsyncClient) -> list[Json]:
    rows: list[Json] = (await client.get("/api/schedules")).json()
    return rows


async def test_lines_become_shifts_and_a_dry_run_says_so_before(mona: httpx2.AsyncClient):
    dry = (await mona.post(f"{IMPORT}?dry_run=true", content=GOOD, headers=CSV)).json()
    assert (dry["dry_run"], len(dry["created"]), dry["changed"], dry["unchanged"]) == (True, 2, [], 0)
    assert await listed(mona) == []
    done = (await mona.post(IMPORT, content=GOOD, headers=CSV)).json()
    assert done["created"] == await listed(mona)
    assert [(each["staff_id"], each["ends_at"], each["status"]) for each in done["created"]] == [
        (2, "2026-11-23T15:00:00Z", "published"),
        (None, "2026-11-25T06:00:00Z", "draft"),
    ]


async def test_what_was_exported_is_imported_again(mona: httpx2.AsyncClient):
    await mona.post(IMPORT, content=GOOD, headers=CSV)
    exported = await mona.get(f"/api/schedules.csv{WEEK}")
    assert exported.headers["content-type"] == "text/csv; charset=utf-8"
    assert exported.headers["content-disposition"] == 'attachment; filename="shifts.csv"'
    assert exported.content.startswith(b"\xef\xbb\xbfid,version,date,")
    again = (await mona.post(IMPORT, content=exported.content, headers=CSV)).json()
    assert (again["created"], again["changed"], again["unchanged"]) == ([], [], 2)
    later = exported.content.replace(b"07:00,15:00", b"08:00,15:00")
    changed = (await mona.post(IMPORT, content=later, headers=CSV)).json()["changed"]
    assert [(each["before"]["version"], each["after"]["starts_at"]) for each in changed] == [
        (1, "2026-11-23T08:00:00Z")
    ]
    stale = problem(await mona.post(IMPORT, content=later, headers=CSV), 422, "lines")
    assert [(each["field"], each["code"]) for each in stale["errors"]] == [("lines.2.version", "stale")]


async def test_the_export_holds_what_starts_in_the_week_and_what_one_may_see(
    mona: httpx2.AsyncClient, alice: httpx2.AsyncClient
):
    await mona.post("/api/schedules", json=monday_shift(staff_id=None, starts_at="2026-11-22T22:00:00Z"))
    await mona.post(IMPORT, content=GOOD, headers=CSV)
    for client, statuses in ((mona, ["published", "draft"]), (alice, ["published"])):
        lines = (await client.get(f"/api/schedules.csv{WEEK}")).text.splitlines()[1:]
        assert [line.rpartition(",")[2] for line in lines] == statuses


async def test_what_is_wrong_is_told_by_line_and_nothing_is_done(mona: httpx2.AsyncClient):
    content = GOOD.replace("22:00", "25:00").replace("2026-11-23", "23/11/26")
    refused = problem(await mona.post(IMPORT, content=content, headers=CSV), 422, "lines")
    assert refused["detail"].endswith("Line 3, starts: 25:00 is not a time; write HH:MM, such as 07:30.")
    assert [(each["field"], each["code"], each["severity"]) for each in refused["errors"]] == [
        ("lines.2.date", "not_a_date", "hard"),
        ("lines.3.starts", "not_a_time", "hard"),
    ]
    assert refused["errors"][1]["params"] == {"text": "25:00"}
    assert await listed(mona) == []


async def test_soft_rules_can_be_overruled(mona: httpx2.AsyncClient):
    content = GOOD.replace("Alice,Nurse", "Alice,Head nurse")
    refused = problem(await mona.post(IMPORT, content=content, headers=CSV), 422, "lines")
    assert [(each["field"], each["code"], each["severity"]) for each in refused["errors"]] == [
        ("lines.2.role", "skill", "soft")
    ]
    done = await mona.post(f"{IMPORT}?accept=skill&accept=rest", content=content, headers=CSV)
    assert len(done.json()["created"]) == 2


async def test_other_senders_are_refused(mona: httpx2.AsyncClient, alice: httpx2.AsyncClient, http: httpx2.AsyncClient):
    problem(await alice.post(IMPORT, content=GOOD, headers=CSV), 403, "forbidden")
    problem(await http.post(IMPORT, content=GOOD, headers=CSV), 401, "unauthenticated")
    json = await mona.post(IMPORT, content=GOOD, headers={"Content-Type": "application/json"})
    assert "Content-Type: text/csv" in problem(json, 415, "unsupported-media-type")["detail"]
    problem(await mona.post(f"{IMPORT}?accept=overlap", content=GOOD, headers=CSV), 422, "validation")


async def test_an_import_may_be_larger_than_other_bodies_but_not_boundless(mona: httpx2.AsyncClient):
    note = '"' + "x" * 900 + '"'
    rows = "".join(f"2026-11-{n % 28 + 1:02},07:00,15:00,,Nurse,{NORTH.name},{note}\n" for n in range(MOST_LINES))
    response = await mona.post(
        f"{IMPORT}?dry_run=true", content="date,starts,ends,person,role,location,note\n" + rows, headers=CSV
    )
    assert len(response.json()["created"]) == MOST_LINES
    large = problem(await mona.post(IMPORT, content=b"x" * (MOST_BYTES + 1), headers=CSV), 413, "too-large")
    assert str(MOST_BYTES) in large["detail"]


@pytest.mark.parametrize("dry", [True, False])
def test_others_hear_of_an_import_but_not_of_a_dry_run(desk: Desk, dry: bool):
    with desk.screen(MONA, "schedules:drafts") as mona, desk.screen(BOB, "schedules") as bob:
        headers = {**CSV, "X-Request-ID": "import-1"}
        answer = desk.client.post(f"{IMPORT}?dry_run={dry}", content=GOOD, headers=headers)
        assert len(answer.json()["created"]) == 2
        assert mona.news() == ([] if dry else [("schedules:drafts", "schedule:created")])
        told = bob.events()
        assert [each["id"].partition(".")[0] for each in told] == ([] if dry else ["import-1"])
