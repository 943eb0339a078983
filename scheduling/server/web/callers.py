"""Who is calling, and the use cases that a route calls: FastAPI dependencies."""

from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from scheduling.server.domain.staff import Staff
from scheduling.server.services.calendar import CalendarService
from scheduling.server.services.checks import CheckService
from scheduling.server.services.errors import Unauthenticated
from scheduling.server.services.imports import ImportService
from scheduling.server.services.needs import NeedsService
from scheduling.server.services.offers import OfferService
from scheduling.server.services.open_shifts import OpenShiftService
from scheduling.server.services.schedules import ScheduleService
from scheduling.server.services.sessions import SessionService
from scheduling.server.services.simulation import Demo
from scheduling.server.services.staff import TeamService
from scheduling.server.services.templates import TemplateService
from scheduling.server.services.time_off import TimeOffService


@dataclass(frozen=True, slots=True)
class Services:
    """All use cases, made once by `main` and kept in the app's state as `services`."""

    sessions: SessionService
    team: TeamService
    schedules: ScheduleService
    checks: CheckService
    needs: NeedsService
    time_off: TimeOffService
    open_shifts: OpenShiftService
    offers: OfferService
    calendar: CalendarService
    imports: ImportService
    templates: TemplateService
    demo: Demo | None
    """What a visitor is told; None where real people work."""


def services_of(request: Request) -> Services:
    return cast("Services", request.app.state.services)


ServicesDep = Annotated[Services, Depends(services_of)]
_bearer = HTTPBearer(auto_error=False, description="The access token of POST /api/auth/login.")


async def identify(
    services: ServicesDep, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> Staff:
    """Whoever the bearer token names. Raises Unauthenticated."""
    if credentials is None:
        raise Unauthenticated("Sign in first: this needs a header `Authorization: Bearer <access token>`.")
    return await services.sessions.identify(credentials.credentials)


Caller = Annotated[Staff, Depends(identify)]
