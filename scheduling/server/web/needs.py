"""/api/needs."""

from fastapi import APIRouter

from scheduling.server.domain.needs import LocationNeeds

from .bodies import NeedsOfLocation
from .callers import Caller, ServicesDep
from .repeats import Named, RepeatableRoute

router = APIRouter(prefix="/api/needs", tags=["needs"], route_class=RepeatableRoute)


@router.get("")
async def find(_: Caller, services: ServicesDep) -> list[LocationNeeds]:
    return await services.needs.all()


@router.put("")
async def replace(caller: Caller, services: ServicesDep, body: NeedsOfLocation, named: Named) -> LocationNeeds:
    """All that one location needs, in place of the version that was seen."""
    return await services.needs.replace(caller, body.location, body.version, body.entities(), named)
