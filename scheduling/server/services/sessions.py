"""Use cases around signing in.

An access token is short-lived and stands alone; a session, known by its refresh token, is what keeps somebody
signed in: each refresh extends it, so nobody is signed out in the middle of a shift.
"""

from dataclasses import dataclass
from datetime import timedelta

from scheduling.server.domain.staff import Staff

from .changes import Change, Desk
from .errors import Unauthenticated
from .login_limit import LoginLimit
from .passwords import Passwords
from .ports import Dice, Session
from .tokens import Tokens, hashed

SESSION_LIFETIME = timedelta(days=14)
MOST_SESSIONS = 20
"""Of one person; signing in once more ends the one that would end first."""


@dataclass(frozen=True, slots=True)
class SignIn:
    """What a browser gets: the access token for its requests, the refresh token for its cookie."""

    staff: Staff
    access_token: str
    expires_in: int
    refresh_token: str


class SessionService:
    def __init__(
        self,
        desk: Desk,
        tokens: Tokens,
        passwords: Passwords,
        dice: Dice,
        *,
        attempts_per_email: int = 10,
        attempts_per_address: int = 50,
    ) -> None:
        """The limits are failed attempts a minute, which each process counts for itself."""
        self._desk = desk
        self._tokens = tokens
        self._passwords = passwords
        self._dice = dice
        self._by_email = LoginLimit(attempts_per_email)
        self._by_address = LoginLimit(attempts_per_address)

    async def login(self, email: str, password: str, address: str) -> SignIn:
        """Raises Unauthenticated, alike for a wrong password and an unknown e-mail, and TooManyAttempts."""
        email = email.strip().lower()
        self._by_address.begin(address, self._desk.clock())
        self._by_email.begin(email, self._desk.clock())
        async with self._desk.store.read() as tx:
            found = await tx.staff.credentials(email)
        matches = await self._passwords.verify(password, found.password_hash if found else None)
        if found is None or not matches or not found.staff.active:
            raise Unauthenticated("The e-mail or the password is wrong.", "wrong_password")
        self._by_address.succeeded(address)
        self._by_email.succeeded(email)
        refresh_token = self._dice()
        async with self._desk.change() as change:
            await _make_room(change, found.staff)
            await _extend(change, refresh_token, found.staff)
        return self._sign_in(found.staff, refresh_token)

    async def refresh(self, refresh_token: str) -> SignIn:
        """A new access token, and another fortnight. Raises Unauthenticated when the session has ended."""
        async with self._desk.change() as change:
            session = await change.tx.sessions.get(hashed(refresh_token))
            staff = session and await change.tx.staff.get(session.staff_id)
            if not session or not staff or not staff.active or session.expires_at <= change.now:
                raise Unauthenticated("The session has ended. Sign in again.", "session_ended")
            await _extend(change, refresh_token, staff)
        return self._sign_in(staff, refresh_token)

    async def logout(self, refresh_token: str) -> None:
        """End the session, if there is one."""
        async with self._desk.change() as change:
            await change.tx.sessions.delete(hashed(refresh_token))

    async def identify(self, access_token: str) -> Staff:
        """Whose token it is. Raises Unauthenticated."""
        staff_id = self._tokens.read(access_token, self._desk.clock())
        async with self._desk.store.read() as tx:
            staff = await tx.staff.get(staff_id)
        if staff is None or not staff.active:
            raise Unauthenticated("This access token belongs to nobody here. Sign in again.")
        return staff

    def _sign_in(self, staff: Staff, refresh_token: str) -> SignIn:
        access_token = self._tokens.issue(staff, self._desk.clock())
        return SignIn(staff, access_token, int(self._tokens.lifetime.total_seconds()), refresh_token)


async def _make_room(change: Change, staff: Staff) -> None:
    await change.tx.sessions.delete_expired(change.now)
    sessions = await change.tx.sessions.of_staff(staff.id)
    for session in sessions[: max(0, len(sessions) - MOST_SESSIONS + 1)]:
        await change.tx.sessions.delete(session.token_hash)


async def _extend(change: Change, refresh_token: str, staff: Staff) -> None:
    session = Session(hashed(refresh_token), staff.id, change.now + SESSION_LIFETIME)
    await change.tx.sessions.put(session)
