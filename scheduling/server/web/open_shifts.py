"""/api/schedules/open and claims."""

from fastapi import APIRouter

from scheduling.server.domain.schedule import Schedule
from scheduling.server.services.open_shifts import OpenShift
from scheduling.server.services.ports import VersionOf

from .bodies import Claim
from .callers import Caller, ServicesDep
from .parameters import PathId
from .repeats import Named, RepeatableRoute

router = APIRouter(prefix="/api/schedules", tags=["open shifts"], route_class=RepeatableRoute)


@router.get("/open")
async def find(caller: Caller, services: ServicesDep) -> list[OpenShift]:
    """Shifts that nobody has, with what stands against the caller's taking them: nothing, or why not."""
    return await services.open_shifts.find(caller)


@router.post("/{schedule_id}/claim")
async def claim(caller: Caller, services: ServicesDep, schedule_id: PathId, body: Claim, named: Named) -> Schedule:
    return await services.open_shifts.claim(caller, VersionOf(schedule_id, body.version), named)
