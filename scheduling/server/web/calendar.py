"""/api/calendar/links, /api/schedules.ics, and the calendar links themselves: /calendar/….ics."""

import hashlib
from typing import Annotated

from fastapi import APIRouter, Header, Request, Response
from pydantic import BaseModel

from scheduling.server.domain.calendar import CalendarLink

from .bodies import NewCalendarLink
from .callers import Caller, ServicesDep
from .parameters import PathId, WindowDep
from .repeats import Named, RepeatableRoute

router = APIRouter(tags=["calendar"], route_class=RepeatableRoute)
MEDIA_TYPE = "text/calendar"


class CalendarAddress(BaseModel):
    """A link that was made, and its `path` on this server: whoever knows it sees the shifts. It is told only now."""

    link: CalendarLink
    path: str


@router.get("/api/calendar/links")
async def find(caller: Caller, services: ServicesDep) -> list[CalendarLink]:
    return await services.calendar.links(caller)


@router.post("/api/calendar/links", status_code=201)
async def make(
    caller: Caller, services: ServicesDep, body: NewCalendarLink, named: Named, response: Response
) -> CalendarAddress:
    made = await services.calendar.make(caller, body.location, named)
    response.headers["Cache-Control"] = "no-store"
    return CalendarAddress(link=made.link, path=f"/calendar/{made.token}.ics")


@router.delete("/api/calendar/links/{link_id}", status_code=204)
async def revoke(caller: Caller, services: ServicesDep, link_id: PathId, named: Named) -> None:
    await services.calendar.revoke(caller, link_id, named)


@router.get("/api/schedules.ics", response_class=Response, responses={200: {"content": {MEDIA_TYPE: {}}}})
async def between(caller: Caller, services: ServicesDep, window: WindowDep, request: Request) -> Response:
    """The published shifts that start in [from, to), for a calendar program to take over once."""
    text = await services.calendar.between(caller, window, _host(request))
    headers = {"Content-Disposition": 'attachment; filename="shifts.ics"', "Cache-Control": "private, no-store"}
    return Response(text, media_type=MEDIA_TYPE, headers=headers)


@router.head("/calendar/{token}.ics", include_in_schema=False)
@router.get(
    "/calendar/{token}.ics",
    response_class=Response,
    responses={200: {"content": {MEDIA_TYPE: {}}}, 304: {"description": "As it was read before"}},
)
async def feed(
    services: ServicesDep,
    token: str,
    request: Request,
    seen: Annotated[str | None, Header(alias="If-None-Match")] = None,
) -> Response:
    """What a calendar link shows; who knows the address needs no sign-in."""
    text = await services.calendar.feed(token, _host(request))
    tag = f'"{hashlib.sha256(text).hexdigest()[:32]}"'
    # Asked again each time, so that a link that was revoked shows nothing from that moment on.
    headers = {"ETag": tag, "Cache-Control": "private, no-cache", "X-Robots-Tag": "noindex"}
    if _is_seen(tag, seen):
        return Response(status_code=304, headers=headers)
    return Response(text, media_type=MEDIA_TYPE, headers=headers)


def _host(request: Request) -> str:
    return request.url.hostname or "localhost"


def _is_seen(tag: str, seen: str | None) -> bool:
    """Whether `seen`, an If-None-Match, names `tag` (RFC 9110, section 13.1.2: compared weakly)."""
    named = [each.strip().removeprefix("W/") for each in (seen or "").split(",")]
    return tag in named or "*" in named
