"""Access tokens: JWT (RFC 7519), HS256; and the hashes by which other tokens are known."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

import jwt

from scheduling.server.domain.staff import Staff

from .errors import Unauthenticated

SHORTEST_SECRET = 32
"""Bytes; RFC 7518 section 3.2 asks for the hash's own size."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """Issues and reads them. `lifetime` is how long one is good for."""

    secret: str
    lifetime: timedelta

    def __post_init__(self) -> None:
        if len(self.secret.encode()) < SHORTEST_SECRET:
            raise ValueError(f"the secret must have at least {SHORTEST_SECRET} bytes")

    def issue(self, staff: Staff, now: datetime) -> str:
        """`sub` is the staff id as text; `exp` and `iat` are seconds; `iat` with its fraction, to be told from a
        disconnection in the same second."""
        claims = {"sub": str(staff.id), "role": staff.role, "iat": now.timestamp(), "exp": now + self.lifetime}
        return jwt.encode(claims, self.secret, algorithm="HS256")

    def read(self, token: str, now: datetime) -> int:
        """The staff id in `token`. Raises Unauthenticated."""
        try:
            claims = jwt.decode(
                token,
                self.secret,
                algorithms=["HS256"],
                options={"require": ["exp", "sub"], "verify_exp": False, "verify_iat": False},
            )
            staff_id, expires_at = int(claims["sub"]), claims["exp"]
        except (jwt.InvalidTokenError, ValueError) as error:
            # ValueError: also what lone surrogates in a header or claim raise.
            raise Unauthenticated("This access token is not one of ours. Sign in again.") from error
        # Checked here, against the clock that issued it; PyJWT would ask the system's.
        if isinstance(expires_at, bool) or not isinstance(expires_at, int | float):
            raise Unauthenticated("This access token has no numeric expiry. Sign in again.")
        if expires_at <= now.timestamp():
            raise Unauthenticated("This access token has expired. Refresh it, or sign in again.")
        return staff_id


def hashed(token: str) -> str:
    """What is stored of a random token: a reader of the database cannot use it. Unsalted, as nobody guesses it."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
