"""Who may connect: everybody who has a token of ours."""

import time

import jwt

SECRET = "a secret of the fault runs, which guards nothing"


def token(user: str) -> str:
    """A token with which this user may connect, good for a day."""
    return jwt.encode({"sub": user, "exp": int(time.time()) + 86_400}, SECRET, algorithm="HS256")
