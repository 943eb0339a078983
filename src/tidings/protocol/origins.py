"""Which web pages may open a connection (RFC 6455 section 10.2, RFC 6454).

A browser sends the `Origin` of the page with every WebSocket handshake and lets any page connect anywhere,
cookies included: so the server decides. Other programs send no `Origin`, and could send any. The check
protects people from pages that act in their name; it authenticates nobody.
"""

import ipaddress
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

_DEFAULT_PORTS = {"http": 80, "https": 443}

# A host and perhaps a port. No user, no path, no wildcard; ASCII only, as browsers send it.
_HOST = r"\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9._-]{1,253}"
_AUTHORITY = re.compile(rf"(?P<host>{_HOST})(?::(?P<port>[1-9][0-9]{{0,4}}))?")


class Origin(NamedTuple):
    """A page's origin, comparable: the host in lower case, the port always given."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        port = "" if self.port == _DEFAULT_PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{self.host}{port}"


def parse(text: str) -> Origin | None:
    """Read the value of an `Origin` header.

    None: it is not the origin of a page on the web (`null`, another scheme, several values, a path).
    """
    scheme, separator, authority = text.partition("://")
    if not separator or scheme not in _DEFAULT_PORTS:
        return None
    return _with_authority(scheme, authority)


def _with_authority(scheme: str, authority: str) -> Origin | None:
    match = _AUTHORITY.fullmatch(authority)
    if match is None:
        return None
    port = int(match["port"]) if match["port"] else _DEFAULT_PORTS[scheme]
    return Origin(scheme, match["host"].lower(), port) if port <= 65_535 else None


def listed(origins: Iterable[str]) -> frozenset[Origin]:
    """The application's list of origins, checked once at start.

    Raises ValueError for an entry that no page could ever have, saying what to write instead, and TypeError
    for one text in place of a list.
    """
    if isinstance(origins, str):
        raise TypeError(f"origins is a list of origins, not one text: write origins=[{origins!r}]")
    return frozenset(_entry(text) for text in origins)


def _entry(text: str) -> Origin:
    origin = parse(text)
    if origin is not None:
        return origin
    if text in {"*", "null"}:
        raise ValueError(f"origins cannot hold {text!r}: any page could then act for its visitors. List your own")
    without_path = re.match(r"https?://[^/?#]+", text)
    if without_path and parse(without_path[0]):
        raise ValueError(f"{text!r} is not an origin but a URL with a path: write {without_path[0]!r}")
    if _with_authority("https", text):
        raise ValueError(f"{text!r} is not an origin, it names no scheme: write {'https://' + text!r}")
    raise ValueError(f"{text!r} is not an origin: write scheme, host and perhaps port: 'https://app.example'")


@lru_cache(maxsize=256)
def allowed(
    origin: str | None,
    host: str | None,
    origins: frozenset[Origin],
    *,
    scheme: str = "ws",
    development: bool = False,
) -> bool:
    """May a page of this origin connect?

    `origin` and `host` are the request's headers (None: absent), `origins` is what `listed` returned,
    `scheme` the connection's (`ws` or `wss`). Yes for a program that sends no Origin, for a listed origin,
    for the server's own, and in development for any page of this machine.

    The server's own origin has the host and port of `Host`. A page that came by plain HTTP is not of the
    same origin as a connection over TLS. The reverse is: so it looks behind a proxy that terminates TLS,
    and a browser allows it nowhere else.
    """
    if origin is None:
        return True
    page = parse(origin)
    if page is None:
        return False
    return page in origins or _same(page, host, scheme) or (development and is_loopback(page.host))


def _same(page: Origin, host: str | None, scheme: str) -> bool:
    if host is None or (scheme == "wss" and page.scheme == "http"):
        return False
    return _with_authority(page.scheme, host) == page


def is_loopback(host: str) -> bool:
    """Is this machine meant? `localhost` and names below it (RFC 6761 section 6.3), 127.0.0.0/8, ::1."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def advice(origin: str) -> str:
    """Why this origin was refused, and the line that allows it. Hostile text is quoted."""
    page = parse(origin)
    if page is None:
        shown = ascii(origin if len(origin) <= 80 else origin[:80] + "...")
        return f"Origin {shown} cannot be allowed: it is not a scheme, a host and perhaps a port."
    return f'Origin {page} is not allowed. If the page is yours, add it: ConnectionManager(origins=["{page}"])'
