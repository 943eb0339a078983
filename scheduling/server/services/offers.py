"""Use cases around offers: make one, answer it, decide it."""

from collections.abc import Collection
from datetime import datetime, timedelta

from scheduling.server.domain.offer import Offer, OfferStatus, OfferStep, check_ahead
from scheduling.server.domain.rules import Violation
from scheduling.server.domain.schedule import Schedule
from scheduling.server.domain.staff import Staff

from .access import require_manager
from .changes import Change, Desk, NamedRequest
from .errors import AlreadyDecided, AlreadyExists, Forbidden, NotFound, RulesBroken, StaleVersion
from .ports import MOST_ROWS, NewOffer, Transaction, VersionOf, at_most
from .shifts import not_here, objections, refuse, save_shift

RECENT = timedelta(days=14)
"""For so long an offer that is over is still shown."""


class SeenOffer(Offer):
    """An offer with what stands against its next step, where that is the reader's to take."""

    objections: tuple[Violation, ...] = ()


class OfferService:
    """Staff offer their own shifts and answer; managers decide. Who offers or accepts may overrule no rule.

    `named` is the request itself, where its client gave it a name (`Desk.change`).
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def find(self, viewer: Staff) -> list[SeenOffer]:
        """The open ones and the recent ones, newest first: one's own, or all for a manager. Raises TooMany."""
        now = self._desk.clock()
        async with self._desk.store.read() as tx:
            concerning = None if viewer.is_manager else viewer.id
            found = at_most(await tx.offers.find(concerning, now - RECENT, MOST_ROWS + 1), "offers")
            against = [await _next_objections(tx, offer, viewer, now) for offer in found]
        return [
            SeenOffer(**offer.model_dump(), objections=tuple(violations))
            for offer, violations in zip(found, against, strict=True)
        ]

    async def make(
        self,
        viewer: Staff,
        schedule: VersionOf,
        to_id: int | None,
        wanted: VersionOf | None,
        note: str,
        named: NamedRequest | None = None,
    ) -> Offer:
        """Offer one's own published shift to `to_id`, to all (None), or to whoever has the `wanted` one for it.

        Raises NotFound, StaleVersion, Forbidden, AlreadyExists, RulesBroken.
        """
        async with self._desk.change(named) as change:
            own = await _own(change, viewer, schedule)
            other = None if wanted is None else await _colleagues(change, viewer, wanted, own)
            receiver = await _receiver(change.tx, viewer, to_id, other)
            if any(offer.schedule.id == own.id for offer in await change.tx.offers.open_with(own.id)):
                raise AlreadyExists(
                    "schedule", "You have offered this shift already. Take that offer back first.", "already_offered"
                )
            offer = await change.tx.offers.add(NewOffer(viewer.id, own, receiver, other, note), change.now)
            change.notifier.notify_offer(offer)
        return offer

    async def accept(self, viewer: Staff, seen: VersionOf, named: NamedRequest | None = None) -> Offer:
        """Agree to take the shift. Raises NotFound, Forbidden, StaleVersion, AlreadyDecided, RulesBroken."""
        async with self._desk.change(named) as change:
            offer = await _seen(change, viewer, seen, "accept")
            refuse(await _acceptance(change.tx, offer, viewer, change.now), ())
            return await _save(change, offer, "accept", viewer, taken_by=viewer.person)

    async def approve(
        self, manager: Staff, seen: VersionOf, answer: str, accept: Collection[str], named: NamedRequest | None = None
    ) -> Offer:
        """Let the shifts change hands. Raises Forbidden, NotFound, StaleVersion, AlreadyDecided, RulesBroken."""
        require_manager(manager, "approve offers")
        async with self._desk.change(named) as change:
            offer = await _seen(change, manager, seen, "approve")
            refuse(await _exchange(change.tx, offer, change.now), accept)
            approved = await _save(change, offer, "approve", manager, answer=answer)
            for shift in approved.exchanged():
                await _hand_over(change, shift, manager)
        return approved

    async def decline(self, viewer: Staff, seen: VersionOf, answer: str, named: NamedRequest | None = None) -> Offer:
        """Say no: whom it is offered to, or a manager. Raises Forbidden, NotFound, StaleVersion, AlreadyDecided."""
        async with self._desk.change(named) as change:
            return await _save(change, await _seen(change, viewer, seen, "decline"), "decline", viewer, answer=answer)

    async def withdraw(self, viewer: Staff, seen: VersionOf, named: NamedRequest | None = None) -> Offer:
        """Take one's own offer back. Raises Forbidden, NotFound, StaleVersion, AlreadyDecided."""
        async with self._desk.change(named) as change:
            return await _save(change, await _seen(change, viewer, seen, "withdraw"), "withdraw", viewer)


_FORBIDDEN: dict[OfferStep, str] = {
    "accept": "This offer is not for you to accept.",
    "approve": "Only managers may approve offers.",
    "decline": "Only managers and whom it is offered to may decline an offer.",
    "withdraw": "Only whoever made an offer may take it back.",
}
_DEEDS: dict[OfferStatus, str] = {
    "accepted": "accepted",
    "approved": "approved",
    "declined": "declined",
    "withdrawn": "took back",
}
_PAST: dict[OfferStep, str] = {
    "accept": "accepted",
    "approve": "approved",
    "decline": "declined",
    "withdraw": "taken back",
}


