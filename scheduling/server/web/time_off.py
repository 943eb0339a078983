"""/api/timeoff."""

from fastapi import APIRouter

from scheduling.server.domain.time_off import TimeOff, TimeOffStatus
from scheduling.server.services.ports import NewTimeOff, VersionOf

from .bodies import Approval, Cancellation, Decided, TimeOffRequest
from .callers import Caller, ServicesDep
from .parameters import PathId, WindowDep
from .repeats import Named, RepeatableRoute

router = APIRouter(prefix="/api/timeoff", tags=["time off"], route_class=RepeatableRoute)


@router.get("")
async def find(
    caller: Caller, services: ServicesDep, window: WindowDep, status: TimeOffStatus | None = None
) -> list[TimeOff]:
    return await services.time_off.find(caller, window, status)


@router.post("", status_code=201)
async def request(caller: Caller, services: ServicesDep, body: TimeOffRequest, named: Named) -> TimeOff:
    new = NewTimeOff(body.staff_id or caller.id, body.starts_at, body.ends_at, body.note)
    return await services.time_off.request(caller, new, named)


@router.post("/{time_off_id}/approve")
async def approve(caller: Caller, services: ServicesDep, time_off_id: PathId, body: Approval, named: Named) -> TimeOff:
    seen = VersionOf(time_off_id, body.version)
    return await services.time_off.decide(caller, seen, "approve", body.note, body.accept, named, fate=body.shifts)


@router.post("/{time_off_id}/deny")
async def deny(caller: Caller, services: ServicesDep, time_off_id: PathId, body: Decided, named: Named) -> TimeOff:
    seen = VersionOf(time_off_id, body.version)
    return await services.time_off.decide(caller, seen, "deny", body.note, body.accept, named)


@router.post("/{time_off_id}/cancel")
async def cancel(
    caller: Caller, services: ServicesDep, time_off_id: PathId, body: Cancellation, named: Named
) -> TimeOff:
    return await services.time_off.decide(caller, VersionOf(time_off_id, body.version), "cancel", "", (), named)
