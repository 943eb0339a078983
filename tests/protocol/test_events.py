"""Events: declared, checked, and written as FastAPI would write them."""

import json
import math
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from pydantic import (
    AfterValidator,
    AliasGenerator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    computed_field,
    create_model,
)
from pydantic.alias_generators import to_camel

from tidings import DeclarationError, Event, EventError
from tidings.protocol.events import Draft, draft, untyped_draft
from tidings.protocol.payload import MAX_INTEGER

NOW = "2026-11-23T08:00:00.000Z"
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
NAIVE = NOON.replace(tzinfo=None)


def drafted(event: Event, id: str = "1") -> Draft:
    return draft(event, id=id, timestamp=NOW)


def payload(event: Event) -> Any:
    return json.loads(drafted(event).payload)


def constructed(kind: type[Event], **fields: Any) -> Event:
    """An event that nothing has validated."""
    return kind.model_construct(**fields)


def refusal(event: Event) -> str:
    with pytest.raises(EventError) as refused:
        drafted(event)
    return str(refused.value)


class Role(Enum):
    NURSE = "nurse"


class Staff(BaseModel):
    id: int
    name: str


class Schedule(BaseModel):
    model_config = ConfigDict(
        from_attributes=True, alias_generator=AliasGenerator(alias=to_camel), populate_by_name=True
    )

    id: int
    starts_at: datetime
    staff: Staff | None = None
    version: int = 0


class ScheduleCreated(Event, type="schedule:created", key="schedule.id", version="schedule.version"):
    schedule: Schedule


class ScheduleDeleted(Event, type="schedule:deleted", key="schedule_id"):
    schedule_id: int = Field(alias="scheduleId")


class Anything(Event, type="anything"):
    value: Any = None


class Typed(Event, type="typed"):
    at: datetime | None = None
    number: int = 0
    ratio: float = 0.0
    text: str = ""
    times: frozenset[datetime] = frozenset()


class Wide(Event, type="wide"):
    """One field of each kind that an application is likely to have."""

    model_config = ConfigDict(alias_generator=to_camel)

    the_role: Role = Role.NURSE
    on_day: date = date(2026, 11, 23)
    at_time: time = time(7, 30)
    for_long: timedelta = timedelta(hours=8, minutes=30)
    with_zone: datetime = datetime(2026, 11, 23, 8, 30, 0, 123456, tzinfo=timezone(timedelta(hours=1)))
    in_utc: datetime = NOON
    price: Decimal = Decimal("12.50")
    key: UUID = UUID("6ba7b810-9dad-11d1-80b4-00c04fd430c8")
    tags: frozenset[str] = frozenset({"night"})
    pair: tuple[int, str] = (1, "x")
    by_day: dict[date, list[int]] = Field(default_factory=lambda: {date(2026, 11, 23): [1, 2]})
    by_number: dict[int, str] = Field(default_factory=lambda: {7: "seven"})
    nested: Schedule = Schedule(id=1, starts_at=NOON, staff=Staff(id=2, name="Ann"))
    nothing: str | None = None
    ratio: float = 0.1
    whole: float = 3.0
    large: float = 1e300
    raw: bytes = b"abc"
    unicode: str = 'Zoë → \u2028 \U0001f600 \x00 " \\ /'

    @computed_field  # type: ignore[prop-decorator]
    @property
    def twice_the_ratio(self) -> float:
        return self.ratio * 2


def as_fastapi_returns(event: Event) -> Any:
    app = FastAPI()

    async def endpoint() -> Any:
        return event

    app.get("/", response_model=type(event))(endpoint)
    with TestClient(app) as client:
        response = client.get("/")
    assert response.status_code == 200
    return response.json()


