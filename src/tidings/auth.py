"""Who connects: from a token to a user.

`ConnectionManager(authenticate=…)` takes any callable `(handshake, token) -> User | None`, async or not.
`JWTAuth` is one for signed tokens. An application with cookie sessions writes its own: browsers send the cookie
with the upgrade request, and the manager's `origins` keep other sites from using it. The client sends any text as
its token ("session", say), and this looks at the cookie:

    async def authenticate(handshake: Handshake, token: str | None) -> User | None:
        cookie = SimpleCookie(handshake.header("cookie") or "").get("session")
        async with sessionmaker() as db:
            session = await db.get(Session, cookie.value) if cookie else None
        return User(id=str(session.user_id), expires_at=session.expires_at.timestamp()) if session else None
"""

import asyncio
import hashlib
import json
import logging
import math
import time
import urllib.request
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection, Mapping
from http.client import HTTPException
from sys import intern
from typing import Any, NamedTuple, NoReturn
from urllib.parse import urlsplit

try:
    import jwt
    from jwt import exceptions as jwt_errors
    from jwt.algorithms import HMACAlgorithm, get_default_algorithms
except ModuleNotFoundError as error:
    raise ModuleNotFoundError("JWTAuth needs PyJWT: install tidings[jwt]", name="jwt") from error

from tidings.handshake import Handshake, TokenExpired, User
from tidings.protocol.channels import MAX_USER_ID
from tidings.protocol.errors import TidingsError
from tidings.protocol.origins import is_loopback

log = logging.getLogger("tidings")

ALGORITHMS = ("HS256", "RS256", "ES256")
MAX_TOKEN = 16_384  # characters; headers of proxies and servers end at 8 to 16 KB as well
MIN_SECRET = 32  # bytes: RFC 7518 section 3.2
MAX_SECONDS = 2**53 - 1  # of a time claim: what JSON carries exactly (RFC 8259 section 6)
MAX_KEY_SET = 262_144  # bytes of a fetched key set
MAX_VERIFIED = 10_000  # tokens that are remembered, and
MAX_VERIFIED_SIZE = 2_048  # characters of each


class _ExaminedSecret(HMACAlgorithm):
    """HMAC whose secret was examined once, at construction: PyJWT would do so for every token."""

    def prepare_key(self, key: str | bytes) -> bytes:
        """The key as it is."""
        return key if isinstance(key, bytes) else key.encode()

    def check_key_length(self, key: bytes) -> str | None:
        """Was checked."""
        return None


def _verifier() -> jwt.PyJWS:
    """PyJWT's verifier of signatures (RFC 7515) with the algorithms that are taken here and no other."""
    jws = jwt.PyJWS(algorithms=[])
    known = get_default_algorithms()
    jws.register_algorithm("HS256", _ExaminedSecret(HMACAlgorithm.SHA256))
    for name in ALGORITHMS[1:]:
        if name in known:  # they need `cryptography`
            jws.register_algorithm(name, known[name])
    return jws


_VERIFIER = _verifier()


class _Refused(Exception):
    """The token is not taken, for the reason that the message gives. It never quotes the token."""


class KeysUnavailable(TidingsError):
    """A token could not be judged, because the keys of its issuer could not be fetched."""


