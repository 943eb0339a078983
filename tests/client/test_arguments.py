"""Arguments of the client that make no sense are refused where they are given."""

import math
from typing import Any

import pytest

from tests.stage import Notes
from tidings.client import Client
from tidings.protocol.log import Position

URL = "ws://127.0.0.1:9/ws"


@pytest.mark.parametrize("name", ["open_timeout", "pong_timeout"])
@pytest.mark.parametrize("seconds", [0, -1, math.nan, math.inf])
def test_times_are_above_zero(name: str, seconds: float) -> None:
    options: Any = {name: seconds}
    with pytest.raises(ValueError, match=rf"Client\({name}={seconds!r}\): write a number of seconds above 0"):
        Client(URL, **options)


@pytest.mark.parametrize("name", ["queue", "inbox"])
def test_bounds_are_whole_numbers(name: str) -> None:
    options: Any = {name: 0.5}
    with pytest.raises(ValueError, match=rf"Client\({name}=0.5\): write a whole number, at least 1"):
        Client(URL, **options)


@pytest.mark.parametrize(
    ("options", "kind", "said"),
    [
        ({"inbox": -5}, ValueError, r"subscribe\(inbox=-5\): write a whole number, at least 1"),
        ({"inbox": 0}, ValueError, r"subscribe\(inbox=0\)"),
        ({"timeout": 0}, ValueError, r"subscribe\(timeout=0\): write a number of seconds above 0"),
        ({"position": {"epoch": "a", "offset": 1, "id": "x"}}, TypeError, r"write Position\(epoch, offset, id\)"),
        ({"position": Position("a", -1, "x")}, ValueError, "offset is a whole number, 0 or more"),
    ],
)
async def test_of_a_subscription(options: dict[str, Any], kind: type[Exception], said: str) -> None:
    with pytest.raises(kind, match=said):
        Client(URL).subscribe(Notes(), **options)


async def test_a_channels_class_is_no_channel() -> None:
    notes: Any = Notes
    with pytest.raises(TypeError, match=r"subscribe\(Notes\): that is the class; write Notes\(…\)"):
        Client(URL).subscribe(notes)


async def test_a_client_that_was_not_entered_is_not_waited_for() -> None:
    with pytest.raises(RuntimeError, match="write `async with Client"):
        await Client(URL).connected()