class TestPayload:
    @pytest.mark.parametrize(
        "event",
        [
            Wide(),
            ScheduleCreated(schedule=Schedule(id=1, starts_at=NOON)),
            ScheduleDeleted(schedule_id=4),
            Typed(at=NOON, number=-(2**53) + 1, text="é"),
            Typed(ratio=math.nan),
            Typed(ratio=-math.inf),
            Typed(ratio=-0.0),
            Typed(ratio=5e-324),
            Typed(ratio=1e22),
            Anything(value={"deep": [{"list": [1, 2.5, None, True, "x"]}]}),
            Anything(value=[Staff(id=1, name="Ann"), NOON, Role.NURSE]),
        ],
        ids=lambda event: f"{type(event).__name__}-{event!r:.40}",
    )
    def test_it_is_the_json_that_fastapi_returns(self, event: Event) -> None:
        assert payload(event) == as_fastapi_returns(event)

    def test_names_are_written_by_alias_and_read_by_both(self) -> None:
        event = ScheduleDeleted(schedule_id=4)
        assert (
            event == ScheduleDeleted.from_payload({"scheduleId": 4}) == ScheduleDeleted.from_payload({"schedule_id": 4})
        )
        assert payload(event) == {"scheduleId": 4}

    def test_a_row_of_an_orm_is_taken_for_a_model(self) -> None:
        class Row:
            def __init__(self, **values: Any) -> None:
                self.__dict__ |= values

        row = Row(id=7, starts_at=NOON, staff=Row(id=2, name="Ann", password="secret"), version=3, _sa="state")
        event = ScheduleCreated(schedule=row)
        assert payload(event) == {
            "schedule": {
                "id": 7,
                "startsAt": "2026-11-23T12:00:00Z",
                "staff": {"id": 2, "name": "Ann"},
                "version": 3,
            }
        }
        assert payload(ScheduleCreated.from_payload({"schedule": row})) == payload(event)

    def test_a_row_that_lacks_a_field_is_refused_by_name(self) -> None:
        class Row:
            id = 7

        with pytest.raises(ValidationError, match=r"schedule\.startsAt"):
            ScheduleCreated(schedule=Row())

    def test_an_event_cannot_be_changed_after_it_was_made(self) -> None:
        with pytest.raises(ValidationError, match="frozen"):
            ScheduleDeleted(schedule_id=4).schedule_id = 5  # type: ignore[misc]

    def test_a_field_that_is_not_declared_is_refused(self) -> None:
        with pytest.raises(ValidationError, match="colour"):
            ScheduleDeleted(schedule_id=4, colour="red")  # type: ignore[call-arg]

    def test_from_payload_names_the_field(self) -> None:
        with pytest.raises(EventError, match=r"schedule:created: schedule\.startsAt: "):
            ScheduleCreated.from_payload({"schedule": {"id": 1, "startsAt": "tomorrow"}})

    @given(
        st.recursive(
            st.none()
            | st.booleans()
            | st.integers(-MAX_INTEGER, MAX_INTEGER)
            | st.floats(allow_nan=False, allow_infinity=False)
            | st.text(),
            lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
            max_leaves=12,
        )
    )
    def test_every_json_value_arrives_as_it_was(self, value: Any) -> None:
        assert payload(Anything(value=value)) == {"value": value}


