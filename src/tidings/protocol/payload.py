"""Payloads as JSON: what FastAPI would return for the model, and no value that a reader would take for another."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from datetime import date, datetime
from functools import lru_cache
from types import NoneType
from typing import Any

import msgspec
from pydantic import BaseModel

from tidings.protocol.errors import EventError

MAX_INTEGER = 2**53 - 1  # the largest that every JSON reader keeps exactly (RFC 8259, section 6)
_LEAVES = (str, bytes, int, float, datetime, type(None))

# Kinds of Pydantic's schemas whose values are written as they are, whoever made them.
_MODELS = {"model", "model-fields", "model-field", "computed-field", "definitions", "definition-ref"}
_AROUND = {"nullable", "default", "union", "tagged-union", "function-after", "function-before", "function-wrap"}
_MANY = {"list", "set", "frozenset", "tuple", "dict"}
_ONE = {"int", "float", "bool", "str", "none", "literal", "enum", "uuid", "decimal", "bytes"}
_TIMES = {"date", "time", "datetime", "timedelta"}
_PLAIN = frozenset(_MODELS | _AROUND | _MANY | _ONE | _TIMES)
_KEYS = frozenset({"str", "int", "uuid", "date"})
_BESIDE = frozenset({"metadata", "function", "default", "expected", "members", "discriminator", "validation_alias"})
_CHANGES = frozenset({"ser_json_temporal", "ser_json_inf_nan", "serialize_as_any", "polymorphic_serialization"})

# What may be a naive datetime or an integer of more than 53 bits, with every digit read as 0.
_DIGITS = bytes.maketrans(b"123456789", b"000000000")
_LONG, _NAIVE, _NAIVE_EXACT = b"0" * 16, b'T00:00:00"', b'T00:00:00.000000"'


def write_model(name: str, model: BaseModel) -> bytes:
    """A model as JSON: what FastAPI would return for it.

    Raises EventError, which begins with the name, for what is not JSON or would be read as something else.
    """
    if is_plain(type(model)) and (written := _written_at_once(model)) is not None:
        return written
    with _refusing(name):
        _check(name, model.model_dump(warnings="error"), _naive)
        return _encoded(name, model.model_dump(mode="json", by_alias=True, warnings="error"))


def write_any(name: str, value: Any) -> bytes:
    """A mapping or a model as JSON, of which nothing was declared. Raises EventError as `write_model` does."""
    with _refusing(name):
        _check(name, value, _naive)
        return _encoded(name, msgspec.to_builtins(value, enc_hook=_to_document))


def is_plain(kind: type[BaseModel]) -> bool:
    """Whether a model is written as its annotations say: by no serializer of the application's, with no field that
    takes anything, and no two under one name. What may be wrong with a value can then be seen in its JSON.

    False for as long as the class is not complete (Pydantic's `defer_build`).
    """
    return type(kind.__pydantic_core_schema__) is dict and _is_made_plainly(kind)


@lru_cache(maxsize=1_024)
def _is_made_plainly(kind: type[BaseModel]) -> bool:
    return _is_plain(kind.__pydantic_core_schema__)


@lru_cache(maxsize=1_024)
def _has_floats(kind: type[BaseModel]) -> bool:
    """Of a class that is plain."""
    return _holds_float(kind.__pydantic_core_schema__)


def _is_plain(schema: Any) -> bool:
    if isinstance(schema, list | tuple):
        return all(map(_is_plain, schema))
    if not isinstance(schema, dict):
        return True
    kind = schema.get("type")
    if kind not in _PLAIN or "serialization" in schema or (kind in _NAMED and not _NAMED[kind](schema)):
        return False
    return all(_PARTS.get(name, _is_plain)(part) for name, part in schema.items() if name not in _BESIDE)


def _writes_plainly(config: Mapping[str, Any]) -> bool:
    return config.get("extra_fields_behavior") != "allow" and not _CHANGES & config.keys()


def _are_plain(schemas: Any) -> bool:
    """Of schemas by the names that the application gave them."""
    return all(map(_is_plain, schemas.values() if isinstance(schemas, dict) else schemas))


def _holds_float(schema: Any) -> bool:
    if isinstance(schema, dict):
        return schema.get("type") == "float" or any(map(_holds_float, schema.values()))
    return isinstance(schema, list | tuple) and any(map(_holds_float, schema))


def _has_distinct_keys(schema: Mapping[str, Any]) -> bool:
    """Whether two keys of a dict are never written alike, as 1 and "1" are."""
    return schema.get("keys_schema", {}).get("type") in _KEYS


def _has_distinct_names(schema: Mapping[str, Any]) -> bool:
    """Whether no two fields of a model are written under one name."""
    names = [field.get("serialization_alias", name) for name, field in schema["fields"].items()]
    names += [field.get("alias", field["property_name"]) for field in schema.get("computed_fields", ())]
    return len(set(names)) == len(names)


# What else has to hold where values are written under names.
_NAMED: Mapping[str, Callable[[Any], bool]] = {"dict": _has_distinct_keys, "model-fields": _has_distinct_names}

# What is no schema, though it may look like one.
_PARTS: Mapping[str, Callable[[Any], bool]] = {"config": _writes_plainly, "fields": _are_plain, "choices": _are_plain}


def _written_at_once(model: BaseModel) -> bytes | None:
    """The JSON of a plain model; None where it may have a fault, which who looks closely finds and names."""
    serializer = model.__pydantic_serializer__
    try:
        written = serializer.to_json(model, by_alias=True, warnings="error")
        if _has_floats(type(model)):  # JSON is made of all that has `__float__`: of Decimal("NaN"), null
            serializer.to_python(model, warnings="error")
    except (ValueError, TypeError, RecursionError):
        return None
    zeros = written.translate(_DIGITS)
    return None if _LONG in zeros or _NAIVE in zeros or _NAIVE_EXACT in zeros else written


def _to_document(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", by_alias=True)
    raise TypeError(
        f"a {type(value).__name__} in the payload is not JSON; publish a declared event, or a dict of JSON values"
    )


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
