"""What every server is given alike: the channel, the event, the tokens."""

import time
from collections.abc import Iterator
from typing import Any

import jwt

CHANNEL = "schedules"
SECRET = "a secret of the benchmark, which guards nothing"
ALGORITHM = "HS256"
EVENT_TYPE = "schedule:created"


def schedule(number: int) -> dict[str, Any]:
    """A schedule as JSON values, of the same length for every number below 900,000."""
    return {
        "id": 100_000 + number,
        "staffId": 4711,
        "startsAt": "2026-11-23T07:00:00Z",
        "endsAt": "2026-11-23T15:30:00Z",
        "role": "nurse",
        "location": "Ward 4",
        "status": "published",
        "version": 1,
    }


def tokens(count: int) -> Iterator[str]:
    """A token for each of `count` users, good for an hour."""
    expires = int(time.time()) + 3_600
    for number in range(count):
        yield jwt.encode({"sub": f"u{number}", "exp": expires}, SECRET, algorithm=ALGORITHM)
