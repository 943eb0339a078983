"""JSON Schema, as far as Pydantic writes it, in TypeScript: as a type, and as what the client checks at run time."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tidings.cli.typescript_text import comment, literal, property_name, union

Schema = Mapping[str, Any]

_SIMPLE = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}


def declaration(name: str, schema: Schema) -> str:
    """`export interface` for an object with properties, `export type` for everything else."""
    head = list(comment(schema.get("description", "")))
    if schema.get("type") != "object" or not schema.get("properties"):
        return "\n".join([*head, union(f"export type {name} =", members(schema))])
    return "\n".join([*head, f"export interface {name} {{", *_properties(schema), "}"])


def _properties(schema: Schema) -> Iterator[str]:
    required = schema.get("required", ())
    for name, inner in schema["properties"].items():
        yield from comment(_remark(inner), indent=2)
        yield union(f"{property_name(name)}{'' if name in required else '?'}:", members(inner), indent=2)
    if isinstance(schema.get("additionalProperties"), Mapping):
        yield "  [name: string]: unknown;"


def _remark(schema: Any) -> str:
    """What a type cannot say: the description, and the format of a text."""
    if not isinstance(schema, Mapping):
        return ""
    formats = [choice.get("format") for choice in (schema, *schema.get("anyOf", ())) if isinstance(choice, Mapping)]
    return "\n".join(filter(None, [schema.get("description"), *dict.fromkeys(formats)]))


def type_of(schema: Any) -> str:
    """The type of what the schema describes; `unknown` for what it leaves open."""
    return " | ".join(members(schema))


def members(schema: Any) -> list[str]:
    """The alternatives that the type is the union of, each once."""
    if not isinstance(schema, Mapping):
        return ["never" if schema is False else "unknown"]
    found = (write(schema) for keyword, write in _WRITERS.items() if keyword in schema)
    alternatives = next(found, ["unknown"])
    return ["unknown"] if "unknown" in alternatives else list(dict.fromkeys(alternatives))


def _choices(keyword: str) -> Callable[[Schema], list[str]]:
    return lambda schema: [member for choice in schema[keyword] for member in members(choice)]


def _all(schema: Schema) -> list[str]:
    parts = dict.fromkeys(_grouped(part) for part in schema["allOf"])
    return [" & ".join(parts)]


def _typed(schema: Schema) -> list[str]:
    kinds = schema["type"]
    return [_of_kind(kind, schema) for kind in ([kinds] if isinstance(kinds, str) else kinds)]


def _of_kind(kind: str, schema: Schema) -> str:
    if kind == "array":
        return _array(schema)
    return _object(schema) if kind == "object" else _SIMPLE.get(kind, "unknown")


def _array(schema: Schema) -> str:
    items = schema.get("items")
    if "prefixItems" not in schema:
        return f"{_grouped(items) if isinstance(items, Mapping) else 'unknown'}[]"
    parts = [type_of(item) for item in schema["prefixItems"]]
    return f"[{', '.join([*parts, f'...{_grouped(items)}[]'] if isinstance(items, Mapping) else parts)}]"


def _object(schema: Schema) -> str:
    if schema.get("properties"):
        required = schema.get("required", ())
        fields = (
            f"{property_name(name)}{'' if name in required else '?'}: {type_of(inner)}"
            for name, inner in schema["properties"].items()
        )
        return f"{{ {'; '.join(fields)} }}"
    values = [schema.get("additionalProperties"), *schema.get("patternProperties", {}).values()]
    known = [value for value in values if isinstance(value, Mapping)]
    return f"Record<string, {type_of({'anyOf': known}) if known else 'unknown'}>"


def _grouped(schema: Any) -> str:
    alternatives = members(schema)
    text = " | ".join(alternatives)
    combined = len(alternatives) > 1 or (isinstance(schema, Mapping) and len(schema.get("allOf", ())) > 1)
    return f"({text})" if combined else text


def name_of(reference: Schema) -> str:
    """The name that a `$ref` refers to."""
    return str(reference["$ref"]).rpartition("/")[2]


# The first keyword that a schema has decides, as Pydantic never combines them.
_WRITERS: Mapping[str, Callable[[Schema], list[str]]] = {
    "$ref": lambda schema: [name_of(schema)],
    "const": lambda schema: [literal(schema["const"])],
    "enum": lambda schema: [literal(value) for value in schema["enum"]],
    "anyOf": _choices("anyOf"),
    "oneOf": _choices("oneOf"),
    "allOf": _all,
    "type": _typed,
}


def reduced(schema: Any) -> dict[str, Any]:
    """The schema with only what the client checks (packages/client/src/protocol/schema.ts), in a fixed order.

    Formats, bounds and `additionalProperties: false` go: a newer server may send what this file does not
    know.
    """
    if not isinstance(schema, Mapping):
        return {}
    if len(schema.get("allOf", ())) == 1:
        schema = {**schema["allOf"][0], **schema}
    kept = {keyword: keep(schema[keyword]) for keyword, keep in _KEPT.items() if keyword in schema}
    return {keyword: value for keyword, value in kept.items() if value not in ({}, []) or keyword == "const"}


def _as_is(value: Any) -> Any:
    return value


def _each(schemas: list[Any]) -> list[Any]:
    return [reduced(schema) for schema in schemas]


_KEPT: Mapping[str, Callable[[Any], Any]] = {
    "type": _as_is,
    "properties": lambda fields: {name: reduced(schema) for name, schema in fields.items()},
    "required": _as_is,
    "items": reduced,
    "prefixItems": _each,
    "additionalProperties": reduced,
    "enum": _as_is,
    "const": _as_is,
    "anyOf": _each,
    "oneOf": _each,
    "$ref": _as_is,
}
