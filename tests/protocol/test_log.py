"""One channel's log: numbers, bounds, and what it covers. The specification's own cases are in test_vectors.py."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tidings.protocol.events import Draft
from tidings.protocol.log import Entry, Log, Position, latest_per_key

NOW = "2026-11-23T08:00:00.000Z"
START = Position("E", 0, "")
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def note(id: str, *, size: int = 2, key: str | None = None, version: int | None = None) -> Draft:
    payload = b'{"x":"' + b"x" * (size - 8) + b'"}' if size > 8 else b"{}"
    return Draft("note", payload, NOW, id, key, version)


def filled(*ids: str) -> Log:
    log = Log("notes", START)
    for at, id in enumerate(ids):
        log.append(note(id), now=float(at))
    return log


def offsets(log: Log, position: Position, limit: int = 100) -> list[int] | None:
    entries = log.since(position, limit)
    return None if entries is None else [entry.position.offset for entry in entries]


class TestAppend:
    def test_offsets_are_dense_from_one_under_one_epoch(self) -> None:
        log = Log("notes", START)
        assert [log.append(note(id), 0)[0].position for id in "abc"] == [
            ("E", 1, "a"),
            ("E", 2, "b"),
            ("E", 3, "c"),
        ]
        assert log.top == ("E", 3, "c")

    def test_the_top_of_an_empty_log_has_offset_zero_and_no_id(self) -> None:
        assert Log("notes", START).top == ("E", 0, "")

    def test_an_id_that_is_held_is_not_appended_again(self) -> None:
        log = filled("a", "b")
        entry, new = log.append(note("a", size=100), now=9.0)
        assert (entry.position, new, len(log), log.top.offset) == (("E", 1, "a"), False, 2, 2)

    def test_an_id_that_was_dropped_is_appended_anew(self) -> None:
        log = filled("a", "b")
        log.drop_oldest()
        entry, new = log.append(note("a"), now=9.0)
        assert (entry.position.offset, new) == (3, True)

    def test_the_message_is_the_whole_envelope(self) -> None:
        entry, _ = Log("notes", START).append(note("a", key="note:7", version=3), now=0)
        assert json.loads(entry.message) == {
            "type": "note",
            "payload": {},
            "timestamp": NOW,
            "id": "a",
            "channel": "notes",
            "epoch": "E",
            "offset": 1,
            "key": "note:7",
            "version": 3,
        }

    def test_what_an_event_does_not_have_is_left_out(self) -> None:
        entry, _ = Log("notes", START).append(note("a", version=None), now=0)
        assert not json.loads(entry.message).keys() & {"key", "version", "after", "traceparent"}

    def test_what_a_trace_goes_on_from_travels_in_the_message(self) -> None:
        entry, _ = Log("notes", START).append(replace(note("a"), traceparent=TRACE), now=0)
        assert json.loads(entry.covering(0))["traceparent"] == TRACE

    def test_version_zero_is_a_version(self) -> None:
        entry, _ = Log("notes", START).append(note("a", key="note:7", version=0), now=0)
        assert json.loads(entry.message)["version"] == 0


class TestAdd:
    def test_it_takes_what_was_numbered_elsewhere_if_it_is_the_next(self) -> None:
        log, other = Log("notes", Position("E", 1, "a")), filled("a", "b", "c")
        for entry in other.since(Position("E", 1, "a"), 10) or []:
            log.add(entry)
        assert (log.top, offsets(log, Position("E", 1, "a"))) == (other.top, [2, 3])
        assert log.since(START, 10) is None

    @pytest.mark.parametrize("position", [Position("E", 2, "b"), Position("E", 4, "d"), Position("F", 3, "c")])
    def test_it_refuses_what_is_not(self, position: Position) -> None:
        log = filled("a", "b")
        with pytest.raises(ValueError, match="does not follow"):
            log.add(Entry(position, b"{}", None, 0.0))
        assert len(log) == 2


class TestConflation:
    def test_the_last_of_each_key_is_left_in_order_of_offsets(self) -> None:
        log = Log("notes", START)
        entries = [log.append(note(id, key=key), now=0)[0] for id, key in zip("abcde", "xyxzy", strict=True)]
        assert latest_per_key(entries) == [entries[2], entries[3], entries[4]]
        assert latest_per_key([]) == []

    def test_a_message_says_what_it_covers_unless_that_is_only_itself(self) -> None:
        entry = filled("a", "b", "c").since(START, 10)[2]  # type: ignore[index]
        assert entry.covering(2) == entry.message
        assert json.loads(entry.covering(0)) == {**json.loads(entry.message), "after": 0}


class TestCovers:
    @pytest.mark.parametrize(
        ("position", "covered"),
        [
            (("E", 0, ""), [1, 2, 3]),
            (("E", 1, "a"), [2, 3]),
            (("E", 3, "c"), []),
            (("E", 0, "x"), None),  # offset 0 has the empty id
            (("E", 2, "c"), None),  # another id there: another log
            (("E", 2, ""), None),
            (("E", 4, "d"), None),  # above the top: the log was rolled back
            (("F", 2, "b"), None),
            (("F", 0, ""), None),
        ],
    )
    def test_epoch_offset_and_id_must_all_agree(
        self, position: tuple[str, int, str], covered: list[int] | None
    ) -> None:
        assert offsets(filled("a", "b", "c"), Position(*position)) == covered

    def test_what_was_dropped_is_not_covered_but_the_position_of_the_last_dropped_is(self) -> None:
        log = filled("a", "b", "c", "d")
        log.drop_oldest()
        log.drop_oldest()
        assert offsets(log, Position("E", 1, "a")) is None
        assert offsets(log, Position("E", 0, "")) is None
        assert offsets(log, Position("E", 2, "b")) == [3, 4]
        assert offsets(log, Position("E", 2, "x")) is None

    def test_the_top_is_covered_when_everything_was_dropped(self) -> None:
        log = filled("a", "b")
        log.trim(events=0, size=0, before=0)
        assert (len(log), log.size) == (0, 0)
        assert offsets(log, Position("E", 2, "b")) == []
        assert offsets(log, Position("E", 1, "a")) is None

    def test_since_returns_at_most_the_limit_oldest_first(self) -> None:
        assert offsets(filled(*"abcdef"), Position("E", 1, "a"), limit=2) == [2, 3]


class TestTrim:
    def test_by_events(self) -> None:
        log = filled(*"abcde")
        log.trim(events=2, size=1_000_000, before=0)
        assert offsets(log, Position("E", 3, "c")) == [4, 5]
        assert len(log) == 2

    def test_by_size(self) -> None:
        log = filled(*"abcde")
        each = log.size // 5
        log.trim(events=10, size=each * 3 + 1, before=0)
        assert (len(log), log.size) == (3, each * 3)

    def test_by_age(self) -> None:
        log = filled(*"abcde")
        log.trim(events=10, size=1_000_000, before=2.0)
        assert offsets(log, Position("E", 2, "b")) == [3, 4, 5]

    def test_an_event_above_the_bound_is_dropped_itself(self) -> None:
        log = filled("a")
        log.append(note("big", size=10_000), now=1)
        log.trim(events=10, size=5_000, before=0)
        assert (len(log), log.size, log.top) == (0, 0, ("E", 2, "big"))

    def test_an_empty_log_has_nothing_to_drop(self) -> None:
        with pytest.raises(IndexError, match="notes holds nothing"):
            Log("notes", START).drop_oldest()


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("append"), st.integers(0, 400)),
            st.tuples(st.just("trim"), st.integers(0, 6)),
            st.tuples(st.just("drop"), st.just(0)),
        ),
        max_size=40,
    )
)
def test_a_position_is_covered_exactly_while_everything_after_it_is_held(steps: list[tuple[str, int]]) -> None:
    log, appended, dropped = Log("notes", START), [""], 0
    for action, number in steps:
        if action == "append":
            appended.append(f"id{len(appended)}")
            log.append(note(appended[-1], size=number), now=0)
        elif action == "trim":
            log.trim(events=number, size=10_000_000, before=0)
            dropped = max(dropped, len(appended) - 1 - number)
        elif len(log):
            log.drop_oldest()
            dropped += 1
    held = list(range(dropped + 1, len(appended)))
    for offset, id in enumerate(appended):
        expected = [number for number in held if number > offset] if offset >= dropped else None
        assert offsets(log, Position("E", offset, id)) == expected
    entries = log.since(Position("E", dropped, appended[dropped]), 100) or []
    assert log.size == sum(entry.size for entry in entries)