class JWTAuth:
    """Authenticates by JSON Web Token (RFC 7519), verified with PyJWT.

        ConnectionManager(authenticate=JWTAuth(settings.secret, audience="app"))

    `key` is the HS256 secret (32 bytes or more), or the PEM of the RS256 or ES256 public key, or several of these
    by key id: `{"2026-11": key}`, of which the token's `kid` must name one, or the `KeySet` of an identity
    provider. Each key verifies one algorithm, so no token can choose another. `audience` and `issuer` are what
    the token's `aud` and `iss` must be; without `audience` a token that has one is refused. `leeway` is in
    seconds; `clock` gives seconds since 1970.

    A token needs a numeric `exp` and a `sub` that is a string of 1 to 128 characters: the user's id. Its
    claims come as `User.claims`. The call returns None for a token that is refused and raises TokenExpired
    for one that was good; nothing else, whatever the token holds (with a KeySet, KeysUnavailable). No token
    is logged. Of the last 10,000 that were verified the digests are kept until they expire: a client that comes
    back with the same token, by the same key, is the same `User`.

    Raises ValueError at construction for a key that is weak, or does not fit the algorithms, saying how to
    mend it.
    """

    needs_handshake = False  # the token says it all: a connection need not keep its upgrade request

    def __init__(
        self,
        key: "str | bytes | Mapping[str, str | bytes] | KeySet",
        *,
        algorithms: Collection[str] = ("HS256",),
        audience: str | Collection[str] | None = None,
        issuer: str | Collection[str] | None = None,
        leeway: float = 0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        _check_algorithms(algorithms)
        if isinstance(key, KeySet) and "HS256" in algorithms:
            raise ValueError("the keys of a KeySet are public, and HS256 needs a secret: write algorithms=['RS256']")
        self._algorithms = tuple(algorithms)
        self._keys = key if isinstance(key, KeySet) else _verification_keys(key, algorithms)
        self._audiences, self._issuers = _names(audience), _names(issuer)
        self._leeway, self._clock = leeway, clock
        self._verified_before = _Verified()

    def __call__(self, handshake: Handshake, token: str | None) -> User | Awaitable[User | None] | None:
        """The token's user; None where it is missing or refused. Awaitable with a KeySet only: the rest is fast.

        Raises TokenExpired.
        """
        if not token:
            return None
        if isinstance(self._keys, KeySet):
            return self._user_of_issuer(token, self._keys)
        return self._user(token, self._keys.get(_ONLY) or self._keys.get(_key_id(token)))

    def __repr__(self) -> str:
        return f"JWTAuth(algorithms={self._algorithms})"

    async def _user_of_issuer(self, token: str, keys: "KeySet") -> User | None:
        key_id = _key_id(token)
        return self._user(token, await keys.find(key_id)) if key_id else None

    def _user(self, token: str, key: "_Key | None") -> User | None:
        try:
            if key is None or key.algorithm not in self._algorithms:
                raise jwt_errors.InvalidKeyError
            return self._verified(token, key)
        except _Refused as error:
            log.warning("refused a token whose signature is valid: %s", error)
        except (jwt_errors.PyJWTError, ValueError, RecursionError) as error:
            log.debug("refused a token: %s", type(error).__name__)
        return None

    def _verified(self, token: str, key: "_Key") -> User:
        if len(token) > MAX_TOKEN:
            raise jwt_errors.DecodeError
        digest = hashlib.sha256(token.encode()).digest()
        user = self._verified_before.find(digest, key, self._clock())
        if user is None:
            user = self._checked(_claims(_VERIFIER.decode(token, key.material, algorithms=[key.algorithm])))
            if len(token) <= MAX_VERIFIED_SIZE:
                self._verified_before.add(digest, key, user)
        return user

    def _checked(self, claims: dict[str, Any]) -> User:
        """The user of claims that were signed (RFC 7519, section 4.1)."""
        now, expires_at = self._clock(), _seconds(claims, "exp") + self._leeway
        if "nbf" in claims and _seconds(claims, "nbf") - self._leeway > now:
            raise _Refused("it is not valid yet (nbf)")
        issuer = claims.get("iss")
        if self._issuers is not None and not (isinstance(issuer, str) and issuer in self._issuers):
            raise _Refused("it is of another issuer (iss)")
        if not self._is_meant(claims.get("aud")):
            raise _Refused("it is for another audience (aud)")
        user_id = claims.get("sub")
        if not isinstance(user_id, str) or not 0 < len(user_id) <= MAX_USER_ID:
            raise _Refused(f"sub is not a string of 1 to {MAX_USER_ID} characters")
        if expires_at <= now:
            raise TokenExpired("the token has expired")
        issued_at = _seconds(claims, "iat") if "iat" in claims else None
        return User(id=user_id, expires_at=expires_at, claims=claims, issued_at=issued_at)

    def _is_meant(self, audience: Any) -> bool:
        """Whether a token for this audience is for us; one that names none is, where none is asked for."""
        if self._audiences is None:
            return audience in (None, "", [])
        named = [audience] if isinstance(audience, str) else audience
        return isinstance(named, list) and any(name in self._audiences for name in named if isinstance(name, str))


class _Key(NamedTuple):
    algorithm: str
    material: Any  # bytes of a secret, or a public key of `cryptography`


_ONLY = ""  # the id of a key that was given without one


class _Verified:
    """The users of the tokens that were verified last, by the tokens' digests: at most `MAX_VERIFIED`."""

    def __init__(self) -> None:
        self._users: OrderedDict[bytes, tuple[_Key, User]] = OrderedDict()

    def find(self, digest: bytes, key: _Key, now: float) -> User | None:
        """The user, where this key verified the token and it has not expired at `now`."""
        by, user = self._users.get(digest, (None, None))
        if user is None or by != key or (user.expires_at or 0.0) <= now:
            return None
        return user

    def add(self, digest: bytes, key: _Key, user: User) -> None:
        """The token was verified by this key; forget the one that was verified longest ago if there are too many."""
        self._users[digest] = key, user
        if len(self._users) > MAX_VERIFIED:
            self._users.popitem(last=False)


class KeySet:
    """The public keys of an identity provider by key id (JWKS, RFC 7517), fetched when they are needed, and kept.

        JWTAuth(KeySet("https://id.example/jwks.json"), algorithms=["RS256"], issuer="https://id.example")

    They are fetched again when they are `max_age` seconds old, and for a token that names an unknown key, but
    never more often than every `min_age` seconds, and once for all that wait. While the provider cannot be
    reached, known keys serve for `grace` seconds more. `fetch(url)` returns the document; the default reads at
    most 256 KB within 5 seconds in a thread and follows no redirects.

    Raises ValueError for a URL that is neither https nor of this machine.
    """

    def __init__(
        self,
        url: str,
        *,
        max_age: float = 600,
        min_age: float = 10,
        grace: float = 3_600,
        fetch: "Callable[[str], Awaitable[bytes]] | None" = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname or "")):
            raise ValueError(f"{url!r}: whoever is on the way could replace keys that come without TLS; use https://")
        self._url, self._fetch, self._clock = url, fetch or _fetch, clock
        self._max_age, self._min_age, self._grace = max_age, min_age, grace
        self._keys: dict[str, _Key] = {}
        self._fetched_at = self._tried_at = -math.inf
        self._fetching: asyncio.Task[None] | None = None

    async def find(self, key_id: str) -> _Key | None:
        """The key of this id; None where the provider has none.

        Raises KeysUnavailable where that cannot be known now.
        """
        now = self._clock()
        wanted = key_id not in self._keys or now - self._fetched_at >= self._max_age
        if wanted and (fetching := self._refresh(now)) is not None:
            await asyncio.shield(fetching)
        if self._clock() - self._fetched_at >= self._max_age + self._grace:
            raise KeysUnavailable(f"the keys at {self._url} could not be fetched")
        return self._keys.get(key_id)

    def _refresh(self, now: float) -> "asyncio.Task[None] | None":
        """The fetch that is under way, or a new one; None where it is too early for one."""
        task = self._fetching
        if task is not None and not task.done() and task.get_loop() is asyncio.get_running_loop():
            return task
        if now - self._tried_at < self._min_age:
            return None
        self._tried_at = now
        self._fetching = asyncio.create_task(self._load())
        return self._fetching

    async def _load(self) -> None:
        try:
            self._keys = _published_keys(await self._fetch(self._url))
        except (OSError, HTTPException, ValueError, RecursionError, jwt_errors.PyJWTError) as error:
            log.warning("the keys at %s could not be fetched: %s", self._url, error)
        else:
            self._fetched_at = self._clock()


