"""JWTAuth takes good tokens, and answers None to everything else that a token can hold (torture A1)."""

import asyncio
import base64
import hashlib
import hmac
import json
import logging
import threading
import time
from collections.abc import Awaitable
from functools import cache
from http.client import HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given
from hypothesis import strategies as st
from jwt.algorithms import get_default_algorithms
from jwt.warnings import InsecureKeyLengthWarning

from tidings.auth import JWTAuth, KeySet, KeysUnavailable
from tidings.handshake import Handshake, TokenExpired, User

SECRET = "a secret of more than thirty-two bytes, for tests"
NOW = 1_800_000_000
HANDSHAKE = Handshake(path="/ws", query_string="", headers=(), client=None, scheme="ws")


def user_of(token, key=SECRET, **options):
    return JWTAuth(key, clock=lambda: NOW, **options)(HANDSHAKE, token)


def signed(document, header='{"alg":"HS256","typ":"JWT"}', secret=SECRET):
    """A token whose signature is right, of any header and any payload, which no library would sign."""
    parts = [text if isinstance(text, bytes) else text.encode() for text in (header, document)]
    body = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    signature = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    return (body + b"." + base64.urlsafe_b64encode(signature).rstrip(b"=")).decode()


PLAIN = f'{{"sub":"7","exp":{NOW + 60}}}'


def good(**claims):
    return jwt.encode({"sub": "7", "exp": NOW + 60, **claims}, SECRET, "HS256")


@cache
def key_pair(kind):
    private = rsa.generate_private_key(65537, 2048) if kind == "RS256" else ec.generate_private_key(ec.SECP256R1())
    return private, private.public_key()


def pem(public):
    return public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def der(public):
    return public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def private_pem(private):
    return private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


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


# ---- keys of an identity provider


class Provider:
    """An identity provider: what it publishes, how often it was asked, and by which clock."""

    def __init__(self, **keys):
        self.now, self.asked, self.fails = 0.0, 0, None
        self.publish(**keys)

    def publish(self, **keys):
        self.document = json.dumps({"keys": list(self.described(keys))}).encode()

    def described(self, keys):
        for key_id, (kind, public) in keys.items():
            yield json.loads(get_default_algorithms()[kind].to_jwk(public)) | {"kid": key_id, "alg": kind, "use": "sig"}

    async def fetch(self, url):
        self.asked += 1
        await asyncio.sleep(0)
        if self.fails:
            raise self.fails
        return self.document

    def auth(self, **options):
        keys = KeySet("https://id.example/jwks.json", fetch=self.fetch, clock=lambda: self.now)
        return JWTAuth(keys, algorithms=["RS256", "ES256"], clock=lambda: NOW, **options)


async def awaited(auth: JWTAuth, token: str) -> Any:
    answer = auth(HANDSHAKE, token)
    assert isinstance(answer, Awaitable)
    return await answer


def issued(key_id, kind="ES256", **claims):
    return jwt.encode({"sub": "7", "exp": NOW + 60, **claims}, key_pair(kind)[0], kind, headers={"kid": key_id})


@pytest.fixture
def provider():
    return Provider(one=("ES256", key_pair("ES256")[1]), two=("RS256", key_pair("RS256")[1]))


async def test_keys_of_a_provider_are_fetched_once(provider):
    auth = provider.auth()
    tokens = [issued("one"), issued("two", "RS256"), issued("one")]
    users = await asyncio.gather(*(auth(HANDSHAKE, token) for token in tokens))
    assert [user.id for user in users] == ["7", "7", "7"]
    assert provider.asked == 1


async def test_tokens_of_a_provider_are_judged_as_all_are(provider):
    auth = provider.auth()
    assert await auth(HANDSHAKE, "x.y.z") is None
    assert auth(HANDSHAKE, None) is None
    assert provider.asked == 0
    assert await auth(HANDSHAKE, issued("one", aud="other")) is None
    assert await auth(HANDSHAKE, issued("two")) is None  # the other key
    with pytest.raises(TokenExpired):
        await auth(HANDSHAKE, issued("one", exp=NOW - 1))


async def test_a_key_id_that_is_unknown_is_asked_for_but_not_again_and_again(provider):
    auth = provider.auth()
    provider.now = 100
    for _ in range(5):
        assert await auth(HANDSHAKE, issued("new")) is None
    assert provider.asked == 1
    provider.publish(new=("ES256", key_pair("ES256")[1]))
    provider.now = 111
    assert (await auth(HANDSHAKE, issued("new"))).id == "7"
    assert await auth(HANDSHAKE, issued("one")) is None  # withdrawn
    assert provider.asked == 2


async def test_keys_are_fetched_again_when_they_are_old(provider):
    auth = provider.auth()
    assert await auth(HANDSHAKE, issued("one"))
    provider.publish(two=("RS256", key_pair("RS256")[1]))
    provider.now = 599
    assert await auth(HANDSHAKE, issued("one"))
    provider.now = 600
    assert await auth(HANDSHAKE, issued("one")) is None
    assert provider.asked == 2


