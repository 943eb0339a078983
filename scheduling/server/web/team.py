"""/api/staff and /api/locations."""

from fastapi import APIRouter

from scheduling.server.domain.schedule import Location
from scheduling.server.domain.staff import Contract, Staff
from scheduling.server.services.ports import NewStaff

from .bodies import NewLocation, NewMember
from .callers import Caller, RequestId, ServicesDep

router = APIRouter(prefix="/api", tags=["team"])


@router.get("/staff")
async def staff(caller: Caller, services: ServicesDep) -> list[Staff]:
    return await services.team.all(caller)


@router.post("/staff", status_code=201)
async def add_staff(caller: Caller, services: ServicesDep, body: NewMember, request_id: RequestId) -> Staff:
    contract = Contract.model_validate(body.contract.model_dump())
    new = NewStaff(body.name, body.email, body.role, tuple(body.skills), contract)
    return await services.team.add(caller, new, body.password, request_id)


@router.get("/locations")
async def locations(_: Caller, services: ServicesDep) -> list[Location]:
    return await services.team.locations()


@router.post("/locations", status_code=201)
async def add_location(caller: Caller, services: ServicesDep, body: NewLocation) -> Location:
    return await services.team.add_location(caller, Location(name=body.name, timezone=body.timezone))