def _published_keys(document: bytes) -> dict[str, _Key]:
    """The keys of a JWKS that can verify tokens. Others (private and short ones too) are passed over.

    Raises ValueError or PyJWTError for what is no JWKS.
    """
    content = json.loads(document)
    listed = jwt.PyJWKSet(content.get("keys", []) if isinstance(content, dict) else [])
    return {
        key.key_id: _Key(key.algorithm_name, key.key)
        for key in listed.keys
        if isinstance(key.key_id, str) and _verifies(key)
    }


def _verifies(key: jwt.PyJWK) -> bool:
    private = key.public_key_use == "enc" or hasattr(key.key, "private_numbers")
    return not private and not key.Algorithm.check_key_length(key.key)


async def _fetch(url: str) -> bytes:
    return await asyncio.to_thread(_read, url)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """A redirect could lead to a place without TLS. urllib raises HTTPError for what is not followed."""


def _read(url: str) -> bytes:
    request = urllib.request.Request(url, headers={"Accept": "application/json"})  # noqa: S310  # KeySet checks it
    with urllib.request.build_opener(_NoRedirect).open(request, timeout=5) as response:
        document: bytes = response.read(MAX_KEY_SET + 1)
    if len(document) > MAX_KEY_SET:
        raise ValueError(f"more than {MAX_KEY_SET} bytes")
    return document


