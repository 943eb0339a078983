"""The envelope, read and written. The specification's own messages are in test_vectors.py."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidings import Event, WSEventType
from tidings.protocol.codes import ErrorCode
from tidings.protocol.log import Position
from tidings.protocol.messages import (
    MAX_LEVELS,
    ClientMessage,
    Ping,
    Refused,
    Subscribe,
    member_name,
    read,
    timestamp,
    write,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.sampled_from(["type", "payload", "id", "timestamp", "channels", "positions", "token", "epoch", "offset"])
LIKELY = st.recursive(
    st.sampled_from(["auth", "subscribe", "unsubscribe", "ping", "notes", "shout", "", "x" * 70, 0, -1, 2**60, None]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FIELDS | st.just("notes"), inner, max_size=5),
    max_leaves=10,
)


def refusal(text: str | bytes, types: tuple[str, ...] = ()) -> Refused:
    with pytest.raises(Refused) as refused:
        read(text, types)
    return refused.value


def outcome(text: str | bytes) -> ClientMessage | Refused:
    try:
        return read(text, {"shout"})
    except Refused as refused:
        return refused


class TestRead:
    @given(st.text() | st.binary())
    def test_whatever_comes_it_is_a_message_or_refused(self, text: str | bytes) -> None:
        assert isinstance(outcome(text), ClientMessage | Refused)

    @given(LIKELY | JSON)
    def test_whatever_json_comes_it_is_a_message_or_refused_with_its_id(self, document: Any) -> None:
        found = outcome(json.dumps(document))
        if isinstance(found, Refused):
            assert found.reply_to is None or found.reply_to == document["id"]
        else:
            assert (found.type, found.id) == (document["type"], document.get("id"))

    def test_application_messages_keep_their_payload(self) -> None:
        message = read('{"type": "shout", "id": "7", "payload": {"text": "hi", "deep": [1, {"x": null}]}}', {"shout"})
        assert (message.type, message.id, message.body) == ("shout", "7", {"text": "hi", "deep": [1, {"x": None}]})

    def test_a_payload_may_be_left_out(self) -> None:
        assert read('{"type": "shout"}', {"shout"}).body == {}
        assert isinstance(read('{"type": "ping"}').body, Ping)

    def test_a_declared_type_is_unknown_where_nobody_handles_it(self) -> None:
        assert refusal('{"type": "shout", "id": "7"}').code is ErrorCode.UNKNOWN_TYPE

    def test_bytes_are_read_as_utf8(self) -> None:
        body = read('{"type": "subscribe", "payload": {"channels": ["é"]}}'.encode()).body
        assert isinstance(body, Subscribe)
        assert body.channels == ["é"]
        assert refusal(b'{"type": "ping\xff"}').code is ErrorCode.INVALID_JSON

    def test_levels_are_counted_and_bounded(self) -> None:
        def nested(levels: int) -> str:
            return '{"type": "shout", "payload": ' + '{"a": ' * (levels - 2) + "{}" + "}" * (levels - 1)

        assert read(nested(MAX_LEVELS), {"shout"}).type == "shout"
        assert "levels" in refusal(nested(MAX_LEVELS + 1), ("shout",)).reason
        assert refusal("[" * 100_000).code is ErrorCode.INVALID_JSON

    @pytest.mark.parametrize("number", ["9007199254740992", "-9007199254740992", "1e400", "-1e400"])
    def test_numbers_that_not_every_reader_keeps_are_refused_anywhere(self, number: str) -> None:
        for text in (
            '{"type": "shout", "payload": {"a": [{"b": %s}]}}',
            '{"type": "shout", "unknown": %s}',
            '{"type": "ping", "timestamp": %s}',
        ):
            assert refusal(text % number, ("shout",)).code is ErrorCode.INVALID_JSON

    @pytest.mark.parametrize(
        ("text", "named"),
        [
            ('{"type": "subscribe", "payload": {"channels": "schedules"}}', "channels"),
            ('{"type": "subscribe", "payload": {"channels": [1]}}', "channels"),
            ('{"type": "subscribe"}', "channels"),
            ('{"type": "auth", "payload": {"token": 5}}', "token"),
            ('{"type": "auth", "payload": {"token": "t", "positions": {"user:7": {"epoch": "E"}}}}', "positions"),
            ('{"type": 5}', "`type`"),
            ('{"payload": {}}', "`type` is missing"),
            ('{"type": "ping", "id": 5}', "`id`"),
            ('{"type": "ping", "id": null}', "`id` is null"),
            ('{"type": "ping", "payload": []}', "`payload`"),
            ('"ping"', "a message is a JSON object, not a string"),
        ],
    )
    def test_what_is_wrong_is_named(self, text: str, named: str) -> None:
        refused = refusal(text)
        assert refused.code is ErrorCode.INVALID_MESSAGE
        assert named in refused.reason

    def test_positions_are_found_by_channel(self) -> None:
        message = read(
            '{"type": "subscribe", "payload": {"channels": ["a", "b"],'
            ' "positions": {"a": {"epoch": "E", "offset": 3, "id": "x"}}}}'
        )
        assert message.position("a") == Position("E", 3, "x")
        assert message.position("b") is None
        assert read('{"type": "ping"}').position("a") is None


class TestWrite:
    def test_the_whole_envelope(self) -> None:
        text = write("pong", {}, id="i1", now=1_800_000_000.25, reply_to="7")
        assert json.loads(text) == {
            "type": "pong",
            "payload": {},
            "timestamp": "2027-01-15T08:00:00.250Z",
            "id": "i1",
            "reply_to": "7",
        }

    def test_what_answers_nothing_has_no_reply_to(self) -> None:
        assert "reply_to" not in json.loads(write("pong", {}, id="i1", now=0.0))

    @given(st.floats(0, 4_000_000_000))
    def test_timestamps_are_rfc_3339_in_utc_with_milliseconds(self, now: float) -> None:
        text = timestamp(now)
        assert len(text) == 24
        assert text.endswith("Z")
        assert abs((datetime.fromisoformat(text) - datetime.fromtimestamp(now, UTC)).total_seconds()) <= 0.001


class TestNames:
    def test_the_application_adds_its_types_under_the_guides_name(self) -> None:
        class Created(Event, type="schedule:created"): ...

        types = WSEventType.including(Created)
        assert types.SCHEDULE_CREATED.value == "schedule:created"
        assert types.SUBSCRIBED.value == "subscribed"
        assert {kind.name for kind in WSEventType} < {kind.name for kind in types}

    @pytest.mark.parametrize(
        ("type", "member"), [("schedule:created", "SCHEDULE_CREATED"), ("time-off.asked", "TIME_OFF_ASKED")]
    )
    def test_members_are_named_as_in_typescript(self, type: str, member: str) -> None:
        assert member_name(type) == member
