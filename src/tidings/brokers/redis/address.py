"""Where the server is, as a URL says it."""

from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import SplitResult, unquote, urlsplit

from redis.asyncio.connection import parse_url

Kind = Literal["standalone", "sentinel", "cluster"]

_FORMS = (
    "redis://host:6379/0, rediss://… (TLS), unix:///path, redis+sentinel://host:26379,host:26379/service/0 or "
    "redis+cluster://host:6379,host:6379"
)


@dataclass(frozen=True, slots=True)
class Address:
    """A server: its kind, the hosts to ask first, and what redis-py needs to connect. Its text has no password."""

    kind: Kind
    text: str
    hosts: tuple[tuple[str, int], ...] = ()
    service: str = ""
    options: dict[str, Any] = field(default_factory=dict, repr=False)

    def __str__(self) -> str:
        return self.text


def address(url: str) -> Address:
    """The server of a URL. Raises ValueError for one that names none, without repeating its password."""
    if not isinstance(url, str):
        raise TypeError(f"RedisBroker takes a URL, not a {type(url).__name__}: {_FORMS}")
    try:
        parts = urlsplit(url)
        scheme, _, kind = parts.scheme.partition("+")
        if scheme not in {"redis", "rediss", "unix"} or (kind and (scheme == "unix" or kind not in _PARSERS)):
            raise ValueError("it is none")
        found = _PARSERS[kind](url, parts, scheme)
    except ValueError as error:
        raise ValueError(f"the URL of RedisBroker must be one of {_FORMS}; of this one, {error}") from None
    found.options.pop("decode_responses", None)
    return found


def _standalone(url: str, parts: SplitResult, scheme: str) -> Address:
    options = dict(parse_url(url))
    if scheme == "unix":
        return Address("standalone", f"unix://{parts.path}", options=options)
    if not parts.hostname:
        raise ValueError("the host is missing")
    _database(parts.path.strip("/"))
    port = parts.port or 6379
    return Address("standalone", f"{scheme}://{parts.hostname}:{port}", ((parts.hostname, port),), options=options)


def _sentinel(url: str, parts: SplitResult, scheme: str) -> Address:
    hosts = _hosts(parts, 26_379)
    service, _, database = parts.path.strip("/").partition("/")
    if not service:
        raise ValueError("the service's name is missing")
    options = _options(parts, scheme) | {"db": _database(database)}
    text = f"{parts.scheme}://{_listed(hosts)}/{service}"
    return Address("sentinel", text, hosts, unquote(service), options)


def _cluster(url: str, parts: SplitResult, scheme: str) -> Address:
    hosts = _hosts(parts, 6_379)
    if parts.path.strip("/"):
        raise ValueError("a cluster has no databases, so nothing may follow its hosts")
    return Address("cluster", f"{parts.scheme}://{_listed(hosts)}", hosts, options=_options(parts, scheme))


_PARSERS = {"": _standalone, "sentinel": _sentinel, "cluster": _cluster}


def _options(parts: SplitResult, scheme: str) -> dict[str, Any]:
    """What the user and the query say, by redis-py's names, for hosts that are given apart."""
    options = dict(parse_url(f"redis://host?{parts.query}"))
    options.pop("host")
    credentials = parts.netloc.rpartition("@")[0]
    user, _, password = credentials.partition(":")
    options |= {name: unquote(it) for name, it in (("username", user), ("password", password)) if it}
    return options | ({"ssl": True} if scheme == "rediss" else {})


def _hosts(parts: SplitResult, default: int) -> tuple[tuple[str, int], ...]:
    hosts = []
    for one in parts.netloc.rpartition("@")[2].split(","):
        it = urlsplit(f"//{one}")
        if not it.hostname:
            raise ValueError("a host is missing")
        hosts.append((it.hostname, it.port or default))
    return tuple(hosts)


def _listed(hosts: tuple[tuple[str, int], ...]) -> str:
    return ",".join(f"{host}:{port}" for host, port in hosts)


def _database(text: str) -> int:
    if text and not text.isdecimal():
        raise ValueError(f"the database {text!r} is no number")
    return int(text or 0)
