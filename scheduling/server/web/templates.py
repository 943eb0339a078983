"""/api/templates."""

from fastapi import APIRouter

from scheduling.server.domain.template import FullTemplate, Template
from scheduling.server.services.ports import VersionOf

from .bodies import NewTemplate, TemplateChange
from .callers import Caller, ServicesDep
from .parameters import PathId, QueryVersion
from .repeats import Named, RepeatableRoute

router = APIRouter(prefix="/api/templates", tags=["templates"], route_class=RepeatableRoute)


@router.get("")
async def find(caller: Caller, services: ServicesDep) -> list[Template]:
    return await services.templates.all(caller)


@router.get("/{template_id}")
async def get(caller: Caller, services: ServicesDep, template_id: PathId) -> FullTemplate:
    return await services.templates.get(caller, template_id)


@router.post("", status_code=201)
async def add(caller: Caller, services: ServicesDep, body: NewTemplate, named: Named) -> FullTemplate:
    return await services.templates.add(caller, body.name, body.entities(), named)


@router.put("/{template_id}")
async def change(
    caller: Caller, services: ServicesDep, template_id: PathId, body: TemplateChange, named: Named
) -> FullTemplate:
    """Rename it; with `shifts`, set these in place of all that were."""
    seen = VersionOf(template_id, body.version)
    return await services.templates.change(caller, seen, body.name, body.entities(), named)


@router.delete("/{template_id}", status_code=204)
async def delete(
    caller: Caller, services: ServicesDep, template_id: PathId, version: QueryVersion, named: Named
) -> None:
    await services.templates.delete(caller, VersionOf(template_id, version), named)
