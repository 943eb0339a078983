"""Payloads: which are written at once, and that nothing with a fault is."""

import json
import math
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    computed_field,
    create_model,
    field_serializer,
)

from tidings import Event, EventError
from tidings.protocol.events import draft
from tidings.protocol.payload import MAX_INTEGER, is_plain

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
NAIVE = NOON.replace(tzinfo=None)


def payload(event: Event) -> Any:
    return json.loads(draft(event, id="1", timestamp="2026-11-23T08:00:00.000Z").payload)


def refusal(event: Event) -> str:
    with pytest.raises(EventError) as refused:
        payload(event)
    return str(refused.value)


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    assert len(document) == len(pairs), pairs
    return document


class Role(Enum):
    NURSE = "nurse"


class Staff(BaseModel):
    kind: Literal["staff"] = "staff"
    name: str


class Shift(BaseModel):
    kind: Literal["shift"] = "shift"
    at: AwareDatetime
    follows: "Shift | None" = None


class Typed(Event, type="typed"):
    at: datetime | None = None
    number: int = 0
    ratio: float = 0.0
    text: str = ""


class Kinds(Event, type="kinds"):
    """One field of each kind that an application is likely to have."""

    role: Role
    price: Decimal
    key: UUID
    raw: bytes
    day: date
    time: time
    long: timedelta
    tags: frozenset[str]
    days: dict[date, list[int]]
    pair: tuple[int, str]
    checked: Annotated[int, AfterValidator(abs), Field(gt=0)]
    either: Annotated[Shift | Staff, Field(discriminator="kind")]

    @computed_field  # type: ignore[prop-decorator]
    @property
    def twice(self) -> int:
        return 2 * self.checked


def event_of(annotation: Any) -> type[Event]:
    """An event with a field of this type."""
    return create_model("Of", __base__=Event, __cls_kwargs__={"type": "of"}, field=(annotation, ...))


class Opaque(Event, type="opaque"):
    """Its JSON does not say what it is made of."""

    at: datetime = NOON

    @field_serializer("at", when_used="json")
    def shown(self, at: datetime) -> str:
        return at.strftime("%d.%m.%Y")


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")


class Counted(BaseModel):
    model_config = ConfigDict(ser_json_temporal="seconds")

    at: datetime


class Words(Event, type="words"):
    """Fields that are named as schemas name their parts."""

    type: int = 1
    default: datetime = NOON
    metadata: Shift | Staff | None = None


class Hidden(Event, type="hidden"):
    default: Any = None


class Holding(Event, type="holding"):
    held: list[Open] | dict[str, Counted]


class Alike(Event, type="alike"):
    """Two fields that are written under one name."""

    first: int = Field(default=1, serialization_alias="number")
    second: int = Field(default=2, serialization_alias="number")


class ComputedAlike(Event, type="computed"):
    number: int = 1

    @computed_field(alias="number")  # type: ignore[prop-decorator]
    @property
    def twice(self) -> int:
        return 2 * self.number


class Renamed(Event, type="renamed"):
    """Names that change places."""

    first: int = Field(default=1, serialization_alias="second")
    second: int = Field(default=2, serialization_alias="first")


class Point(BaseModel):
    x: float = 0.0


class Measured(Event, type="measured"):
    ratio: float = 0.0
    ratios: list[float | None] = Field(default_factory=list)
    points: dict[str, Point] = Field(default_factory=dict)


class Real:
    """No float, but it can be made one."""

    def __float__(self) -> float:
        return math.nan