class TestRefused:
    @pytest.mark.parametrize(
        ("event", "said"),
        [
            (Typed(at=NAIVE), "typed: at is 2026-11-23T12:00:00, without a zone"),
            (Typed(times=frozenset({NAIVE})), "typed: times[0] is 2026-11-23T12:00:00, without a zone"),
            (
                ScheduleCreated(schedule=Schedule(id=1, starts_at=NAIVE)),
                "schedule:created: schedule.starts_at is 2026-11-23T12:00:00, without a zone",
            ),
            (Anything(value={"days": [{"at": NAIVE}]}), "anything: value.days[0].at is 2026-11-23T"),
            (Anything(value={NAIVE: 1}), "anything: a key in value is 2026-11-23T12:00:00, without a"),
            (Typed(number=2**53), f"typed: number is {2**53}, beyond 2^53 - 1"),
            (Typed(number=-(2**53)), f"typed: number is {-(2**53)}, beyond 2^53 - 1"),
            (Anything(value=[[10**30]]), f"anything: value[0][0] is {10**30}, beyond 2^53 - 1"),
            (Anything(value={2**60}), f"anything: value[0] is {2**60}, beyond 2^53 - 1"),
            (constructed(Typed, text="\ud800"), "typed: text is not Unicode: it holds a lone surrogate"),
            (Anything(value={"a": ["\udfff"]}), "anything: value.a[0] is not Unicode: it holds a lone surrogate"),
            (Anything(value=object()), "anything: "),
            (Anything(value=b"\xff"), "anything: "),
        ],
        ids=lambda value: None if isinstance(value, Event) else ascii(value)[:60],
    )
    def test_what_is_not_json_is_refused_by_the_name_of_its_field(self, event: Event, said: str) -> None:
        assert refusal(event).startswith(said)

    def test_a_key_that_is_not_unicode_is_refused(self) -> None:
        assert refusal(Anything(value={"\ud800": 1})).startswith("anything: ")

    @pytest.mark.parametrize(
        "event",
        [
            constructed(Typed, number="seven"),
            constructed(Typed, at="noon"),
            constructed(ScheduleCreated, schedule={"id": 1}),
            constructed(Anything),
        ],
        ids=["text for a number", "text for a time", "a dict for a model", "what is left out has its default"],
    )
    def test_what_model_construct_let_through_is_refused_or_complete(self, event: Event) -> None:
        if isinstance(event, Anything):
            assert payload(event) == {"value": None}
        else:
            assert refusal(event).startswith(f"{event.event_type}: ")

    def test_a_field_that_model_construct_left_out_is_refused(self) -> None:
        assert "schedule_id" in refusal(constructed(ScheduleDeleted))

    def test_a_deep_payload_is_refused_not_a_crash(self) -> None:
        deep: list[Any] = []
        for _ in range(5_000):
            deep = [deep]
        assert refusal(Anything(value=deep)).startswith("anything: ")

    def test_a_payload_that_holds_itself_is_refused(self) -> None:
        loop: dict[str, Any] = {}
        loop["self"] = loop
        assert refusal(Anything(value=loop)).startswith("anything: ")

    def test_an_event_without_a_type_cannot_be_published(self) -> None:
        class Nameless(Event):
            value: int

        assert refusal(Nameless(value=1)).endswith('declare it as class Nameless(Event, type="…")')

    @pytest.mark.parametrize("id", ["", "x" * 65, "é", "a\nb", "\x7f"])
    def test_an_id_that_no_message_may_have_is_refused(self, id: str) -> None:
        with pytest.raises(EventError, match="1 to 64 printable ASCII characters"):
            drafted(ScheduleDeleted(schedule_id=1), id=id)

    @pytest.mark.parametrize("id", [7, None, UUID(int=1)])
    def test_an_id_that_is_not_text_is_refused(self, id: Any) -> None:
        with pytest.raises(EventError, match="1 to 64 printable ASCII characters"):
            drafted(ScheduleDeleted(schedule_id=1), id=id)


