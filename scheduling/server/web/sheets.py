"""/api/schedules.csv and /api/schedules/import: shifts as a spreadsheet's lines."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel

from scheduling.server.domain.rules import SoftCode
from scheduling.server.domain.schedule import Schedule
from scheduling.server.services.errors import NotCsv
from scheduling.server.services.imports import Edited

from . import sheet, sheet_reader
from .callers import Caller, ServicesDep
from .parameters import WindowDep
from .repeats import Named, RepeatableRoute

router = APIRouter(prefix="/api", tags=["spreadsheets"], route_class=RepeatableRoute)
MEDIA_TYPE = "text/csv"
IMPORT_PATH = "/api/schedules/import"
MOST_BYTES = 2_000_000
"""What an import may bring."""


class ImportResult(BaseModel):
    """What was added and changed; in a dry run, what would be."""

    dry_run: bool
    created: list[Schedule]
    changed: list[Edited]
    unchanged: int


@router.get("/schedules.csv", response_class=Response, responses={200: {"content": {MEDIA_TYPE: {}}}})
async def export(caller: Caller, services: ServicesDep, window: WindowDep) -> Response:
    """The shifts that start in [from, to), as the caller may see them: a line each, by start (RFC 4180)."""
    found = await services.schedules.find(caller, window, None, None)
    staff = await services.team.all(caller)
    text = sheet.write([shift for shift in found if window.holds(shift.starts_at)], staff)
    headers = {"Content-Disposition": 'attachment; filename="shifts.csv"', "Cache-Control": "private, no-store"}
    return Response(text, media_type=MEDIA_TYPE, headers=headers)


@router.post(
    IMPORT_PATH.removeprefix("/api"),
    openapi_extra={"requestBody": {"required": True, "content": {MEDIA_TYPE: {"schema": {"type": "string"}}}}},
)
async def take_over(
    request: Request,
    caller: Caller,
    services: ServicesDep,
    named: Named,
    accept: Annotated[frozenset[SoftCode] | None, Query(description="Soft rules that do not matter.")] = None,
    dry_run: bool = False,
) -> ImportResult:
    """All lines or none: one with an `id` changes that shift, as its `version` was seen; others add shifts, as drafts
    where they do not say otherwise. What is wrong is told by line and column."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != MEDIA_TYPE:
        raise NotCsv("The lines must say that they are CSV: send the header `Content-Type: text/csv` with them.")
    roster = await services.imports.roster(caller)
    lines = sheet_reader.read(await request.body(), *roster)
    done = await services.imports.run(caller, lines, accept or (), dry_run=dry_run, named=named)
    return ImportResult(dry_run=dry_run, created=done.created, changed=done.changed, unchanged=done.unchanged)