class TestPlain:
    """Events whose JSON shows all that may be wrong with them are written at once."""

    @pytest.mark.parametrize("kind", [Typed, Kinds, Words, Renamed, Measured])
    def test_what_is_annotated_with_json_alone_is_plain(self, kind: type[Event]) -> None:
        assert is_plain(kind)

    @pytest.mark.parametrize("kind", [event_of(Any), Opaque, Hidden, Holding, event_of(Open), event_of(Counted)])
    def test_what_may_hold_anything_or_be_written_otherwise_is_not(self, kind: type[Event]) -> None:
        assert not is_plain(kind)

    @pytest.mark.parametrize("keys", [str, int, UUID, date, Annotated[str, Field(max_length=9)]])
    def test_keys_that_are_written_each_in_its_way_are_plain(self, keys: Any) -> None:
        assert is_plain(event_of(dict[keys, int]))

    @pytest.mark.parametrize("keys", [str | int, tuple[int, str], float, datetime, Role, Any])
    def test_keys_that_may_be_written_alike_are_not(self, keys: Any) -> None:
        assert not is_plain(event_of(dict[keys, int]))

    @pytest.mark.parametrize(
        "event",
        [event_of(dict[str | int, int])(field={1: 1, "1": 2}), Alike(), ComputedAlike()],
        ids=["keys", "fields", "a computed field"],
    )
    def test_no_name_is_written_twice(self, event: Event) -> None:
        written = draft(event, id="1", timestamp="2026-11-23T08:00:00.000Z").payload
        json.loads(written, object_pairs_hook=_distinct)

    def test_a_class_that_is_not_complete_is_looked_at_again(self) -> None:
        class Late(BaseModel):
            model_config = ConfigDict(defer_build=True)

            held: Any

        class Soon(Late):
            held: AwareDatetime

        assert not is_plain(Late)
        assert not is_plain(Soon)
        Late.model_rebuild()
        Soon.model_rebuild()
        assert not is_plain(Late)
        assert is_plain(Soon)

    def test_what_an_incomplete_class_holds_is_checked(self) -> None:
        class Late(Opaque, type="late"):
            model_config = ConfigDict(defer_build=True)

        for _ in range(2):  # the first completes it
            assert refusal(Late.model_construct(at=NAIVE)).startswith("late: at is 2026-11-23T12:00:00, without")

    @pytest.mark.parametrize("value", [Decimal("NaN"), Decimal("1.5"), Real()], ids=["NaN", "Decimal", "Real"])
    @pytest.mark.parametrize("place", ["ratio", "ratios", "points"])
    def test_what_can_be_made_a_float_is_none(self, place: str, value: Any) -> None:
        values = {"ratio": value, "ratios": [1.5, value], "points": {"a": Point.model_construct(x=value)}}
        event = Measured.model_construct(**{place: values[place]})
        assert refusal(event).startswith("measured: ")

    def test_floats_are_written(self) -> None:
        event = Measured(ratio=0.5, ratios=[math.nan, None, 2.5], points={"a": Point(x=math.inf)})
        assert payload(event) == {"ratio": 0.5, "ratios": [None, None, 2.5], "points": {"a": {"x": None}}}
        assert payload(event.model_copy(update={"ratio": 3})) == payload(event) | {"ratio": 3}

    def test_a_naive_datetime_behind_a_serializer_is_refused(self) -> None:
        assert payload(Opaque()) == {"at": "23.11.2026"}
        assert refusal(Opaque(at=NAIVE)).startswith("opaque: at is 2026-11-23T12:00:00, without a zone")

    @pytest.mark.parametrize(
        "text", ["2026-11-23T12:00:00", "1234567890123456", '"T00:00:00"', "at 2026-11-23T12:00:00.123456"]
    )
    def test_text_that_looks_like_a_fault_is_none(self, text: str) -> None:
        assert payload(Typed(text=text))["text"] == text

    @given(
        st.datetimes(timezones=st.none() | st.just(UTC) | st.just(timezone(-timedelta(hours=3, minutes=30)))),
        st.integers(-(2**60), 2**60),
        st.floats(),
        st.text(),
    )
    def test_nothing_with_a_fault_is_written(self, at: datetime, number: int, ratio: float, text: str) -> None:
        event = Typed(at=at, number=number, ratio=ratio, text=text)
        if at.tzinfo is None or abs(number) > MAX_INTEGER:
            assert refusal(event).startswith("typed: at is" if at.tzinfo is None else "typed: number is")
        else:
            expected = event.model_dump(mode="json")
            assert payload(event) == expected | {"ratio": ratio if math.isfinite(ratio) else None}
