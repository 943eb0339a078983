"""/api/about, which is always there, and /api/simulation, which is there in the demo only."""

from typing import Annotated, cast

from fastapi import APIRouter, Depends, HTTPException, Request
from pydantic import BaseModel

from scheduling.server.domain.simulation import Simulation, SimulationPace
from scheduling.server.services.simulation import SimulationService

from .bodies import Body
from .callers import Caller, ServicesDep

about_router = APIRouter(prefix="/api", tags=["about"])
router = APIRouter(prefix="/api/simulation", tags=["demo"])


class Visitor(BaseModel):
    """Whose e-mails, and which password, a visitor of the demo signs in with."""

    manager: str
    staff: str
    password: str


class About(BaseModel):
    """`demo` is None where real people work."""

    demo: Visitor | None


@about_router.get("/about")
async def about(services: ServicesDep) -> About:
    demo = services.demo
    return About(demo=Visitor(manager=demo.manager, staff=demo.staff, password=demo.password) if demo else None)


def simulation_of(request: Request) -> SimulationService:
    return cast("SimulationService", request.app.state.simulation)


SimulationDep = Annotated[SimulationService, Depends(simulation_of)]


class StartSimulation(Body):
    pace: SimulationPace


@router.get("")
async def current(_: Caller, simulation: SimulationDep) -> Simulation:
    return simulation.current()


@router.put("")
async def start(caller: Caller, simulation: SimulationDep, body: StartSimulation, request: Request) -> Simulation:
    return await simulation.start(caller, body.pace, own_address(request))


@router.delete("")
async def stop(caller: Caller, simulation: SimulationDep) -> Simulation:
    return await simulation.stop(caller)


def own_address(request: Request) -> str:
    """Where this server takes requests: the end of the connection that this one came by, whatever its `Host` says.

    Raises HTTPException where that is a Unix socket, by which the colleagues cannot come.
    """
    host, port = request.scope.get("server") or ("", None)
    if not host or host.startswith("/"):
        raise HTTPException(501, "Colleagues are simulated over TCP: start the server with --port, not a Unix socket.")
    name = f"[{host}]" if ":" in host else host
    return f"http://{name}" if port is None else f"http://{name}:{port}"
