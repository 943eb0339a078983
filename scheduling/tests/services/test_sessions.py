from datetime import timedelta
from itertools import count

import jwt
import pytest

from scheduling.server.domain.staff import Staff
from scheduling.server.services.changes import Desk
from scheduling.server.services.errors import TooManyAttempts, Unauthenticated
from scheduling.server.services.login_limit import LoginLimit
from scheduling.server.services.passwords import Passwords
from scheduling.server.services.sessions import MOST_SESSIONS, SESSION_LIFETIME, SessionService
from scheduling.server.services.tokens import Tokens, hashed
from scheduling.tests.conftest import PASSWORD, ManualClock, Team
from scheduling.tests.roster import NOW

SECRET = "a secret long enough for the widest hash, which asks for 64 bytes."
MINUTES = timedelta(minutes=15)


class CountingPasswords(Passwords):
    """Counts how often a password is worked out."""

    def __init__(self, real: Passwords) -> None:
        self._hash, self._nobodys, self._workers = real._hash, real._nobodys, real._workers
        self.verified = 0

    async def verify(self, password: str, password_hash: str | None) -> bool:
        self.verified += 1
        return await super().verify(password, password_hash)


@pytest.fixture
def counting(passwords: Passwords) -> CountingPasswords:
    return CountingPasswords(passwords)


@pytest.fixture
def sessions(desk: Desk, counting: CountingPasswords) -> SessionService:
    numbers = count(1)
    tokens = Tokens(SECRET, MINUTES)
    return SessionService(
        desk, tokens, counting, lambda: f"refresh {next(numbers)}", attempts_per_email=3, attempts_per_address=5
    )


async def test_signing_in_gives_a_token_that_says_who(sessions: SessionService, team: Team):
    signed_in = await sessions.login(" Alice@Example.com", PASSWORD, "1.2.3.4")
    assert signed_in.staff == team.alice
    assert signed_in.expires_in == 15 * 60
    claims = jwt.decode(signed_in.access_token, SECRET, ["HS256"], options={"verify_exp": False, "verify_iat": False})
    assert claims == {
        "sub": str(team.alice.id),
        "role": "staff",
        "iat": int(NOW.timestamp()),
        "exp": int(NOW.timestamp()) + 900,
    }
    assert await sessions.identify(signed_in.access_token) == team.alice


async def test_a_wrong_password_and_an_unknown_email_are_alike(
    sessions: SessionService, team: Team, counting: CountingPasswords
):
    with pytest.raises(Unauthenticated) as wrong:
        await sessions.login("alice@example.com", "guess", "1.2.3.4")
    with pytest.raises(Unauthenticated) as unknown:
        await sessions.login("nobody@example.com", "guess", "1.2.3.4")
    assert wrong.value.detail == unknown.value.detail
    # The same work for both, so the time it takes tells nothing.
    assert counting.verified == 2


async def test_nobodys_password_does_not_open_an_account_without_one(passwords: Passwords):
    assert not await passwords.verify("the password of nobody", None)


async def test_guessing_is_limited_and_the_limit_passes(sessions: SessionService, team: Team, clock: ManualClock):
    for _ in range(3):
        with pytest.raises(Unauthenticated):
            await sessions.login("alice@example.com", "guess", "1.2.3.4")
    clock.advance(seconds=20)
    with pytest.raises(TooManyAttempts) as limited:
        await sessions.login("alice@example.com", PASSWORD, "1.2.3.4")
    assert limited.value.retry_after == 40
    clock.advance(seconds=40)
    assert (await sessions.login("alice@example.com", PASSWORD, "1.2.3.4")).staff == team.alice


async def test_guessing_over_many_accounts_is_limited_by_address(sessions: SessionService, team: Team):
    for number in range(5):
        with pytest.raises(Unauthenticated):
            await sessions.login(f"nobody{number}@example.com", "guess", "1.2.3.4")
    with pytest.raises(TooManyAttempts):
        await sessions.login("alice@example.com", PASSWORD, "1.2.3.4")
    assert (await sessions.login("alice@example.com", PASSWORD, "5.6.7.8")).staff == team.alice


async def test_signing_in_rightly_is_not_limited(sessions: SessionService, team: Team):
    for _ in range(10):
        assert (await sessions.login("alice@example.com", PASSWORD, "1.2.3.4")).staff == team.alice


