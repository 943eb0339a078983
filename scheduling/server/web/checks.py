"""/api/schedules/check and /api/schedules/suggestions: the rules, asked before anything is saved."""

from fastapi import APIRouter
from pydantic import BaseModel

from scheduling.server.domain.rules import Violation
from scheduling.server.domain.suggestions import Suggestion

from .bodies import ConsideredShift
from .callers import Caller, ServicesDep

router = APIRouter(prefix="/api/schedules", tags=["schedules"])


class Checked(BaseModel):
    """All objections; none of them: the shift may be saved."""

    violations: list[Violation]


class Suggestions(BaseModel):
    """The best first."""

    suggestions: list[Suggestion]


@router.post("/check")
async def check(caller: Caller, services: ServicesDep, body: ConsideredShift) -> Checked:
    """What the rules would say if this shift were saved now."""
    return Checked(violations=await services.checks.check(caller, body.shift(), body.id))


@router.post("/suggestions")
async def suggestions(caller: Caller, services: ServicesDep, body: ConsideredShift) -> Suggestions:
    """Who else could take this shift."""
    return Suggestions(suggestions=await services.checks.suggest(caller, body.shift(), body.id))
