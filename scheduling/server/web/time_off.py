"""/api/timeoff."""

from fastapi import APIRouter

from scheduling.server.domain.time_off import TimeOff, TimeOffStatus
from scheduling.server.services.ports import NewTimeOff, VersionOf

from .bodies import Approval, Cancellation, Decided, TimeOffRequest
from .callers import Caller, RequestId, ServicesDep
from .schedules import PathId, WindowDep

router = APIRouter(prefix="/api/timeoff", tags=["time off"])


@router.get("")
async def find(
    caller: Caller, services: ServicesDep, window: WindowDep, status: TimeOffStatus | None = None
) -> list[TimeOff]:
    return await services.time_off.find(caller, window, status)


@router.post("", status_code=201)
async def request(caller: Caller, services: ServicesDep, body: TimeOffRequest, request_id: RequestId) -> TimeOff:
    new = NewTimeOff(body.staff_id or caller.id, body.starts_at, body.ends_at, body.note)
    return await services.time_off.request(caller, new, request_id)


@router.post("/{time_off_id}/approve")
async def approve(
    caller: Caller, services: ServicesDep, time_off_id: PathId, body: Approval, request_id: RequestId
) -> TimeOff:
    seen = VersionOf(time_off_id, body.version)
    return await services.time_off.decide(caller, seen, "approve", body.note, body.accept, request_id, fate=body.shifts)


@router.post("/{time_off_id}/deny")
async def deny(
    caller: Caller, services: ServicesDep, time_off_id: PathId, body: Decided, request_id: RequestId
) -> TimeOff:
    seen = VersionOf(time_off_id, body.version)
    return await services.time_off.decide(caller, seen, "deny", body.note, body.accept, request_id)


@router.post("/{time_off_id}/cancel")
async def cancel(
    caller: Caller, services: ServicesDep, time_off_id: PathId, body: Cancellation, request_id: RequestId
) -> TimeOff:
    return await services.time_off.decide(caller, VersionOf(time_off_id, body.version), "cancel", "", (), request_id)
