"""Events: declared types with a Pydantic payload, and what is written of them to the wire and to the log."""

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from types import UnionType
from typing import Annotated, Any, ClassVar, Self, Union, get_args, get_origin

import msgspec
from pydantic import BaseModel, ConfigDict, ValidationError

from tidings.protocol.errors import DeclarationError, EventError
from tidings.protocol.payload import MAX_INTEGER, write_any, write_model

EVENT_TYPE = re.compile(r"[A-Za-z0-9:_.\-]{1,64}")
ID = re.compile(r"[\x20-\x7e]{1,64}")
TRACEPARENT = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")  # W3C Trace Context, section 3.2
RESERVED_TYPES = frozenset({"auth", "subscribe", "subscribed", "unsubscribe", "unsubscribed", "ping", "pong", "reply"})
RESERVED_PREFIXES = ("connection:", "channel:", "presence:")
_MAX_KEY = 200
_IDENTIFYING = frozenset({int, str})  # of these exactly; others are looked at


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


class Draft(msgspec.Struct, frozen=True, gc=False):
    """An event ready for a log, which adds channel, epoch and offset.

    `payload` is JSON; `timestamp` RFC 3339 in UTC; `traceparent` what a trace of it goes on from (W3C Trace Context).
    Logs in Redis hold the fields in this order: a further one comes at the end, with a default.
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
    payload = write_model(kind.event_type, event)
    return Draft(kind.event_type, payload, timestamp, checked_id(id), _key(event), _version(event))


def untyped_draft(type: Any, payload: Any, *, id: str, timestamp: str) -> Draft:
    """The draft of a message that no event was declared for. Raises EventError as `draft` does."""
    if not isinstance(type, str) or not EVENT_TYPE.fullmatch(type):
        raise EventError(f"{type!r} is not an event type: 1 to 64 of letters, digits, ':', '_', '.' and '-'")
    if not isinstance(payload, Mapping | BaseModel):
        raise EventError(f"{type}: the payload is a {payload.__class__.__name__}, not a mapping or a model")
    return Draft(type, write_any(type, payload), timestamp, checked_id(id))


def checked_id(id: object) -> str:
    """The id of a message, as it may stand on the wire. Raises EventError for one that may not."""
    if not isinstance(id, str) or not ID.fullmatch(id):
        raise EventError(f"the id {id!r} is not text of 1 to 64 printable ASCII characters")
    return id


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


def _key(event: Event) -> str | None:
    kind = type(event)
    if kind.key_path is None:
        return None
    value = _at(event, kind.key_path)
    text = str(value)
    if not text or (type(value) not in _IDENTIFYING and _identifies_nothing(value)):
        raise EventError(f"{kind.event_type}: {kind.key_path} is {value!r}, which identifies nothing")
    if len(text) > _MAX_KEY or not text.isprintable():
        reason = f"a key has at most {_MAX_KEY} characters, all printable"
        raise EventError(f"{kind.event_type}: {kind.key_path} is {text[:40]!r}…: {reason}")
    return f"{kind.entity}:{text}"


def _identifies_nothing(value: Any) -> bool:
    return value is None or isinstance(value, bool | float | BaseModel)


def _version(event: Event) -> int | None:
    kind = type(event)
    if kind.version_path is None:
        return None
    value = _at(event, kind.version_path)
    if not isinstance(value, int) or value is True or value is False or not 0 <= value <= MAX_INTEGER:
        raise EventError(f"{kind.event_type}: {kind.version_path} is {value!r}, not a non-negative integer")
    return value


_reader = lru_cache(maxsize=1_024)(operator.attrgetter)


def _at(event: Event, path: str) -> Any:
    try:
        return _reader(path)(event)
    except AttributeError as error:
        raise EventError(f"{type(event).event_type}: nothing is at {path}: {error}") from error


def _first_problem(error: ValidationError) -> str:
    problem = error.errors(include_url=False)[0]
    place = ".".join(map(str, problem["loc"])) or "the payload"
    return f"{place}: {problem['msg']}"
