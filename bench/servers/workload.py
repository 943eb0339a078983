"""What every server is given alike: the channels, the event, the tokens."""

import json
import os
import time
from collections.abc import Iterator
from functools import cache
from itertools import islice
from typing import Any

import jwt

from bench.servers import control

CHANNEL = control.CHANNEL
SECRET = "a secret of the benchmark, which guards nothing"
ALGORITHM = "HS256"
EVENT_TYPE = "schedule:created"
PAYLOAD = "BENCH_PAYLOAD"  # the environment variable with the bytes of a payload as JSON; 0 or none: the usual one
PERSONAL = "user:"  # a user's own channel: "user:u10017"
TEAM = "team:"  # one of many channels: "team:1017"
COMPRESSED = "BENCH_COMPRESSED"  # the environment variable that is 1 where frames are to be compressed

_TEXT = "the night shift on ward four begins with a handover of all open questions to whoever takes the next one"


@cache
def sized() -> int:
    """The bytes of a payload that this process was told to publish; 0: the usual event."""
    return int(os.environ.get(PAYLOAD, "0"))


def schedule(number: int) -> dict[str, Any]:
    """A schedule as JSON values, of the same length for every number below 900,000: the usual one, or a note that makes
    the event's payload, `{"schedule": …}` as compact JSON, as long as this process was told.
    """
    return note(number, size) if (size := sized()) else usual(number)


def usual(number: int) -> dict[str, Any]:
    """The usual schedule: the payload has 175 bytes."""
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


def note(number: int, size: int) -> dict[str, Any]:
    """A schedule with a note in English, which makes the payload `size` bytes long (60 at least)."""
    return {"id": 100_000 + number, "version": 1, "note": _words(size)}


@cache
def _words(size: int) -> str:
    """The note: made once, for no event of a user's is made by the letter."""
    short = {"id": 100_000, "version": 1, "note": ""}
    left = size - len(json.dumps({"schedule": short}, separators=(",", ":")))
    return " ".join(islice(_mixed(), left))[:left]


def _mixed() -> Iterator[str]:
    """The words in an order that never comes again, which a compressor would make next to nothing of."""
    words, state = _TEXT.split(), 0
    while True:
        yield words[state * len(words) // 134_456]
        state = (state * 8_121 + 28_411) % 134_456


def user(number: int) -> str:
    """A user's id; all are equally long, and so are the names of teams."""
    return f"u{10_000 + number}"


def personal(number: int) -> str:
    """The own channel of the user with this number."""
    return PERSONAL + user(number)


def team(number: int) -> str:
    """The name of a team's channel."""
    return f"{TEAM}{1_000 + number}"


def tokens(count: int) -> Iterator[str]:
    """A token for each of `count` users, good for two hours."""
    expires = int(time.time()) + 7_200
    for number in range(count):
        yield jwt.encode({"sub": user(number), "exp": expires}, SECRET, algorithm=ALGORITHM)