class TestKeyAndVersion:
    def test_they_are_read_at_their_paths(self) -> None:
        ready = drafted(ScheduleCreated(schedule=Schedule(id=7, starts_at=NOON, version=3)))
        assert (ready.key, ready.version) == ("schedule:7", 3)

    def test_events_of_one_entity_share_the_key(self) -> None:
        assert drafted(ScheduleDeleted(schedule_id=7)).key == "schedule:7"

    def test_the_entity_can_be_named(self) -> None:
        class Moved(Event, type="team:moved", key="id", entity="schedule"):
            id: int

        assert drafted(Moved(id=7)).key == "schedule:7"

    def test_text_and_uuids_identify_too(self) -> None:
        class Renamed(Event, type="staff:renamed", key="id"):
            id: UUID | str

        assert drafted(Renamed(id=UUID(int=5))).key == f"staff:{UUID(int=5)}"
        assert drafted(Renamed(id="ann")).key == "staff:ann"

    @pytest.mark.parametrize("value", ["x" * 201, "x" * 60_000, "a\0b", "a\nb"])
    def test_a_key_that_is_too_long_or_no_text_is_refused_in_short(self, value: str) -> None:
        class Odd(Event, type="odd", key="value"):
            value: str

        told = refusal(Odd(value=value))
        assert told.startswith(f"odd: value is {value[:40]!r}…")
        assert told.endswith("at most 200 characters, all printable")
        assert len(told) < 150

    @pytest.mark.parametrize("value", [None, "", True, 1.5])
    def test_a_key_that_identifies_nothing_is_refused(self, value: Any) -> None:
        class Odd(Event, type="odd", key="value"):
            value: Any

        assert refusal(Odd(value=value)) == f"odd: value is {value!r}, which identifies nothing"

    @pytest.mark.parametrize("value", [None, -1, True, 1.0, "1", 2**53])
    def test_a_version_is_a_non_negative_integer(self, value: Any) -> None:
        class Odd(Event, type="odd", key="id", version="value"):
            id: int = 1
            value: Any

        assert "value" in refusal(Odd(value=value))

    def test_a_path_through_nothing_is_refused(self) -> None:
        class Assigned(Event, type="assigned", key="schedule.staff.id"):
            schedule: Schedule

        event = Assigned(schedule=Schedule(id=1, starts_at=NOON))
        assert refusal(event).startswith("assigned: nothing is at schedule.staff.id: ")


class Place:
    """No model: nobody knows its attributes."""

    def __init__(self) -> None:
        self.street = "High Street"


class _Loose(Event):
    model_config = ConfigDict(arbitrary_types_allowed=True)


def event_about(annotation: Any, **paths: str) -> type[Event]:
    """An event whose field `note` is of this type."""
    options = {"type": "about"} | paths
    fields: Any = {"id": (int, ...), "note": (annotation, ...)}
    return create_model("About", __base__=_Loose, __cls_kwargs__=options, **fields)


