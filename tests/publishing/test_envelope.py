"""The guide's messages as dictionaries."""

import json
from datetime import UTC, datetime
from enum import Enum
from types import MappingProxyType
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict, Field

from tidings import Channel, Event, EventError, WSEventType, create_ws_message
from tidings.publishing.envelope import direct_message, drafted

NOW = 1_800_000_000.0


class Schedule(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    staff_id: int = Field(alias="staffId")


class ScheduleCreated(Event, type="schedule:created", key="schedule.id"):
    schedule: Schedule


class CreatedPayload(BaseModel):
    """A payload of the application's own, beside the event."""

    schedule: Any


class Schedules(Channel[ScheduleCreated], name="schedules"): ...


Types = WSEventType.including(ScheduleCreated)


def created(**fields: Any) -> dict[str, Any]:
    return create_ws_message(Types.SCHEDULE_CREATED, {"schedule": {"id": 1, "staffId": 2}}, "id1") | fields


class TestCreate:
    def test_it_is_the_guides_envelope(self) -> None:
        message = create_ws_message(Types.SCHEDULE_CREATED, {"a": 1}, "id1")
        assert message.keys() == {"type", "payload", "timestamp", "id"}
        assert (message["type"], message["payload"], message["id"]) == ("schedule:created", {"a": 1}, "id1")
        assert abs(datetime.fromisoformat(message["timestamp"]) - datetime.now(UTC)).total_seconds() < 3_600

    def test_without_an_id_it_gets_one(self) -> None:
        ids = {create_ws_message("x", {})["id"] for _ in range(100)}
        assert len(ids) == 100

    @pytest.mark.parametrize("type", ["pong", WSEventType.PONG, Enum("Own", {"PONG": "pong"}).PONG])  # type: ignore[attr-defined]
    def test_a_type_is_text_or_a_member_of_an_enumeration(self, type: Any) -> None:
        assert create_ws_message(type, {})["type"] == "pong"


class TestDrafted:
    @pytest.mark.parametrize(
        "payload",
        [
            {"schedule": {"id": 1, "staffId": 2}},
            MappingProxyType({"schedule": {"id": 1, "staffId": 2}}),
            {"schedule": Schedule(id=1, staffId=2)},
            CreatedPayload(schedule=Schedule(id=1, staffId=2)),
            CreatedPayload(schedule={"id": 1, "staffId": 2}),
            ScheduleCreated(schedule=Schedule(id=1, staffId=2)),
        ],
    )
    def test_on_a_declared_channel_it_is_that_channels_event(self, payload: Any) -> None:
        ready = drafted(created(payload=payload), Schedules(), id="unused", now=NOW)
        assert json.loads(ready.payload) == {"schedule": {"id": 1, "staffId": 2}}
        assert (ready.type, ready.id, ready.key) == ("schedule:created", "id1", "schedule:1")

    def test_a_row_of_an_orm_in_the_payload_is_taken(self) -> None:
        class Row:
            id, staffId, secret = 1, 2, "x"  # noqa: N815

        ready = drafted(created(payload={"schedule": Row()}), Schedules(), id="unused", now=NOW)
        assert json.loads(ready.payload) == {"schedule": {"id": 1, "staffId": 2}}

    @pytest.mark.parametrize(
        ("payload", "said"),
        [
            ({"schedule": {"id": "x", "staffId": 2}}, "schedule:created: schedule.id: "),
            ({}, "schedule:created: schedule: "),
            (Schedule(id=1, staffId=2), "schedule:created: schedule: "),
            ({"schedule": {"id": 1, "staffId": 2}, "more": 1}, "schedule:created: more: "),
            ([1], "schedule:created: the payload: "),
            (None, "schedule:created: the payload: "),
        ],
    )
    def test_a_payload_that_is_not_as_declared_is_refused_by_field(self, payload: Any, said: str) -> None:
        with pytest.raises(EventError) as refused:
            drafted(created(payload=payload), Schedules(), id="1", now=NOW)
        assert str(refused.value).startswith(said)

    def test_a_type_that_the_channel_does_not_declare_is_refused(self) -> None:
        with pytest.raises(EventError, match="Schedules does not carry 'other'; it declares schedule:created"):
            drafted(created(type="other"), Schedules(), id="1", now=NOW)

    def test_without_a_declaration_any_json_goes(self) -> None:
        ready = drafted(created(type="other", payload={"at": datetime(2026, 1, 1, tzinfo=UTC)}), None, id="1", now=NOW)
        assert json.loads(ready.payload) == {"at": "2026-01-01T00:00:00Z"}

    @pytest.mark.parametrize("channel", [None, Schedules()])
    def test_what_the_message_lacks_is_filled_in(self, channel: Any) -> None:
        message = created()
        del message["id"], message["timestamp"]
        ready = drafted(message, channel, id="given", now=NOW)
        assert (ready.id, ready.timestamp) == ("given", "2027-01-15T08:00:00.000Z")

    @pytest.mark.parametrize("channel", [None, Schedules()])
    @pytest.mark.parametrize(
        ("fields", "said"),
        [
            ({"id": 7}, "the id 7 is not text"),
            ({"id": "x" * 65}, "is not text of 1 to 64"),
            ({"timestamp": "yesterday"}, "the timestamp 'yesterday' is not RFC 3339 in UTC"),
            ({"timestamp": "2026-11-23T08:00:00"}, "is not RFC 3339 in UTC"),
            ({"timestamp": datetime(2026, 1, 1, tzinfo=UTC)}, "is not RFC 3339 in UTC"),
            ({"timestamp": 1_800_000_000}, "is not RFC 3339 in UTC"),
        ],
    )
    def test_an_envelope_that_the_wire_does_not_allow_is_refused(self, channel: Any, fields: Any, said: str) -> None:
        with pytest.raises(EventError) as refused:
            drafted(created(**fields), channel, id="1", now=NOW)
        assert said in str(refused.value)

    @pytest.mark.parametrize("field", ["type", "payload"])
    def test_what_must_be_there_is_named(self, field: str) -> None:
        message = created()
        del message[field]
        with pytest.raises(EventError, match=rf"has no '{field}': make it with create_ws_message"):
            drafted(message, None, id="1", now=NOW)

    @pytest.mark.parametrize("type", [5, None, "has space", ["x"]])
    def test_a_type_that_is_none_is_refused(self, type: Any) -> None:
        for channel in (None, Schedules()):
            with pytest.raises(EventError):
                drafted(created(type=type), channel, id="1", now=NOW)


class TestDirect:
    def test_it_is_completed_to_the_whole_envelope(self) -> None:
        message = {"type": WSEventType.PONG, "payload": {}}
        assert json.loads(direct_message(message, id="given", now=NOW)) == {
            "type": "pong",
            "payload": {},
            "timestamp": "2027-01-15T08:00:00.000Z",
            "id": "given",
        }

    def test_what_it_answers_is_kept(self) -> None:
        message = create_ws_message("pong", {}) | {"reply_to": "7"}
        assert json.loads(direct_message(message, id="given", now=NOW))["reply_to"] == "7"

    def test_other_fields_are_not_the_applications_to_set(self) -> None:
        message = create_ws_message("x", {}) | {"channel": "notes", "offset": 9}
        assert json.loads(direct_message(message, id="given", now=NOW)).keys() == {"type", "payload", "timestamp", "id"}

    @pytest.mark.parametrize("fields", [{"id": 7}, {"timestamp": "now"}, {"reply_to": 7}, {"payload": [1]}])
    def test_what_the_wire_does_not_allow_is_refused(self, fields: Any) -> None:
        with pytest.raises(EventError):
            direct_message(create_ws_message("x", {}) | fields, id="given", now=NOW)
