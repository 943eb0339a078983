"""Events: declared types with a Pydantic payload, and what is written of them to the wire and to the log."""

import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from types import NoneType, UnionType
from typing import Annotated, Any, ClassVar, Self, Union, get_args, get_origin

import msgspec
from pydantic import BaseModel, ConfigDict, ValidationError

from tidings.protocol.errors import DeclarationError, EventError

MAX_INTEGER = 2**53 - 1  # the largest that every JSON reader keeps exactly (RFC 8259, section 6)
EVENT_TYPE = re.compile(r"[A-Za-z0-9:_.\-]{1,64}")
ID = re.compile(r"[\x20-\x7e]{1,64}")
TRACEPARENT = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")  # W3C Trace Context, section 3.2
RESERVED_TYPES = frozenset({"auth", "subscribe", "subscribed", "unsubscribe", "unsubscribed", "ping", "pong", "reply"})
RESERVED_PREFIXES = ("connection:", "channel:", "presence:")
_MAX_KEY = 200
_LEAVES = (str, bytes, int, float, datetime, type(None))


class Event(BaseModel):
    """Something that happened, declared once:

        class ScheduleCreated(Event, type="schedule:created", key="schedule.id", version="schedule.version"):
            schedule: Schedule

    `type` is its name on the wire. `key` and `version` are paths of attributes to the identity and the version (a
    non-negative integer) of the entity that it is about; events of one `entity` (by default the type's part before
    the first colon) share their keys. The payload is the JSON that FastAPI would return for the model: by alias;
    fields accept ORM rows. Raises DeclarationError where a path leads nowhere or the type is not one
    (spec/protocol.md, section 2).
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", validate_by_name=True, validate_by_alias=True, serialize_by_alias=True
    )

    event_type: ClassVar[str] = ""
    entity: ClassVar[str] = ""
    key_path: ClassVar[str | None] = None
    version_path: ClassVar[str | None] = None

    def __init__(self, **fields: Any) -> None:
        type(self).__pydantic_validator__.validate_python(fields, self_instance=self, from_attributes=True)

    @classmethod
    def __pydantic_init_subclass__(
        cls,
        *,
        type: str | None = None,
        key: str | None = None,
        version: str | None = None,
        entity: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        if type is None:
            return
        cls.event_type = _checked_type(type, cls)
        cls.entity = entity or type.partition(":")[0]
        cls.key_path, cls.version_path = key, version
        if version is not None and key is None:
            raise DeclarationError(
                f"{cls.__qualname__}: version={version!r} needs key=: a version is that of a keyed entity"
            )
        for role, path in {"key": key, "version": version}.items():
            if path is not None:
                _check_path(cls, role, path)

    # Pydantic hands class keywords to both hooks; this one must accept what the other reads.
    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__()

    @classmethod
    def from_payload(cls, payload: Mapping[str, Any]) -> Self:
        """The event with this payload (JSON values or models). Raises EventError naming the field that is wrong."""
        try:
            return cls.model_validate(payload, from_attributes=True)
        except ValidationError as error:
            raise EventError(f"{cls.event_type}: {_first_problem(error)}") from error


@dataclass(frozen=True, slots=True)
class Draft:
    """An event ready for a log, which adds channel, epoch and offset.

    `payload` is JSON; `timestamp` RFC 3339 in UTC; `traceparent` what a trace of it goes on from (W3C Trace Context).
    """

    type: str
    payload: bytes
    timestamp: str
    id: str
    key: str | None = None
    version: int | None = None
    traceparent: str | None = None


def draft(event: Event, *, id: str, timestamp: str) -> Draft:
    """Serialise an event, once for all channels and readers.

    Raises EventError naming the field for a naive datetime, an integer beyond 2^53 - 1, a value that is not of its
    declared type, a key or version that is not one, and text that is not Unicode; and for an id that is not 1 to 64
    printable ASCII characters.
    """
    kind = type(event)
    if not kind.event_type:
        raise EventError(f'{kind.__qualname__} has no type: declare it as class {kind.__name__}(Event, type="…")')
    return Draft(kind.event_type, _payload(event), timestamp, checked_id(id), _key(event), _version(event))


def untyped_draft(type: Any, payload: Any, *, id: str, timestamp: str) -> Draft:
    """The draft of a message that no event was declared for. Raises EventError as `draft` does."""
    if not isinstance(type, str) or not EVENT_TYPE.fullmatch(type):
        raise EventError(f"{type!r} is not an event type: 1 to 64 of letters, digits, ':', '_', '.' and '-'")
    if not isinstance(payload, Mapping | BaseModel):
        raise EventError(f"{type}: the payload is a {payload.__class__.__name__}, not a mapping or a model")
    with _refusing(type):
        _check(type, payload, _naive)
        return Draft(
            type, _encoded(type, msgspec.to_builtins(payload, enc_hook=_to_document)), timestamp, checked_id(id)
        )


def checked_id(id: object) -> str:
    """The id of a message, as it may stand on the wire. Raises EventError for one that may not."""
    if not isinstance(id, str) or not ID.fullmatch(id):
        raise EventError(f"the id {id!r} is not text of 1 to 64 printable ASCII characters")
    return id


def _to_document(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", by_alias=True)
    raise TypeError(
        f"a {type(value).__name__} in the payload is not JSON; publish a declared event, or a dict of JSON values"
    )


def _checked_type(name: str, cls: type) -> str:
    if not EVENT_TYPE.fullmatch(name):
        raise DeclarationError(
            f"{cls.__qualname__}: type={name!r} is not 1 to 64 of letters, digits, ':', '_', '.' and '-'"
        )
    if name in RESERVED_TYPES or name.startswith(RESERVED_PREFIXES):
        raise DeclarationError(f"{cls.__qualname__}: type={name!r} is a message of the protocol itself; choose another")
    return name


def _check_path(event: type[Event], role: str, path: str) -> None:
    """Refuse a path that leads to no field, or to one that can be no key or version, as far as annotations tell."""
    kinds: list[Any] = [event]
    for name in path.split("."):
        found = [inner for kind in kinds for inner in _inside(kind, name)]
        if not found:
            raise DeclarationError(
                f"{event.__qualname__}: the path {path!r} leads nowhere: {_named(kinds)} has no field {name!r}"
            )
        kinds = found
    known = [kind for kind in kinds if isinstance(kind, type) and kind is not type(None)]
    usable = [kind for kind in known if _MAY_BE[role](kind)]
    if known and not usable and not any(kind is Any for kind in kinds):
        wanted = "a non-negative integer" if role == "version" else "what identifies it, such as its id"
        raise DeclarationError(
            f"{event.__qualname__}: {role}={path!r} is of type {_named(kinds)}; the path has to lead to {wanted}"
        )


def _inside(kind: Any, name: str) -> list[Any]:
    """The types that an attribute of such a value may have; `Any` where nothing is known, none where there is none."""
    if not isinstance(kind, type):
        return [Any]
    if issubclass(kind, BaseModel):
        field = kind.model_fields.get(name)
        return [] if field is None else _alternatives(field.annotation)
    # Instances without a dictionary of their own have the attributes of their class, and no others.
    return [Any] if kind is object or kind.__dictoffset__ or hasattr(kind, name) else []


def _alternatives(annotation: Any) -> list[Any]:
    """The classes that a value of this annotation may be of; `Any` for what is none."""
    origin = get_origin(annotation)
    if origin in {Union, UnionType}:
        return [kind for part in get_args(annotation) for kind in _alternatives(part)]
    if origin is Annotated:
        return _alternatives(get_args(annotation)[0])
    kind = origin or annotation
    return [kind if isinstance(kind, type) else Any]


def _named(kinds: Sequence[Any]) -> str:
    return " or ".join(dict.fromkeys(kind.__qualname__ for kind in kinds if kind is not type(None)))


# What `_key` and `_version` would refuse of every value, is refused at once.
_MAY_BE: Mapping[str, Callable[[type], bool]] = {
    "key": lambda kind: not issubclass(kind, bool | float | BaseModel),
    "version": lambda kind: (issubclass(kind, int) and kind is not bool) or kind is object,
}


def _payload(event: Event) -> bytes:
    name = type(event).event_type
    with _refusing(name):
        _check(name, event.model_dump(warnings="error"), _naive)
        return _encoded(name, event.model_dump(mode="json", by_alias=True, warnings="error"))


@contextmanager
def _refusing(name: str) -> Iterator[None]:
    """Whatever serialising raises is an EventError. Pydantic's and Unicode's errors are ValueErrors."""
    try:
        yield
    except EventError:
        raise
    except (ValueError, TypeError, RecursionError) as error:
        raise EventError(f"{name}: {error}") from error


def _encoded(name: str, document: Any) -> bytes:
    _check(name, document, _unreadable)
    return msgspec.json.encode(document)


def _check(name: str, document: Any, fault: Callable[[Any], str | None]) -> None:
    """Raise EventError for the first value that has a fault, naming its place."""
    if _is_sound(document, _SOUND[fault]):
        return
    for path, value in _leaves(document, ""):
        if (problem := fault(value)) is not None:
            raise EventError(f"{name}: {path} {problem}")


def _naive(value: Any) -> str | None:
    if isinstance(value, datetime) and value.utcoffset() is None:
        return f"is {value.isoformat()}, without a zone; give it one, e.g. .replace(tzinfo=UTC)"
    return None


def _unreadable(value: Any) -> str | None:
    if isinstance(value, int) and not -MAX_INTEGER <= value <= MAX_INTEGER:
        return f"is {value}, beyond 2^53 - 1, which browsers round; send it as text"
    if isinstance(value, str) and not value.isascii() and any("\ud800" <= letter <= "\udfff" for letter in value):
        return "is not Unicode: it holds a lone surrogate"
    return None


# What values of exactly these types need to have no fault; of others, `_check` has to ask.
_SOUND: Mapping[Callable[[Any], str | None], Mapping[type, Callable[[Any], bool] | None]] = {
    _naive: {
        **dict.fromkeys((str, int, float, bool, NoneType, bytes, date)),
        datetime: lambda value: value.utcoffset() is not None,
    },
    _unreadable: {
        **dict.fromkeys((float, bool, NoneType)),
        str: str.isascii,
        int: lambda value: -MAX_INTEGER <= value <= MAX_INTEGER,
    },
}


def _is_sound(value: Any, kinds: Mapping[type, Callable[[Any], bool] | None]) -> bool:
    """Whether it is plain at a look that nothing in a document has a fault: for most, a third of the time."""
    kind = type(value)
    if kind is dict:
        for name, inner in value.items():  # noqa: SIM110  # a generator would cost more than the look
            if type(name) is not str or not _is_sound(inner, kinds):
                return False
        return True
    if kind is list:
        return all(_is_sound(inner, kinds) for inner in value)
    if kind not in kinds:
        return False
    test = kinds[kind]
    return test is None or test(value)


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, _LEAVES):  # most are, and the abstract classes below are slow to ask
        yield path, value
    elif isinstance(value, Mapping | BaseModel):
        for name, inner in value.items() if isinstance(value, Mapping) else value:
            if not isinstance(name, str | int):
                yield f"a key in {path or 'the payload'}", name
            yield from _leaves(inner, f"{path}.{name}" if path else str(name))
    elif isinstance(value, Sequence | AbstractSet):
        for index, inner in enumerate(value):
            yield from _leaves(inner, f"{path}[{index}]")
    else:
        yield path, value


def _key(event: Event) -> str | None:
    kind = type(event)
    if kind.key_path is None:
        return None
    value = _at(event, kind.key_path)
    if isinstance(value, bool | float | BaseModel) or value is None or not str(value):
        raise EventError(f"{kind.event_type}: {kind.key_path} is {value!r}, which identifies nothing")
    if len(str(value)) > _MAX_KEY or not str(value).isprintable():
        reason = f"a key has at most {_MAX_KEY} characters, all printable"
        raise EventError(f"{kind.event_type}: {kind.key_path} is {str(value)[:40]!r}…: {reason}")
    return f"{kind.entity}:{value}"


def _version(event: Event) -> int | None:
    kind = type(event)
    if kind.version_path is None:
        return None
    value = _at(event, kind.version_path)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_INTEGER:
        raise EventError(f"{kind.event_type}: {kind.version_path} is {value!r}, not a non-negative integer")
    return value


def _at(event: Event, path: str) -> Any:
    try:
        return operator.attrgetter(path)(event)
    except AttributeError as error:
        raise EventError(f"{type(event).event_type}: nothing is at {path}: {error}") from error


def _first_problem(error: ValidationError) -> str:
    problem = error.errors(include_url=False)[0]
    place = ".".join(map(str, problem["loc"])) or "the payload"
    return f"{place}: {problem['msg']}"
