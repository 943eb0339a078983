"""JWTAuth takes good tokens, and answers None to everything else that a token can hold (torture A1)."""

import json
import logging
import time

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given
from hypothesis import strategies as st

from tests.auth.signing import HANDSHAKE, NOW, PLAIN, SECRET, der, good, key_pair, pem, private_pem, signed, user_of
from tidings.auth import JWTAuth
from tidings.handshake import TokenExpired, User

# ---- tokens that are taken


def test_a_good_token_names_its_user_with_claims_and_expiry():
    user = user_of(good(role="manager"))
    assert user == User(id="7", expires_at=NOW + 60, claims={"sub": "7", "exp": NOW + 60, "role": "manager"})


def test_a_fractional_exp_is_numeric():
    assert user_of(good(exp=NOW + 0.5)).expires_at == NOW + 0.5


def test_leeway_moves_the_end_of_the_token():
    token = good(exp=NOW - 5)
    with pytest.raises(TokenExpired):
        user_of(token)
    assert user_of(token, leeway=10).expires_at == NOW + 5


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_public_keys_verify_what_the_private_key_signed(algorithm):
    private, public = key_pair(algorithm)
    token = jwt.encode({"sub": "7", "exp": NOW + 60}, private, algorithm)
    assert user_of(token, pem(public), algorithms=[algorithm]).id == "7"
    other = rsa.generate_private_key(65537, 2048) if algorithm == "RS256" else ec.generate_private_key(ec.SECP256R1())
    forged = jwt.encode({"sub": "7", "exp": NOW + 60}, other, algorithm)
    assert user_of(forged, pem(public), algorithms=[algorithm]) is None


def test_keys_by_id_let_a_key_be_replaced():
    keys = {"old": SECRET, "new": SECRET[::-1]}
    old = jwt.encode({"sub": "7", "exp": NOW + 60}, keys["old"], "HS256", headers={"kid": "old"})
    new = jwt.encode({"sub": "8", "exp": NOW + 60}, keys["new"], "HS256", headers={"kid": "new"})
    assert user_of(old, keys).id == "7"
    assert user_of(new, keys).id == "8"


def test_audience_and_issuer_are_required_where_they_are_given():
    token = good(aud=["app", "other"], iss="https://id.example")
    assert user_of(token, audience="app", issuer="https://id.example").id == "7"


def test_the_real_clock_is_the_default():
    token = jwt.encode({"sub": "7", "exp": int(time.time()) + 60}, SECRET, "HS256")
    user = JWTAuth(SECRET)(HANDSHAKE, token)
    assert isinstance(user, User)
    expired = jwt.encode({"sub": "7", "exp": int(time.time()) - 1}, SECRET, "HS256")
    with pytest.raises(TokenExpired):
        JWTAuth(SECRET)(HANDSHAKE, expired)


# ---- tokens that come again