async def test_a_refresh_slides_the_session_on(sessions: SessionService, team: Team, clock: ManualClock):
    first = await sessions.login("alice@example.com", PASSWORD, "1.2.3.4")
    for _ in range(3):
        clock.advance(days=13)
        refreshed = await sessions.refresh(first.refresh_token)
        assert await sessions.identify(refreshed.access_token) == team.alice
    clock.now += SESSION_LIFETIME
    with pytest.raises(Unauthenticated, match="The session has ended"):
        await sessions.refresh(first.refresh_token)


async def test_signing_out_ends_this_session_and_no_other(sessions: SessionService, team: Team):
    here = await sessions.login("alice@example.com", PASSWORD, "1.2.3.4")
    there = await sessions.login("alice@example.com", PASSWORD, "1.2.3.4")
    await sessions.logout(here.refresh_token)
    with pytest.raises(Unauthenticated):
        await sessions.refresh(here.refresh_token)
    assert (await sessions.refresh(there.refresh_token)).staff == team.alice


async def test_what_is_stored_does_not_sign_anybody_in(sessions: SessionService, team: Team, desk: Desk):
    signed_in = await sessions.login("alice@example.com", PASSWORD, "1.2.3.4")
    async with desk.store.read() as tx:
        [stored] = await tx.sessions.of_staff(team.alice.id)
    assert signed_in.refresh_token not in stored.token_hash
    with pytest.raises(Unauthenticated):
        await sessions.refresh(stored.token_hash)


async def test_sessions_of_one_person_are_bounded(sessions: SessionService, team: Team, desk: Desk, clock: ManualClock):
    signed_in = []
    for _ in range(MOST_SESSIONS + 2):
        clock.advance(seconds=1)
        signed_in.append(await sessions.login("alice@example.com", PASSWORD, "1.2.3.4"))
    async with desk.store.read() as tx:
        assert len(await tx.sessions.of_staff(team.alice.id)) == MOST_SESSIONS
    with pytest.raises(Unauthenticated):
        await sessions.refresh(signed_in[1].refresh_token)
    assert (await sessions.refresh(signed_in[2].refresh_token)).staff == team.alice


async def test_an_access_token_ends(sessions: SessionService, team: Team, clock: ManualClock):
    signed_in = await sessions.login("alice@example.com", PASSWORD, "1.2.3.4")
    clock.advance(minutes=15)
    with pytest.raises(Unauthenticated, match="expired"):
        await sessions.identify(signed_in.access_token)


async def test_a_token_of_somebody_who_is_gone_is_refused(sessions: SessionService, team: Team):
    stranger = Staff.model_validate({**team.alice.model_dump(), "id": 4_000})
    with pytest.raises(Unauthenticated, match="belongs to nobody"):
        await sessions.identify(Tokens(SECRET, MINUTES).issue(stranger, NOW))


@pytest.mark.parametrize(
    "claims",
    [
        {"sub": "1"},
        {"exp": 4e9},
        {"sub": "1", "exp": "4000000000"},
        {"sub": "1", "exp": True},
        {"sub": "one", "exp": 4e9},
        {"sub": 1, "exp": 4e9},
    ],
)
def test_claims_that_are_not_ours_are_refused(claims: dict[str, object]):
    with pytest.raises(Unauthenticated):
        Tokens(SECRET, MINUTES).read(jwt.encode(claims, SECRET, "HS256"), NOW)


@pytest.mark.parametrize(
    "token",
    [
        "",
        "a.b.c",
        "\ud800.\ud800.\ud800",
        jwt.encode({"sub": "1", "exp": 4e9}, "another secret of at least 32 bytes", "HS256"),
        jwt.encode({"sub": "1", "exp": 4e9}, SECRET, "HS512"),
        jwt.encode({"sub": "1", "exp": 4e9}, "", "none"),
    ],
)
def test_tokens_that_are_not_ours_are_refused(token: str):
    with pytest.raises(Unauthenticated):
        Tokens(SECRET, MINUTES).read(token, NOW)


def test_a_short_secret_is_refused():
    with pytest.raises(ValueError, match="at least 32 bytes"):
        Tokens("short", MINUTES)


def test_the_limit_remembers_a_bounded_number_of_keys():
    limit = LoginLimit(1, most_keys=2)
    for key in ("one", "two", "three"):
        limit.begin(key, NOW)
    limit.begin("one", NOW)
    with pytest.raises(TooManyAttempts):
        limit.begin("three", NOW)


def test_what_is_stored_of_a_token_is_its_hash_whatever_was_sent():
    # FIPS 180-4's example.
    assert hashed("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert hashed("\ud800") != hashed("?")
