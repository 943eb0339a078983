"""JWTAuth with the keys of a provider, which are fetched."""

import asyncio
import base64
import json
import threading
from collections.abc import Awaitable
from http.client import HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import get_default_algorithms
from jwt.warnings import InsecureKeyLengthWarning

from tests.auth.signing import HANDSHAKE, NOW, PLAIN, SECRET, key_pair, signed
from tidings.auth import JWTAuth, KeySet, KeysUnavailable
from tidings.handshake import TokenExpired

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


async def test_a_token_that_comes_again_needs_its_key_still(provider):
    auth, token = provider.auth(), issued("one")
    user = await awaited(auth, token)
    assert await awaited(auth, token) is user
    provider.publish(one=("ES256", ec.generate_private_key(ec.SECP256R1()).public_key()))
    provider.now = 601.0
    assert await awaited(auth, token) is None
    provider.publish(two=("RS256", key_pair("RS256")[1]))
    provider.now = 1_202.0
    assert await awaited(auth, token) is None


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
