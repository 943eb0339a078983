"""What an upgrade request said, and who came with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qs

import msgspec

from tidings.protocol.errors import TidingsError


class TokenExpired(TidingsError):
    """Raised by an authenticate function: the token was good, but its time is over."""


@dataclass(frozen=True, slots=True)
class User:
    """Who a token names.

    `id` is 1 to 128 characters that a channel's name may hold; `expires_at` and `issued_at` (of the token) are seconds
    since 1970. Once the user was disconnected, a token that does not say when it was issued is refused like older ones.
    """

    id: str
    expires_at: float | None = None
    claims: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    issued_at: float | None = None


@dataclass(frozen=True, slots=True)
class Handshake:
    """An upgrade request. Header names are lower-case; `query_string` is as it came, without the question mark.

    `state` is what the application's lifespan yielded (ASGI lifespan state), where there was one.
    """

    path: str
    query_string: str = field(default="", repr=False)  # not shown: tokens and cookies belong in no log
    headers: Sequence[tuple[str, str]] = field(default=(), repr=False)
    client: str | None = None
    scheme: str = "ws"
    state: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}), repr=False, compare=False)

    def header(self, name: str) -> str | None:
        """The first header of this lower-case name."""
        return next((value for key, value in self.headers if key == name), None)

    @property
    def origin(self) -> str | None:
        """The page that asks, where a browser says so (RFC 6454)."""
        return self.header("origin")

    @property
    def host(self) -> str | None:
        """The host and port that the client believes it speaks to."""
        return self.header("host")

    @property
    def token(self) -> str | None:
        """The guide's `?token=`."""
        values = parse_qs(self.query_string, keep_blank_values=True).get("token")
        return values[0] if values else None


NO_HANDSHAKE = Handshake(path="/")  # of a connection that has forgotten it, or that the application accepted
STATE_KEY = "tidings:"  # + path: where the lifespan state of a router has its manager


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an upgrade is refused: an HTTP status and a sentence."""

    status: int
    message: str

    def problem(self) -> bytes:
        """The refusal as problem details (RFC 9457), to be sent as application/problem+json."""
        return msgspec.json.encode(
            {"title": HTTPStatus(self.status).phrase, "status": self.status, "detail": self.message}
        )
