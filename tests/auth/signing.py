"""Keys, and tokens signed with them."""

import base64
import hashlib
import hmac
from functools import cache

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from tidings.auth import JWTAuth
from tidings.handshake import Handshake

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
