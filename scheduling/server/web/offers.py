"""/api/offers."""

from fastapi import APIRouter

from scheduling.server.domain.offer import Offer
from scheduling.server.services.offers import SeenOffer
from scheduling.server.services.ports import VersionOf

from .bodies import Answer, Cancellation, Decided, NewOffer
from .callers import Caller, ServicesDep
from .parameters import PathId
from .repeats import Named, RepeatableRoute

router = APIRouter(prefix="/api/offers", tags=["offers"], route_class=RepeatableRoute)


@router.get("")
async def find(caller: Caller, services: ServicesDep) -> list[SeenOffer]:
    """Open and recent ones: what concerns the caller, or all for a manager."""
    return await services.offers.find(caller)


@router.post("", status_code=201)
async def make(caller: Caller, services: ServicesDep, body: NewOffer, named: Named) -> Offer:
    wanted = None if body.wanted is None else body.wanted.seen()
    return await services.offers.make(caller, body.schedule.seen(), body.to_id, wanted, body.note, named)


@router.post("/{offer_id}/accept")
async def accept(caller: Caller, services: ServicesDep, offer_id: PathId, body: Cancellation, named: Named) -> Offer:
    return await services.offers.accept(caller, VersionOf(offer_id, body.version), named)


@router.post("/{offer_id}/approve")
async def approve(caller: Caller, services: ServicesDep, offer_id: PathId, body: Decided, named: Named) -> Offer:
    seen = VersionOf(offer_id, body.version)
    return await services.offers.approve(caller, seen, body.note, body.accept, named)


@router.post("/{offer_id}/decline")
async def decline(caller: Caller, services: ServicesDep, offer_id: PathId, body: Answer, named: Named) -> Offer:
    return await services.offers.decline(caller, VersionOf(offer_id, body.version), body.note, named)


@router.post("/{offer_id}/withdraw")
async def withdraw(caller: Caller, services: ServicesDep, offer_id: PathId, body: Cancellation, named: Named) -> Offer:
    return await services.offers.withdraw(caller, VersionOf(offer_id, body.version), named)