async def _seen(change: Change, viewer: Staff, seen: VersionOf, step: OfferStep) -> Offer:
    """The offer, if it still is as it was seen and `step` is for `viewer` to take."""
    offer = await change.tx.offers.get(seen.id)
    if offer is None:
        raise NotFound(f"There is no offer {seen.id}.")
    if offer.version != seen.version:
        what = "shift" if offer.status == "lapsed" else "offer"
        deed = _DEEDS.get(offer.status, "changed")
        raise StaleVersion(what, offer, offer.updated_by, offer.updated_at, change.now, deed)
    if not offer.may(step, viewer):
        raise Forbidden(_FORBIDDEN[step], "forbidden" if step == "approve" else "not_your_offer")
    if offer.outcome(step) is None:
        raise AlreadyDecided(f"This offer is {offer.status}: it cannot be {_PAST[step]}.", "offer_over")
    return offer


async def _save(change: Change, offer: Offer, step: OfferStep, by: Staff, **changes: object) -> Offer:
    after = offer.then(step, by.person, change.now, **changes)
    await change.tx.offers.save(after)
    change.notifier.notify_offer(after)
    return after


async def _published(change: Change, seen: VersionOf) -> Schedule:
    """A shift as staff see it. A draft and a deleted one are alike to them."""
    shift = await change.tx.schedules.get(seen.id)
    if shift is None or not shift.published:
        raise NotFound("This shift is not there any more: it was withdrawn or deleted.", "shift_gone")
    if shift.version != seen.version:
        raise StaleVersion("shift", shift, shift.updated_by, shift.updated_at, change.now)
    refuse(check_ahead(shift, change.now), ())
    return shift


async def _own(change: Change, viewer: Staff, seen: VersionOf) -> Schedule:
    shift = await _published(change, seen)
    if shift.staff_id != viewer.id:
        raise Forbidden("You can offer only your own shifts.", "not_your_shift")
    return shift


async def _colleagues(change: Change, viewer: Staff, seen: VersionOf, own: Schedule) -> Schedule:
    """The shift that `viewer` would work instead of their `own`: a colleague's, and one that they may take."""
    shift = await _published(change, seen)
    if shift.staff_id in {None, viewer.id}:
        raise _refused("wanted", "not_a_colleagues", "Choose a shift that a colleague has.")
    mine = shift.model_copy(update={"staff_id": viewer.id})
    broken = await objections(change.tx, mine, {shift.id, own.id}, "published")
    refuse([violation.below("wanted") for violation in broken], ())
    return shift


async def _receiver(tx: Transaction, viewer: Staff, to_id: int | None, wanted: Schedule | None) -> int | None:
    if wanted is not None and to_id not in {None, wanted.staff_id}:
        raise _refused("to_id", "not_theirs", "The wanted shift is not this colleague's.")
    receiver = to_id if wanted is None else wanted.staff_id
    if receiver == viewer.id:
        raise _refused("to_id", "oneself", "Choose a colleague: this shift is yours already.")
    if receiver is not None:
        refuse(await not_here(tx, receiver, "to_id"), ())
    return receiver


def _refused(field: str, code: str, message: str) -> RulesBroken:
    return RulesBroken([Violation(field, code, "hard", message)])


async def _next_objections(tx: Transaction, offer: Offer, viewer: Staff, now: datetime) -> list[Violation]:
    if offer.outcome("approve") and offer.may("approve", viewer):
        return await _exchange(tx, offer, now)
    if offer.outcome("accept") and offer.may("accept", viewer):
        return await _acceptance(tx, offer, viewer, now)
    return []


async def _exchange(tx: Transaction, offer: Offer, now: datetime) -> list[Violation]:
    """What stands against the shifts' changing hands, for a manager to read: both people's rules."""
    against = [await objections(tx, shift, _leaving(offer)) for shift in offer.exchanged()]
    return _begun(offer, now) + [violation for each in against for violation in each]


async def _acceptance(tx: Transaction, offer: Offer, viewer: Staff, now: datetime) -> list[Violation]:
    """What stands against `viewer`'s taking the shift.

    Of what stands against the other person, which may be leave, only that something does.
    """
    given, *wanted = offer.model_copy(update={"taken_by": viewer.person}).exchanged()
    found = _begun(offer, now) + await objections(tx, given, _leaving(offer), "published")
    for shift in wanted:
        if await objections(tx, shift, _leaving(offer), "published"):
            message = f"{offer.staff.name} may not work your shift: a rule stands against it."
            found.append(Violation("wanted", "not_for_them", "hard", message))
    return found


def _leaving(offer: Offer) -> set[int]:
    return {shift.id for shift in offer.shifts}


def _begun(offer: Offer, now: datetime) -> list[Violation]:
    return [violation for shift in offer.shifts for violation in check_ahead(shift, now)]


async def _hand_over(change: Change, shift: Schedule, manager: Staff) -> None:
    """Give a shift to whoever has it in `shift`. It stands as it was offered: else the offer would have lapsed."""
    current = await change.tx.schedules.get(shift.id)
    if current is None:
        raise NotFound(f"There is no schedule {shift.id}.")
    await save_shift(change, current, {"staff_id": shift.staff_id}, manager)
