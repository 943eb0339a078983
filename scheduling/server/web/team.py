"""/api/staff and /api/locations."""

from fastapi import APIRouter

from scheduling.server.domain.schedule import Location
from scheduling.server.domain.staff import Contract, Staff
from scheduling.server.services.ports import NewStaff, VersionOf

from .bodies import Cancellation, MemberChange, NewLocation, NewMember, Removal
from .callers import Caller, ServicesDep
from .parameters import PathId
from .repeats import Named, RepeatableRoute

router = APIRouter(prefix="/api", tags=["team"], route_class=RepeatableRoute)


@router.get("/staff")
async def staff(caller: Caller, services: ServicesDep) -> list[Staff]:
    return await services.team.all(caller)


@router.post("/staff", status_code=201)
async def add_staff(caller: Caller, services: ServicesDep, body: NewMember, named: Named) -> Staff:
    contract = Contract.model_validate(body.contract.model_dump())
    new = NewStaff(body.name, body.email, body.role, tuple(body.skills), contract)
    return await services.team.add(caller, new, body.password, named)


@router.patch("/staff/{staff_id}")
async def change_staff(
    caller: Caller, services: ServicesDep, staff_id: PathId, body: MemberChange, named: Named
) -> Staff:
    seen = VersionOf(staff_id, body.version)
    return await services.team.change(caller, seen, body.changes(), body.password, named)


@router.post("/staff/{staff_id}/remove")
async def remove_staff(caller: Caller, services: ServicesDep, staff_id: PathId, body: Removal, named: Named) -> Staff:
    return await services.team.remove(caller, VersionOf(staff_id, body.version), body.shifts, named)


@router.post("/staff/{staff_id}/restore")
async def restore_staff(
    caller: Caller, services: ServicesDep, staff_id: PathId, body: Cancellation, named: Named
) -> Staff:
    return await services.team.restore(caller, VersionOf(staff_id, body.version), named)


@router.get("/locations")
async def locations(_: Caller, services: ServicesDep) -> list[Location]:
    return await services.team.locations()


@router.post("/locations", status_code=201)
async def add_location(caller: Caller, services: ServicesDep, body: NewLocation, named: Named) -> Location:
    return await services.team.add_location(caller, Location(name=body.name, timezone=body.timezone), named)