class TestAgain:
    def test_it_is_the_same_user(self) -> None:
        auth, token = JWTAuth(SECRET, clock=lambda: NOW), good()
        user = auth(HANDSHAKE, token)
        assert user == User(id="7", expires_at=NOW + 60, claims={"sub": "7", "exp": NOW + 60})
        assert auth(HANDSHAKE, token) is user
        assert auth(HANDSHAKE, good(sub="8")) == User(id="8", expires_at=NOW + 60, claims={"sub": "8", "exp": NOW + 60})

    def test_it_has_expired_meanwhile(self) -> None:
        now = [NOW]
        auth, token = JWTAuth(SECRET, clock=lambda: now[0]), good()
        auth(HANDSHAKE, token)
        now[0] = NOW + 60
        with pytest.raises(TokenExpired):
            auth(HANDSHAKE, token)

    def test_one_letter_is_another(self) -> None:
        auth, token = JWTAuth(SECRET, clock=lambda: NOW), good()
        assert auth(HANDSHAKE, token) is not None
        signature = token.rpartition(".")[2]
        assert auth(HANDSHAKE, token.replace(signature, signature.swapcase())) is None

    def test_the_first_are_forgotten_and_verified_anew(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("tidings.auth.MAX_VERIFIED", 2)
        auth = JWTAuth(SECRET, clock=lambda: NOW)
        tokens = [good(sub=sub) for sub in ("7", "8", "9")]
        first, *others = [auth(HANDSHAKE, token) for token in tokens]
        assert [auth(HANDSHAKE, token) is user for token, user in zip(tokens[1:], others, strict=True)] == [True, True]
        again = auth(HANDSHAKE, tokens[0])
        assert again == first
        assert again is not first

    def test_what_is_large_is_not_kept(self) -> None:
        auth, token = JWTAuth(SECRET, clock=lambda: NOW), good(role="x" * 2_048)
        user, again = auth(HANDSHAKE, token), auth(HANDSHAKE, token)
        assert user == again
        assert user is not again


# ---- tokens that are refused


@pytest.mark.parametrize("when", [NOW, NOW - 1, 0])
def test_an_expired_token_says_so(when):
    with pytest.raises(TokenExpired):
        user_of(good(exp=when))


def test_only_a_token_that_was_good_is_called_expired():
    forged = jwt.encode({"sub": "7", "exp": NOW - 1}, "x" * 40, "HS256")
    assert user_of(forged) is None
    assert user_of(good(exp=NOW - 1, sub="x" * 129)) is None


@pytest.mark.parametrize(
    "payload",
    [
        '{"sub":"7"}',
        '{"sub":"7","exp":null}',
        '{"sub":"7","exp":"1900000000"}',
        '{"sub":"7","exp":true}',
        '{"sub":"7","exp":[1900000000]}',
        '{"sub":"7","exp":NaN}',
        '{"sub":"7","exp":Infinity}',
        '{"sub":"7","exp":1e999}',
        '{"sub":"7","exp":-1}',
        '{"sub":"7","exp":' + "9" * 400 + "}",
        '{"sub":"7","exp":' + "9" * 5000 + "}",
    ],
)
def test_exp_is_required_and_a_number(payload):
    assert user_of(signed(payload)) is None


@pytest.mark.parametrize(
    "sub",
    ["7", "null", "true", '["7"]', '{"id":"7"}', '""', '"' + "x" * 129 + '"', '"\\ud800"', '"a\\udfffb"', "1.0"],
)
def test_sub_is_required_and_a_text_of_1_to_128_characters(sub):
    assert user_of(signed(f'{{"exp":{NOW + 60},"sub":{sub}}}')) is None


def test_sub_may_have_128_characters():
    assert user_of(good(sub="x" * 128)).id == "x" * 128


@pytest.mark.parametrize(
    "payload",
    [
        '{"sub":"7","sub":"8","exp":%d}',
        '{"sub":"7","exp":1,"exp":%d}',
        '{"sub":"7","exp":%d,"role":"staff","role":"manager"}',
        '{"sub":"7","exp":%d,"nested":{"a":1,"a":2}}',
        '{"sub":"7","\\u0073ub":"8","exp":%d}',
    ],
)
def test_a_claim_given_twice_is_refused(payload):
    assert user_of(signed(payload % (NOW + 60))) is None


@pytest.mark.parametrize(
    "payload",
    [
        '{"sub":"7","exp":%d,"name":"\\ud800"}',
        '{"sub":"7","exp":%d,"n":NaN}',
        '{"sub":"7","exp":%d,"deep":' + "[" * 5000 + "]" * 5000 + "}",
        '{"sub":"7","exp":%d,"nbf":"soon"}',
        '{"sub":"7","exp":%d,"nbf":1800000001}',
        '["sub","exp",%d]',
        "%d",
        "{%d",
    ],
)
def test_payloads_that_are_not_plain_claims_are_refused(payload):
    assert user_of(signed(payload % (NOW + 60))) is None


@pytest.mark.parametrize(
    "payload",
    [PLAIN.encode("utf-16"), PLAIN.replace("7", "\ud800").encode("utf-8", "surrogatepass"), PLAIN.encode() + b"\xff"],
)
def test_payloads_that_are_not_utf_8_are_refused(payload):
    assert user_of(signed(payload)) is None


def test_escaped_text_is_text():
    assert user_of(signed(PLAIN.replace('"7"', '"\\u00e9\\ud83d\\ude00"'))).id == "é😀"


@pytest.mark.parametrize(
    "header",
    [
        '{"alg":"none"}',
        '{"alg":"None"}',
        '{"alg":"HS512"}',
        '{"alg":"RS256"}',
        '{"alg":null}',
        '{"alg":["HS256"]}',
        '{"alg":{}}',
        "{}",
        "[]",
        '"HS256"',
        "null",
        '{"alg":"HS256","kid":7}',
        '{"alg":"HS256","kid":{}}',
        '{"alg":"HS256","crit":["exp"],"exp":1}',
        '{"alg":"HS256","b64":false,"crit":["b64"]}',
        '{"alg":"\\ud800"}',
        b"\xff\xfe",
        "[" * 5000,
    ],
)
def test_headers_that_ask_for_something_else_are_refused(header):
    assert user_of(signed(PLAIN, header)) is None


@pytest.mark.parametrize(
    "token",
    [
        None,
        "",
        ".",
        "..",
        "...",
        "a.b.c",
        good()[:-2],
        good() + "AA",
        good() + ".x",
        " " + good(),
        good() + "\n",
        good().replace(".", "..", 1),
        good().rsplit(".", 1)[0] + ".",
        "Bearer " + good(),
        "\ud800",
        good() + "\ud800",
        "é" * 100,
        "\u0000",
        "x" * 1_000_000,
    ],
)
def test_what_is_no_token_of_ours_is_refused(token):
    assert user_of(token) is None


def test_a_token_beyond_16_384_characters_is_not_even_read():
    assert user_of(good(name="x" * 8_000)).id == "7"
    assert user_of(good(name="x" * 16_384)) is None


def test_an_unsigned_token_is_refused():
    assert user_of(signed(PLAIN, '{"alg":"none"}').rpartition(".")[0] + ".") is None


@pytest.mark.parametrize(
    ("claims", "options"),
    [
        ({"aud": "other"}, {"audience": "app"}),
        ({}, {"audience": "app"}),
        ({"aud": "app"}, {}),
        ({"aud": {"app": 1}}, {"audience": "app"}),
        ({"iss": "https://evil.test"}, {"issuer": "https://id.example"}),
        ({"iss": ["https://id.example"]}, {"issuer": "https://id.example"}),
        ({}, {"issuer": "https://id.example"}),
    ],
)
def test_a_token_made_for_or_by_somebody_else_is_refused(claims, options):
    document = json.dumps({"sub": "7", "exp": NOW + 60, **claims})
    assert user_of(signed(document), **options) is None


@pytest.mark.parametrize("headers", [{"kid": "other"}, {"kid": ""}, {}])
def test_with_keys_by_id_a_token_must_name_one(headers):
    token = jwt.encode({"sub": "7", "exp": NOW + 60}, SECRET, "HS256", headers=headers)
    assert user_of(token, {"mine": SECRET}) is None


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
@pytest.mark.parametrize("text", [pem, der])
def test_a_public_key_never_serves_as_a_secret_for_a_token(algorithm, text):
    _, public = key_pair(algorithm)
    forged = signed(PLAIN, secret=text(public).decode("latin-1"))
    assert user_of(forged, pem(public), algorithms=[algorithm]) is None
    keys = {"public": pem(public), "secret": SECRET}
    for kid in keys:
        header = json.dumps({"alg": "HS256", "kid": kid})
        forged = signed(PLAIN, header, secret=text(public).decode("latin-1"))
        assert user_of(forged, keys, algorithms=["HS256", algorithm]) is None


# ---- keys that are refused at construction


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
@pytest.mark.parametrize("text", [pem, der, lambda public: pem(public).decode()])
def test_a_public_key_as_a_secret_is_refused_at_construction(algorithm, text):
    with pytest.raises(ValueError, match="public key"):
        JWTAuth(text(key_pair(algorithm)[1]), algorithms=["HS256"])


@pytest.mark.parametrize("secret", ["", "secret", "x" * 31, b"x" * 31])
def test_a_weak_secret_is_refused_with_the_command_that_makes_a_strong_one(secret):
    with pytest.raises(ValueError, match=r"secrets\.token_urlsafe\(32\)"):
        JWTAuth(secret)


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_a_private_key_is_refused_with_the_command_that_makes_the_public_one(algorithm):
    with pytest.raises(ValueError, match="openssl pkey"):
        JWTAuth(private_pem(key_pair(algorithm)[0]), algorithms=[algorithm])


def test_a_short_rsa_key_is_refused():
    with pytest.raises(ValueError, match="2048"):
        JWTAuth(pem(rsa.generate_private_key(65537, 1024).public_key()), algorithms=["RS256"])


def test_a_curve_other_than_p_256_is_refused():
    with pytest.raises(ValueError, match="P-256"):
        JWTAuth(pem(ec.generate_private_key(ec.SECP384R1()).public_key()), algorithms=["ES256"])


@pytest.mark.parametrize(
    ("key", "algorithms", "said"),
    [
        (SECRET, ["none"], "none"),
        (SECRET, ["HS512"], "HS256, RS256, ES256"),
        (SECRET, [], "empty"),
        (SECRET, ["RS256"], "PEM"),
        (SECRET, ["HS256", "RS256"], "RS256"),
        (json.dumps({"kty": "oct", "k": SECRET}), ["HS256"], "neither"),
        ({}, ["HS256"], "HS256"),
    ],
)
def test_algorithms_and_keys_that_do_not_fit_are_refused(key, algorithms, said):
    with pytest.raises(ValueError, match=said):
        JWTAuth(key, algorithms=algorithms)


def test_algorithms_as_one_text_are_refused():
    with pytest.raises(TypeError, match=r"algorithms=\['HS256'\]"):
        JWTAuth(SECRET, algorithms="HS256")


# ---- what is said


def test_no_token_and_no_secret_is_ever_logged_or_shown(caplog):
    caplog.set_level(logging.DEBUG)
    tokens = [good(aud="x"), good(sub=""), good()[:-1], signed('{"sub":7,"exp":1}'), good(nbf=NOW + 5)]
    for token in tokens:
        assert user_of(token) is None
    said = caplog.text + repr(JWTAuth(SECRET))
    assert caplog.records
    assert all(part not in said for token in tokens for part in token.split(".") if part)
    assert SECRET not in said


def test_a_refusal_that_only_the_issuer_can_mend_is_a_warning(caplog):
    assert user_of(signed(f'{{"exp":{NOW + 60},"sub":7}}')) is None
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "sub is not a string" in caplog.text


# ---- anything at all

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
CLAIMS = st.dictionaries(
    st.sampled_from(["sub", "exp", "nbf", "iat", "aud", "iss", "jti", "kid", "alg", "crit", "typ", "b64"]), JSON_VALUES
)


@given(payload=CLAIMS | JSON_VALUES, header=CLAIMS | JSON_VALUES, honest=st.booleans())
def test_no_signed_token_raises_anything_but_token_expired(payload, header, honest):
    header = {"alg": "HS256"} if honest else header
    token = signed(json.dumps(payload), json.dumps(header))
    for options in ({}, {"audience": "app", "issuer": ["a"]}):
        for key in (SECRET, {"k": SECRET}):
            try:
                user = user_of(token, key, **options)
            except TokenExpired:
                continue
            assert user is None or (isinstance(user.id, str) and user.id == payload["sub"])


@given(st.text() | st.from_regex(r"[A-Za-z0-9_=-]*\.[A-Za-z0-9_=-]*\.[A-Za-z0-9_=-]*"))
def test_no_text_raises_anything(token):
    assert user_of(token) is None
