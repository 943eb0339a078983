"""The server's messages as vectors, what is malformed, and how much goes into one subscribe."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidings.client import ClientError, Position, wire
from tidings.protocol import messages

CASES = json.loads((Path(__file__).parents[2] / "spec" / "vectors" / "server-messages.json").read_text())["cases"]
EVENT = {"channel": "a", "epoch": "e", "offset": 3}


def text(type: str, payload: Any, **fields: Any) -> str:
    return json.dumps({"type": type, "payload": payload, "timestamp": "x", "id": "1"} | fields)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_vectors(case: dict[str, Any]) -> None:
    if case["accept"]:
        assert wire.read(case["text"]).envelope.type == json.loads(case["text"])["type"]
    else:
        with pytest.raises(ClientError, match=r"^malformed: "):
            wire.read(case["text"])


@pytest.mark.parametrize(
    ("message", "where"),
    [
        (b"{}", "binary"),
        ("[" * 100_000, "recursion|depth|nested|array"),
        (text("e", {}, version=-1), r"\$\.version"),
        (text("e", {}, **EVENT | {"offset": 1.5}), r"\$\.offset"),
        (text("e", {}, **EVENT | {"offset": 2**53}), r"\$\.offset"),
        (text("e", {}, after=0), "`after` without `offset`"),
        (text("e", {}, **EVENT, after=-1), r"\$\.after"),
        (text("e", [1]), "payload is not an object"),
        (text("connection:error", {"message": "x"}), "`code`"),
        (text("connection:closing", {"reconnect_after": -1}), "reconnect_after"),
        (text("unsubscribed", {"channels": "a"}), "channels"),
        (text("reply", [1]), "object"),
    ],
)
def test_what_is_malformed_says_where(message: str | bytes, where: str) -> None:
    with pytest.raises(ClientError, match=where):
        wire.read(message)


def test_an_events_position_and_after() -> None:
    message = wire.read(text("e", {"a": 1}, **EVENT, after=1, key="e:1", version=4))
    assert message.position == Position("e", 3, "1")
    assert (message.envelope.after, message.envelope.key, message.envelope.version) == (1, "e:1", 4)


names = st.text("abcdefgh:/=", min_size=1, max_size=255)
positions = st.builds(
    Position,
    st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=64),
    st.integers(0, 2**53 - 1),
    st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=64),
)


@given(st.dictionaries(names, st.none() | positions, min_size=1, max_size=200))
def test_a_subscribe_holds_128_channels_and_64_kilobytes_and_nothing_is_left_out(
    wishes: dict[str, Any],
) -> None:
    left, sent = dict(wishes), []
    while left:
        taken = wire.fitting(left.items())
        message = wire.subscribe(taken, id="x" * 64)
        assert 0 < len(taken) <= 128
        assert len(message.encode()) <= messages.MAX_MESSAGE
        sent += list(taken)
        left = {name: position for name, position in left.items() if name not in taken}
    assert sent == list(wishes)


def test_the_longest_names_and_positions_are_split_by_size() -> None:
    wishes = {f"{number:0>255}": Position("e" * 64, 2**53 - 1, "i" * 64) for number in range(128)}
    taken = wire.fitting(wishes.items())
    assert 64 < len(taken) < 128
    assert 60_000 < len(wire.subscribe(taken, id="1")) <= messages.MAX_MESSAGE