def _key_id(token: str) -> str:
    """The key that a token names; none is named by what is no token."""
    try:
        return str(jwt.get_unverified_header(token[: MAX_TOKEN + 1]).get("kid", _ONLY))
    except (jwt_errors.PyJWTError, ValueError, RecursionError):
        return _ONLY


def _claims(document: bytes) -> dict[str, Any]:
    """The claims in a payload whose signature was verified.

    Raises _Refused for what is no object, a name that occurs twice (readers differ in which one counts), a number that
    is not JSON, and lone surrogates, which break whoever encodes the claims later.
    """
    text = document.decode()
    claims = _STRICT.decode(text)
    if not isinstance(claims, dict):
        raise _Refused("its payload is not an object")
    if "\\u" in text and not _is_text(claims):
        raise _Refused("a claim holds a lone surrogate, which is no text")
    return claims


def _is_text(claims: dict[str, Any]) -> bool:
    try:
        json.dumps(claims, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    claims = {intern(name): value for name, value in pairs}  # the same few names in every token that is kept
    if len(claims) < len(pairs):
        raise _Refused("a claim is given twice")
    return claims


def _refuse_constant(name: str) -> NoReturn:
    raise _Refused(f"{name} is not JSON")


_STRICT = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse_constant)


def _names(given: str | Collection[str] | None) -> frozenset[str] | None:
    return None if given is None else frozenset([given] if isinstance(given, str) else given)


def _seconds(claims: dict[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= MAX_SECONDS:
        raise _Refused(f"{name} is not a number of seconds since 1970")
    return value


def _check_algorithms(algorithms: Collection[str]) -> None:
    known = ", ".join(ALGORITHMS)
    if isinstance(algorithms, str):
        raise TypeError(f"algorithms is a list: write algorithms=[{algorithms!r}]")
    for name in algorithms:
        if name not in ALGORITHMS:
            raise ValueError(f"the algorithm {name!r} is not one of {known}")
    if not algorithms:
        raise ValueError(f"algorithms is empty: name one of {known}")


def _verification_keys(key: str | bytes | Mapping[str, str | bytes], algorithms: Collection[str]) -> dict[str, _Key]:
    given = key if isinstance(key, Mapping) else {"": key}
    keys = {key_id: _verification_key(text, algorithms) for key_id, text in given.items()}
    if idle := sorted(set(algorithms) - {key.algorithm for key in keys.values()}):
        raise ValueError(f"algorithms names {', '.join(idle)}, but no key is of that kind")
    return keys


def _verification_key(text: str | bytes, algorithms: Collection[str]) -> _Key:
    """The key with the one algorithm that it can verify. Keys of different kinds never read as one another."""
    if not text:
        raise ValueError(_WEAK.format(0))
    for name in ALGORITHMS:
        try:
            material = get_default_algorithms()[name].prepare_key(text)
        except (jwt_errors.InvalidKeyError, ValueError, TypeError):
            continue
        except KeyError as error:
            raise ModuleNotFoundError(f"{name} needs cryptography: install tidings[jwt]") from error
        if name == "HS256":
            return _secret(material, algorithms)
        return _public_key(name, material, algorithms)
    raise ValueError("the key is neither a secret nor the PEM of an RSA or P-256 public key")


_WEAK = (
    f"the secret has {{}} bytes and can be guessed; HS256 needs {MIN_SECRET} or more. Make one: "
    'python -c "import secrets; print(secrets.token_urlsafe(32))"'
)


def _secret(material: bytes, algorithms: Collection[str]) -> _Key:
    if "HS256" not in algorithms:
        raise ValueError(f"{_listed(algorithms)} verifies with a public key, and this is none: give its PEM text")
    if len(material) < MIN_SECRET:
        raise ValueError(_WEAK.format(len(material)))
    return _Key("HS256", material)


def _public_key(name: str, material: Any, algorithms: Collection[str]) -> _Key:
    if name not in algorithms:
        raise ValueError(
            f"this is a public key, which everybody may know; with {_listed(algorithms)} anybody could sign with it. "
            f"Write algorithms=[{name!r}]"
        )
    if hasattr(material, "private_numbers"):
        raise ValueError(
            f"this is the private key; whoever verifies {name} needs only the public one. Make it: "
            "openssl pkey -in private.pem -pubout"
        )
    if problem := get_default_algorithms()[name].check_key_length(material):
        raise ValueError(problem)
    return _Key(name, material)


def _listed(algorithms: Collection[str]) -> str:
    return " and ".join(algorithms)
