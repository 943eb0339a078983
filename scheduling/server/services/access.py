"""Who may do what."""

from scheduling.server.domain.staff import Staff

from .errors import Forbidden, Unauthenticated
from .ports import Transaction


def require_manager(staff: Staff, deed: str) -> None:
    """Raises Forbidden unless `staff` is a manager; `deed` completes "Only managers may …"."""
    if not staff.is_manager:
        raise Forbidden(f"Only managers may {deed}.")


async def still_require_manager(tx: Transaction, staff: Staff, deed: str) -> None:
    """The same of `staff` as they are now: others may have taken their rights since they asked.

    Raises Forbidden; Unauthenticated where they have left.
    """
    now = await tx.staff.get(staff.id)
    if now is None or not now.active:
        raise Unauthenticated("You have left the team: a manager has just taken you out of it.")
    require_manager(now, deed)
