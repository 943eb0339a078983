"""Who connects: from a token to a user.

`ConnectionManager(authenticate=…)` takes any callable `(handshake, token) -> User | None`, async or not.
`JWTAuth` is one for signed tokens. An application with cookie sessions writes its own; browsers send the
cookie with the upgrade request, and the manager's `origins` keep other sites from using it:

    async def authenticate(handshake: Handshake, token: str | None) -> User | None:
        cookie = SimpleCookie(handshake.header("cookie") or "").get("session")
        async with sessionmaker() as db:
            session = await db.get(Session, cookie.value) if cookie else None
        return User(id=str(session.user_id), expires_at=session.expires_at.timestamp()) if session else None
"""

import base64
import json
import logging
import time
from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple, NoReturn

try:
    import jwt
    from jwt import exceptions as jwt_errors
    from jwt.algorithms import get_default_algorithms
except ModuleNotFoundError as error:
    raise ModuleNotFoundError("JWTAuth needs PyJWT: install tidings[jwt]", name="jwt") from error

from tidings.handshake import Handshake, TokenExpired, User

logger = logging.getLogger(__name__)

ALGORITHMS = ("HS256", "RS256", "ES256")
MAX_TOKEN = 16_384  # characters; headers of proxies and servers end at 8 to 16 KB as well
MAX_USER_ID = 128  # characters (spec/protocol.md, section 1)
MIN_SECRET = 32  # bytes: RFC 7518 section 3.2
MAX_SECONDS = 2**53 - 1  # of a time claim: what JSON carries exactly (RFC 8259 section 6)

# Times are checked here, by the clock that was given and with the strictness that PyJWT's int() lacks.
_OPTIONS: Any = {
    "require": ["exp", "sub"],
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
    "enforce_minimum_key_length": True,
}

# What PyJWT raises after it has found the signature to be right.
_OF_CLAIMS = (
    jwt_errors.MissingRequiredClaimError,
    jwt_errors.InvalidAudienceError,
    jwt_errors.InvalidIssuerError,
    jwt_errors.InvalidSubjectError,
    jwt_errors.InvalidJTIError,
)


class Refused(Exception):
    """The token is not taken, for the reason that the message gives. It never quotes the token."""


class JWTAuth:
    """Authenticates by JSON Web Token (RFC 7519), verified with PyJWT.

        ConnectionManager(authenticate=JWTAuth(settings.secret, audience="app"))

    `key` is the HS256 secret (32 bytes or more), or the PEM of the RS256 or ES256 public key, or several of
    these by key id: `{"2026-11": key}`, of which the token's `kid` must name one. Each key verifies one
    algorithm, so no token can choose another. `audience` and `issuer` are what the token's `aud` and `iss`
    must be; without `audience` a token that has one is refused. `leeway` is in seconds; `clock` gives
    seconds since 1970.

    A token needs a numeric `exp` and a `sub` that is a string of 1 to 128 characters: the user's id. Its
    claims come as `User.claims`. The call returns None for a token that is refused and raises TokenExpired
    for one that was good. Nothing else is raised, whatever the token holds, and no token is logged.

    Raises ValueError at construction for a key that is weak, or does not fit the algorithms, saying how to
    mend it.
    """

    needs_handshake = False  # the token says it all: a connection need not keep its upgrade request

    def __init__(
        self,
        key: str | bytes | Mapping[str, str | bytes],
        *,
        algorithms: Collection[str] = ("HS256",),
        audience: str | Collection[str] | None = None,
        issuer: str | Collection[str] | None = None,
        leeway: float = 0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        _check_algorithms(algorithms)
        self._keys = _verification_keys(key, algorithms)
        self._by_id = isinstance(key, Mapping)
        self._audience, self._issuer = audience, issuer
        self._leeway, self._clock = leeway, clock

    def __call__(self, handshake: Handshake, token: str | None) -> User | None:
        """The token's user; None where it is missing or refused. Raises TokenExpired. Fast: no I/O."""
        if not token:
            return None
        try:
            return self._user(token)
        except Refused as error:
            logger.warning("refused a token whose signature is valid: %s", error)
        except (jwt_errors.PyJWTError, ValueError, RecursionError) as error:
            logger.debug("refused a token: %s", type(error).__name__)
        return None

    def __repr__(self) -> str:
        return f"JWTAuth(algorithms={sorted({key.algorithm for key in self._keys.values()})})"

    def _user(self, token: str) -> User:
        if len(token) > MAX_TOKEN or not token.isascii():
            raise jwt_errors.DecodeError
        key = self._key(token)
        try:
            jwt.decode(
                token,
                key.material,
                algorithms=[key.algorithm],
                audience=self._audience,
                issuer=self._issuer,
                options=_OPTIONS,
            )
        except _OF_CLAIMS as error:
            raise Refused(str(error)) from error
        return self._checked(_claims(token))

    def _key(self, token: str) -> "_Key":
        if not self._by_id:
            return self._keys[""]
        key = self._keys.get(jwt.get_unverified_header(token).get("kid", ""))
        if key is None:
            raise jwt_errors.InvalidKeyError
        return key

    def _checked(self, claims: dict[str, Any]) -> User:
        """The user of claims that were signed. The rest of what PyJWT leaves open."""
        now, expires_at = self._clock(), _seconds(claims, "exp") + self._leeway
        if "nbf" in claims and _seconds(claims, "nbf") - self._leeway > now:
            raise Refused("it is not valid yet (nbf)")
        if not 0 < len(claims["sub"]) <= MAX_USER_ID:
            raise Refused(f"sub is not 1 to {MAX_USER_ID} characters")
        if expires_at <= now:
            raise TokenExpired("the token has expired")
        return User(id=claims["sub"], expires_at=expires_at, claims=claims)


class _Key(NamedTuple):
    algorithm: str
    material: Any  # bytes of a secret, or a public key of `cryptography`


def _claims(token: str) -> dict[str, Any]:
    """The claims of a token that PyJWT has verified, read again to find what it overlooks.

    Raises Refused for a name that occurs twice (readers differ in which one counts), a number that is not
    JSON, and lone surrogates, which break whoever encodes the claims later.
    """
    segment = token.split(".")[1].rstrip("=")
    document = base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
    claims: dict[str, Any] = json.loads(document, object_pairs_hook=_unique, parse_constant=_refuse_constant)
    try:
        json.dumps(claims, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise Refused("a claim holds a lone surrogate, which is no text") from error
    return claims


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    claims = dict(pairs)
    if len(claims) < len(pairs):
        raise Refused("a claim is given twice")
    return claims


def _refuse_constant(name: str) -> NoReturn:
    raise Refused(f"{name} is not JSON")


def _seconds(claims: dict[str, Any], name: str) -> float:
    value = claims[name]
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= MAX_SECONDS:
        raise Refused(f"{name} is not a number of seconds since 1970")
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
