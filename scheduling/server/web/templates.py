"""/api/templates."""

from fastapi import APIRouter

from scheduling.server.domain.template import FullTemplate, Template
from scheduling.server.services.ports import VersionOf

from .bodies import NewTemplate, TemplateChange
from .callers import Caller, RequestId, ServicesDep
from .schedules import PathId, QueryVersion

router = APIRouter(prefix="/api/templates", tags=["templates"])


@router.get("")
async def find(caller: Caller, services: ServicesDep) -> list[Template]:
    return await services.templates.all(caller)


@router.get("/{template_id}")
async def get(caller: Caller, services: ServicesDep, template_id: PathId) -> FullTemplate:
    return await services.templates.get(caller, template_id)


@router.post("", status_code=201)
async def add(caller: Caller, services: ServicesDep, body: NewTemplate, request_id: RequestId) -> FullTemplate:
    return await services.templates.add(caller, body.name, body.entities(), request_id)


@router.put("/{template_id}")
async def change(
    caller: Caller, services: ServicesDep, template_id: PathId, body: TemplateChange, request_id: RequestId
) -> FullTemplate:
    """Rename it; with `shifts`, set these in place of all that were."""
    seen = VersionOf(template_id, body.version)
    return await services.templates.change(caller, seen, body.name, body.entities(), request_id)


@router.delete("/{template_id}", status_code=204)
async def delete(
    caller: Caller, services: ServicesDep, template_id: PathId, version: QueryVersion, request_id: RequestId
) -> None:
    await services.templates.delete(caller, VersionOf(template_id, version), request_id)