@pytest.mark.parametrize("failure", [OSError("no route"), HTTPException(), ValueError("not JSON")])
async def test_while_the_provider_is_away_known_keys_serve_for_a_while(provider, failure, caplog):
    auth = provider.auth()
    assert await auth(HANDSHAKE, issued("one"))
    provider.fails = failure
    provider.now = 600 + 3_599
    assert await auth(HANDSHAKE, issued("one"))
    assert "could not be fetched" in caplog.text
    provider.now = 600 + 3_600
    with pytest.raises(KeysUnavailable, match=r"id\.example"):
        await auth(HANDSHAKE, issued("one"))
    provider.fails = None
    provider.now += 10
    assert await auth(HANDSHAKE, issued("one"))


@pytest.mark.parametrize("document", [b"", b"[]", b"{}", b'{"keys":[]}', b'{"keys":7}', b"\xff", b"[" * 5000])
async def test_what_is_no_key_set_is_no_answer(provider, document):
    provider.document = document
    with pytest.raises(KeysUnavailable):
        await provider.auth()(HANDSHAKE, issued("one"))


async def test_only_public_keys_of_the_right_kind_are_taken_from_a_key_set(provider):
    secret = {"kty": "oct", "kid": "one", "alg": "HS256", "k": base64.urlsafe_b64encode(SECRET.encode()).decode()}
    private = json.loads(get_default_algorithms()["ES256"].to_jwk(key_pair("ES256")[0])) | {"kid": "two"}
    encrypting = next(provider.described({"three": ("ES256", key_pair("ES256")[1])})) | {"use": "enc"}
    weak = rsa.generate_private_key(65537, 1024)
    short = next(provider.described({"four": ("RS256", weak.public_key())}))
    odd = next(provider.described({"five": ("ES256", key_pair("ES256")[1])})) | {"kid": ["five"]}
    provider.document = json.dumps({"keys": [secret, private, encrypting, short, odd]}).encode()
    auth = provider.auth()
    assert await auth(HANDSHAKE, signed(PLAIN, '{"alg":"HS256","kid":"one"}')) is None
    for key_id in ("two", "three", "five"):
        assert await auth(HANDSHAKE, issued(key_id)) is None
    with pytest.warns(InsecureKeyLengthWarning):
        token = jwt.encode({"sub": "7", "exp": NOW + 60}, weak, "RS256", headers={"kid": "four"})
    assert await auth(HANDSHAKE, token) is None
    assert provider.asked == 1


def test_a_key_set_does_not_go_with_secrets(provider):
    with pytest.raises(ValueError, match=r"algorithms=\['RS256'\]"):
        JWTAuth(KeySet("https://id.example/jwks.json", fetch=provider.fetch))


async def test_an_algorithm_that_was_not_named_is_refused(provider):
    keys = KeySet("https://id.example/jwks.json", fetch=provider.fetch)
    assert await awaited(JWTAuth(keys, algorithms=["RS256"], clock=lambda: NOW), issued("one")) is None


def test_keys_survive_the_event_loop_that_fetched_them(provider):
    auth = provider.auth()
    for _ in range(2):
        assert asyncio.run(auth(HANDSHAKE, issued("one"))).id == "7"
    assert provider.asked == 1


@pytest.mark.parametrize("url", ["http://id.example/jwks.json", "file:///etc/keys", "id.example", "ftp://127.0.0.1/x"])
def test_a_key_set_without_tls_is_refused(url):
    with pytest.raises(ValueError, match="https"):
        KeySet(url)


class Pages(BaseHTTPRequestHandler):
    """A web server with one document, a redirect to it, and one that is too long."""

    document = b""

    def do_GET(self):
        self.send_response(302 if self.path == "/moved" else 200)
        self.send_header("Location", "/jwks.json")
        self.end_headers()
        self.wfile.write(b" " * 300_000 if self.path == "/long" else self.document)

    def log_message(self, *_):
        """Quiet."""


@pytest.fixture
def site(provider):
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Site", (Pages,), {"document": provider.document}))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


async def test_keys_are_read_from_a_web_server(site):
    auth = JWTAuth(KeySet(f"{site}/jwks.json"), algorithms=["RS256", "ES256"], clock=lambda: NOW)
    assert (await awaited(auth, issued("one"))).id == "7"


@pytest.mark.parametrize("path", ["/moved", "/long"])
async def test_redirects_and_endless_documents_are_not_followed(site, path, caplog):
    auth = JWTAuth(KeySet(site + path), algorithms=["ES256"], clock=lambda: NOW)
    with pytest.raises(KeysUnavailable):
        await awaited(auth, issued("one"))
    assert "302" in caplog.text or "262144 bytes" in caplog.text


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
