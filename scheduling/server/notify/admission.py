"""Who may connect, and as what: the token says who it is, the database what they are now."""

from dataclasses import replace
from typing import Any

from scheduling.server.domain.staff import Staff
from scheduling.server.services.ports import Store, Transaction
from tidings import Channel, JWTAuth, User
from tidings.handshake import Handshake


class Admission:
    """Looks each newcomer up, as REST does with each request: a token is good for minutes in which rights change.

    Awaits the database, which answers from a thread: nothing waits on the loop (docs/decisions/0005).
    """

    needs_handshake = False

    def __init__(self, verify: JWTAuth, store: Store[Transaction]) -> None:
        self._verify, self._store = verify, store

    async def __call__(self, handshake: Handshake, token: str | None) -> User | None:
        """The token's user, with the role that they have now; None for who is not in the team. Raises TokenExpired."""
        user = self._verify(handshake, token)
        if not isinstance(user, User) or (staff := await self._present(user)) is None:
            return None
        return replace(user, claims={**user.claims, "role": staff.role})

    async def managers(self, channel: Channel[Any], user: User) -> bool:
        """The rule of what managers may follow: asks anew, as the role may have changed since they connected."""
        staff = await self._present(user)
        return staff is not None and staff.is_manager

    async def _present(self, user: User) -> Staff | None:
        if not user.id.isdecimal():
            return None
        async with self._store.read() as tx:
            staff = await tx.staff.get(int(user.id))
        return staff if staff is not None and staff.active else None


async def any_staff(channel: Channel[Any], user: User) -> bool:
    """The rule of what everybody may follow who could connect."""
    return True
