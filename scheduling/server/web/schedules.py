"""/api/schedules."""

from fastapi import APIRouter
from pydantic import BaseModel

from scheduling.server.domain.schedule import Schedule, ScheduleStatus
from scheduling.server.services.ports import Batched, VersionOf

from .bodies import NewSchedule, Publish, ScheduleBatch, ScheduleChange
from .callers import Caller, ServicesDep
from .parameters import PathId, QueryId, QueryVersion, WindowDep
from .repeats import Named, RepeatableRoute

router = APIRouter(prefix="/api/schedules", tags=["schedules"], route_class=RepeatableRoute)
BATCH_PATH = "/api/schedules/batch"


class Published(BaseModel):
    schedules: list[Schedule]


@router.get("")
async def find(
    caller: Caller,
    services: ServicesDep,
    window: WindowDep,
    staff_id: QueryId = None,
    status: ScheduleStatus | None = None,
) -> list[Schedule]:
    return await services.schedules.find(caller, window, staff_id, status)


@router.post("", status_code=201)
async def create(caller: Caller, services: ServicesDep, body: NewSchedule, named: Named) -> Schedule:
    return await services.schedules.create(caller, body.shift(), body.accept, named)


@router.post("/publish")
async def publish(caller: Caller, services: ServicesDep, body: Publish, named: Named) -> Published:
    seen = [ref.seen() for ref in body.schedules]
    return Published(schedules=await services.schedules.publish(caller, seen, body.accept, named))


@router.post(BATCH_PATH.removeprefix(router.prefix))
async def batch(caller: Caller, services: ServicesDep, body: ScheduleBatch, named: Named) -> Batched:
    """All of it or nothing; the rules are held against what all of it together would leave."""
    return await services.schedules.batch(caller, body.batch(), body.accept, named)


@router.patch("/{schedule_id}")
async def change(
    caller: Caller, services: ServicesDep, schedule_id: PathId, body: ScheduleChange, named: Named
) -> Schedule:
    seen = VersionOf(schedule_id, body.version)
    return await services.schedules.change(caller, seen, body.changes(), body.accept, named)


@router.delete("/{schedule_id}", status_code=204)
async def delete(
    caller: Caller, services: ServicesDep, schedule_id: PathId, version: QueryVersion, named: Named
) -> None:
    await services.schedules.delete(caller, VersionOf(schedule_id, version), named)
