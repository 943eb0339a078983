"""Events as they lie in Redis: programs of other versions read them, and wrote what is read here."""

import pytest

from tidings.brokers.redis.stored import Unreadable, packed, unpacked
from tidings.protocol.events import Draft

DRAFT = Draft(
    type="note",
    payload=b'{"id":7}',
    timestamp="2026-11-24T04:00:00.000Z",
    id="id-1",
    key="note:7",
    version=3,
    traceparent="00-1-2-01",
)
STORED = (
    b"\x97"  # an array of seven
    b"\xa4note"
    b'\xc4\x08{"id":7}'  # binary
    b"\xb82026-11-24T04:00:00.000Z"
    b"\xa4id-1"
    b"\xa6note:7"
    b"\x03"
    b"\xa900-1-2-01"
)
BARE = b"\x94\xa4note\xc4\x02{}\xb82026-11-24T04:00:00.000Z\xa4id-1"


def test_the_format_is_the_fields_of_a_draft_in_their_order() -> None:
    assert packed(DRAFT) == STORED
    read = unpacked(STORED)
    assert [getattr(read, name) for name in Draft.__struct_fields__] == [
        getattr(DRAFT, name) for name in Draft.__struct_fields__
    ]


def test_what_a_newer_program_adds_is_passed_over_and_what_an_older_one_lacks_has_its_default() -> None:
    assert unpacked(b"\x98" + STORED[1:] + b"\x01") == unpacked(STORED)
    bare = unpacked(BARE)
    assert (bare.type, bare.payload, bare.id, bare.key, bare.version, bare.traceparent) == (
        "note", b"{}", "id-1", None, None, None,
    )  # fmt: skip


@pytest.mark.parametrize("event", [b"", b"\x90", b"\xc0", b"\x97" + STORED[2:], STORED[:-1]])
def test_what_is_no_event_is_unreadable(event: bytes) -> None:
    with pytest.raises(Unreadable):
        unpacked(event)
