"""Who comes with a token: the application's answer, and what makes it one."""

import asyncio
import inspect
import logging
import math
from collections.abc import Awaitable, Callable
from typing import Any

from tidings.handshake import NO_HANDSHAKE, Handshake, TokenExpired
from tidings.protocol.channels import MAX_USER_ID, check_name, is_own_channel, own_channel
from tidings.protocol.codes import ErrorCode
from tidings.protocol.control import Disconnected
from tidings.protocol.messages import Refused

log = logging.getLogger("tidings")

Authenticate = Callable[[Handshake, str | None], Any]


class Authentication:
    """Asks the application's `authenticate` function, for at most `timeout` seconds, and checks what it answers."""

    def __init__(
        self,
        authenticate: Authenticate | None,
        *,
        timeout: float,
        clock: Callable[[], float],
        disconnected: Disconnected,
    ) -> None:
        self.authenticate, self.disconnected = authenticate, disconnected
        self._timeout, self._clock = timeout, clock
        self._advised = False

    @property
    def needs_handshake(self) -> bool:
        """Whether the function looks at more than the token: so one that does not say otherwise."""
        return bool(getattr(self.authenticate, "needs_handshake", True))

    async def user(self, handshake: Handshake | None, token: str) -> Any:
        """Who the token names. Raises Refused, TimeoutError, and what the function raises."""
        if self.authenticate is None:
            raise Refused(ErrorCode.UNAUTHORIZED, "this server was not told how to authenticate")
        try:
            user = self.authenticate(handshake or NO_HANDSHAKE, token)
            if inspect.isawaitable(user):
                user = await within_time(user, self._timeout, "authenticate")
        except TokenExpired as error:
            raise Refused(ErrorCode.TOKEN_EXPIRED, "the token has expired; connect with a new one") from error
        if user is None:
            raise Refused(ErrorCode.UNAUTHORIZED, "the token was refused")
        if (expires_at := expiry(user)) is not None and expires_at <= self._clock():
            raise Refused(ErrorCode.TOKEN_EXPIRED, "the token has expired; connect with a new one")
        return user

    def check_not_disconnected(self, user: Any, user_id: str) -> None:
        """Raises Refused where the user was disconnected after the token was issued."""
        issued_at = issued(user)
        if not self.disconnected.refuses(user_id, issued_at):
            return
        if issued_at is None and not self._advised:
            self._advised = True
            log.warning(
                "user %s was disconnected, and the token does not say when it was issued, so it is refused as an older "
                "one: give tokens an `iat`, or set User(issued_at=…) in authenticate",
                user_id,
            )
        raise Refused(
            ErrorCode.UNAUTHORIZED, "the user was disconnected after this token was issued; connect with a new one"
        )


async def within_time(answer: Awaitable[Any], most: float, who: str) -> Any:
    """What a function of the application returns, in a task of its own. Raises TimeoutError after `most` seconds."""
    task = asyncio.ensure_future(answer)
    try:
        done, _ = await asyncio.wait([task], timeout=most)
        if not done:
            raise TimeoutError(f"{who} took longer than {most:g} s")
        return task.result()
    finally:
        task.cancel()


def checked_user_id(id: Any) -> str:
    """A user's id as text. Raises Refused for one that no channel's name could hold, and for none."""
    user_id = "" if id is None or isinstance(id, bool) else str(id)
    if len(user_id) > MAX_USER_ID or not is_own_channel(own_channel(user_id)):
        log.warning("the user id %r is not 1 to %d characters that a channel's name holds", id, MAX_USER_ID)
        raise Refused(
            ErrorCode.UNAUTHORIZED, f"the user's id is not 1 to {MAX_USER_ID} characters that a channel's name holds"
        )
    return user_id


def known_user(user_id: str | int) -> str:
    """The id of a user that the application names, as text. Raises ChannelError for what cannot be one."""
    check_name(own_channel(str(user_id)))
    return str(user_id)


def expiry(user: Any) -> float | None:
    """When the user's token expires, in seconds since 1970. Raises TypeError for what is no time."""
    return _seconds(user, "expires_at")


def issued(user: Any) -> float | None:
    """When the user's token was issued, in seconds since 1970. Raises TypeError for what is no time."""
    return _seconds(user, "issued_at")


def _seconds(user: Any, name: str) -> float | None:
    at = getattr(user, name, None)
    if at is None:
        return None
    if isinstance(at, bool) or not isinstance(at, int | float) or not math.isfinite(at):
        raise TypeError(f"the user's {name} is {at!r}, not seconds since 1970")
    return at