class TestDeclaration:
    @pytest.mark.parametrize(
        "name", ["", "has space", "x" * 65, "é", "a/b", "ping", "reply", "connection:x", "channel:reset", "presence:y"]
    )
    def test_a_type_that_the_wire_does_not_allow_or_has_itself_is_refused(self, name: str) -> None:
        with pytest.raises(DeclarationError, match="type="):

            class Bad(Event, type=name):
                pass

    @pytest.mark.parametrize("path", ["nothing", "schedule.nothing", "schedule.staff.nothing"])
    @pytest.mark.parametrize("role", ["key", "version"])
    def test_a_path_that_leads_nowhere_is_refused_where_it_is_declared(self, role: str, path: str) -> None:
        paths: Mapping[str, Any] = {"key": "schedule.id"} | {role: path}
        with pytest.raises(DeclarationError, match=r"leads nowhere: \S+ has no field 'nothing'"):

            class Bad(Event, type="bad", **paths):
                schedule: Schedule

    @pytest.mark.parametrize(
        ("annotation", "named"),
        [
            (int, "int"),
            (int | None, "int"),
            (UUID | str, "UUID or str"),
            (Annotated[datetime, Field(description="when")], "datetime"),
            (list[Schedule], "list"),
        ],
    )
    def test_a_path_into_what_has_no_fields_is_refused(self, annotation: Any, named: str) -> None:
        with pytest.raises(DeclarationError, match=rf"'note\.nothing' leads nowhere: {named} has no field 'nothing'"):
            event_about(annotation, key="note.nothing")

    @pytest.mark.parametrize("annotation", [Any, object, Place, Place | int, Schedule | Place | None])
    def test_a_path_into_what_is_not_known_is_left_to_publishing(self, annotation: Any) -> None:
        assert event_about(annotation, key="note.street").key_path == "note.street"

    @pytest.mark.parametrize("annotation", [Schedule, bool, float | None, Schedule | float])
    def test_a_key_of_a_type_that_identifies_nothing_is_refused(self, annotation: Any) -> None:
        with pytest.raises(DeclarationError, match=r"key='note' is of type .+ lead to what identifies it"):
            event_about(annotation, key="note")

    @pytest.mark.parametrize("annotation", [str, bool, Schedule, float | None])
    def test_a_version_of_a_type_that_is_no_integer_is_refused(self, annotation: Any) -> None:
        with pytest.raises(DeclarationError, match=r"version='note' is of type .+ lead to a non-negative integer"):
            event_about(annotation, key="id", version="note")

    @pytest.mark.parametrize("annotation", [int, int | None, int | str, object])
    def test_a_version_that_may_be_an_integer_is_not(self, annotation: Any) -> None:
        assert event_about(annotation, key="id", version="note").version_path == "note"

    def test_a_version_needs_a_key(self) -> None:
        with pytest.raises(DeclarationError, match="needs key="):

            class Bad(Event, type="bad", version="version"):
                version: int

    def test_shared_fields_come_from_an_event_without_a_type(self) -> None:
        class ScheduleEvent(Event):
            schedule: Schedule

        class Published(ScheduleEvent, type="schedule:published", key="schedule.id"):
            by: str

        event = Published(schedule=Schedule(id=7, starts_at=NOON), by="ann")
        assert drafted(event).key == "schedule:7"
        assert payload(event).keys() == {"schedule", "by"}

    def test_validators_of_the_application_hold(self) -> None:
        def odd(value: int) -> int:
            if value % 2 == 0:
                raise ValueError("even")
            return value

        class Picky(Event, type="picky"):
            number: Annotated[int, AfterValidator(odd)]

        with pytest.raises(EventError, match="picky: number: Value error, even"):
            Picky.from_payload({"number": 2})


class TestUntyped:
    def test_mappings_and_models_are_written_by_alias(self) -> None:
        value = {"schedule": Schedule(id=1, starts_at=NOON), "at": NOON, "tags": {"a"}, "id": UUID(int=1)}
        ready = untyped_draft("x", value, id="1", timestamp=NOW)
        assert json.loads(ready.payload) == {
            "schedule": {"id": 1, "startsAt": "2026-11-23T12:00:00Z", "staff": None, "version": 0},
            "at": "2026-11-23T12:00:00Z",
            "tags": ["a"],
            "id": str(UUID(int=1)),
        }
        assert json.loads(untyped_draft("x", Staff(id=1, name="Ann"), id="1", timestamp=NOW).payload) == {
            "id": 1,
            "name": "Ann",
        }

    @pytest.mark.parametrize(
        ("value", "said"),
        [
            (["a list"], "the payload is a list"),
            ("text", "the payload is a str"),
            (None, "the payload is a NoneType"),
            ({"row": object()}, "a object in the payload is not JSON"),
            ({"at": NAIVE}, "at is 2026-11-23T12:00:00, without a zone"),
            ({"rows": [Schedule(id=1, starts_at=NAIVE)]}, "without a zone"),
            ({"number": 2**53}, "number is"),
            ({"text": "\ud800"}, "text is not Unicode"),
        ],
    )
    def test_what_is_not_json_is_refused(self, value: Any, said: str) -> None:
        with pytest.raises(EventError) as refused:
            untyped_draft("x", value, id="1", timestamp=NOW)
        assert str(refused.value).startswith("x: ")
        assert said in str(refused.value)

    @pytest.mark.parametrize("type", ["", "has space", "x" * 65, 5, None])
    def test_a_type_that_the_wire_does_not_allow_is_refused(self, type: Any) -> None:
        with pytest.raises(EventError, match="is not an event type"):
            untyped_draft(type, {}, id="1", timestamp=NOW)
