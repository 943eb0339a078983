"""TypeScript from declarations: what `tidings types` writes for `@tidings/client`.

A pure function from classes to text: the same declarations give the same text. Lines are laid out as Biome
and Prettier would lay them out at 120 columns, so that a formatter that is let loose on the file changes
nothing.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.errors import PydanticUserError
from pydantic.json_schema import GenerateJsonSchema, models_json_schema
from pydantic_core.core_schema import DataclassField, ModelField, TypedDictField

from tidings.cli.typescript_schema import Schema, declaration, name_of, reduced
from tidings.cli.typescript_text import WIDTH, literal, property_name, union
from tidings.protocol.channels import Channel
from tidings.protocol.errors import TidingsError
from tidings.protocol.events import Event
from tidings.protocol.messages import WSEventType, member_name

Field = ModelField | DataclassField | TypedDictField
EventClass = type[Event]
ChannelClass = type[Channel[Any]]

# Names that the file or the language uses itself.
_OWN = (
    "WS_EVENT_TYPES WS_CHANNELS DEFINITIONS CONTROL_TYPES WebSocketMessage ChannelEvent Definitions channel channelName"
)
_WORDS = """
    any as async await bigint boolean break case catch class const continue debugger default delete do else
    enum export extends false finally for from function get if implements import in instanceof interface is
    keyof let module namespace never new null number object of package private protected public readonly
    require return set static string super switch symbol this throw true try type typeof undefined unknown
    var void while with yield Record
"""
RESERVED = frozenset((_OWN + _WORDS).split())


class TypesError(TidingsError, ValueError):
    """Declarations that no TypeScript can be written for. The message names the Python classes."""


def generate(events: Iterable[EventClass], channels: Iterable[ChannelClass], command: str) -> str:
    """The file for these events and channels (and the events of the channels), ending with one newline.

    `command` is what its first line says to run again. Raises TypesError where two declarations would have
    one name in TypeScript, or one has a name that means something else there.
    """
    channels = sorted(set(channels), key=_class_name)
    carried = {event for channel in channels for event in channel.event_types.values()}
    events = sorted({*events, *carried}, key=_class_name)
    described = sorted(
        {channel.presence for channel in channels if isinstance(channel.presence, type)}, key=_class_name
    )
    schemas, payloads, metadata = _schemas(events, carried, described)
    _check_names(schemas, events, channels)
    sections = [
        _head(command, events, channels),
        *(declaration(name, schema) for name, schema in _models_first(schemas, payloads)),
        "\n".join(_event(event, payloads[event]) for event in events),
        _event_types(events),
        _channel_names(channels),
        _definitions(schemas) if channels else "",
        *(_channel(channel, payloads, metadata) for channel in channels),
    ]
    return "\n\n".join(filter(None, sections)) + "\n"


def _class_name(cls: type) -> tuple[str, str]:
    return cls.__name__, cls.__module__


def _place(cls: type) -> str:
    return f"{cls.__module__}.{cls.__qualname__}"


class _Sent(GenerateJsonSchema):
    """What is sent has every field, those with defaults too."""

    def field_is_required(self, field: Field, total: bool) -> bool:
        if field["type"] == "typed-dict-field":
            return super().field_is_required(field, total)
        return field.get("serialization_exclude_if") is None


def _schemas(
    events: Collection[EventClass], carried: Collection[EventClass], described: Collection[type[BaseModel]]
) -> tuple[dict[str, Schema], dict[EventClass, str], dict[type[BaseModel], str]]:
    """The JSON Schema of every model by its TypeScript name, sorted, and the names of each event's payload and of each
    presence's metadata.

    An event that no channel carries is a message to the server, which may leave out what has a default.
    """
    if not (events or described):
        return {}, {}, {}
    try:
        references, document = models_json_schema(
            [(model, "serialization") for model in (*events, *described)], by_alias=True, schema_generator=_Sent
        )
    except PydanticUserError as error:
        raise TypesError(f"{', '.join(map(_place, events))}: {error.message}") from error
    payloads = {event: f"{event.__name__}Payload" for event in events}
    names = {name_of(references[event, "serialization"]): payload for event, payload in payloads.items()}
    definitions: dict[str, dict[str, Any]] = {}
    for python_name, schema in document["$defs"].items():
        name = names.get(python_name, python_name)
        definitions[name] = _renamed(schema, names)
    for event in events:
        if event not in carried:
            _leave_out(event, definitions[payloads[event]])
    metadata = {model: name_of(references[model, "serialization"]) for model in described}
    return dict(sorted(definitions.items())), payloads, metadata


def _leave_out(event: EventClass, schema: dict[str, Any]) -> None:
    fields = event.model_fields.items()
    optional = {field.serialization_alias or name for name, field in fields if not field.is_required()}
    schema["required"] = [name for name in schema.get("required", ()) if name not in optional]


def _renamed(schema: Any, names: Mapping[str, str]) -> Any:
    """The schema with its references to events made references to their payloads."""
    if isinstance(schema, list):
        return [_renamed(item, names) for item in schema]
    if not isinstance(schema, dict):
        return schema
    renamed = {keyword: _renamed(value, names) for keyword, value in schema.items()}
    if isinstance(schema.get("$ref"), str):
        renamed["$ref"] = "#/$defs/" + names.get(name_of(schema), name_of(schema))
    return renamed


def _models_first(schemas: Mapping[str, Schema], payloads: Mapping[EventClass, str]) -> list[tuple[str, Schema]]:
    of_events = set(payloads.values())
    return sorted(schemas.items(), key=lambda item: (item[0] in of_events, item[0]))


def _check_names(
    schemas: Mapping[str, Schema], events: Collection[EventClass], channels: Collection[ChannelClass]
) -> None:
    """One scope holds every exported name, and each of the two tables its keys."""
    payloads = {f"{event.__name__}Payload" for event in events}
    exported = _Scope("the name")
    for event in events:
        exported.claim(event.__name__, _place(event))
        exported.claim(f"{event.__name__}Payload", _place(event))
    for channel in channels:
        exported.claim(channel.__name__, _place(channel))
        exported.claim(f"{channel.__name__}Event", _place(channel))
    for name in schemas.keys() - payloads:
        exported.claim(name, f"the model {name}")
    _check_keys(events, channels)


def _check_keys(events: Collection[EventClass], channels: Collection[ChannelClass]) -> None:
    types, names = _Scope("the key of WS_EVENT_TYPES"), _Scope("the key of WS_CHANNELS")
    for control in WSEventType:
        types.claim(member_name(control), f"the protocol's own {control!s}")
    for event in events:
        types.claim(member_name(event.event_type), f"{_place(event)} (type {event.event_type!r})")
    for channel in channels:
        names.claim(_upper_snake(channel.__name__), _place(channel))


class _Scope:
    """Names, each of which has one owner."""

    def __init__(self, what: str) -> None:
        self._what, self._owners = what, dict[str, str]()

    def claim(self, name: str, owner: str) -> None:
        if name in RESERVED or not name.isidentifier():
            raise TypesError(f"{owner}: {name!r} cannot be {self._what} in TypeScript; rename the class")
        other = self._owners.setdefault(name, owner)
        if other != owner:
            raise TypesError(f"{other} and {owner} would both be {self._what} {name} in TypeScript; rename one")


def _head(command: str, events: Collection[EventClass], channels: Collection[ChannelClass]) -> str:
    values = ["channel"] if channels else []
    values += ["channelName"] if any(channel.parameters for channel in channels) else []
    types = ["ChannelEvent"] if events else []
    types += ["Definitions"] if channels else []
    imports = [f'import {{ {", ".join([*values, "WS_EVENT_TYPES as CONTROL_TYPES"])} }} from "@tidings/client";']
    if types:
        imports.append(f'import type {{ {", ".join(types)} }} from "@tidings/client";')
    return "\n".join(
        [
            f"// Generated by `{command}`. Do not edit: change the declarations and run it again.",
            *imports,
            "",
            'export type { WebSocketMessage } from "@tidings/client";',
        ]
    )


def _event(event: EventClass, payload: str) -> str:
    line = f"export type {event.__name__} = ChannelEvent<{literal(event.event_type)}, {payload}>;"
    if len(line) <= WIDTH:
        return line
    return f"export type {event.__name__} = ChannelEvent<\n  {literal(event.event_type)},\n  {payload}\n>;"


def _event_types(events: Collection[EventClass]) -> str:
    entries = sorted((member_name(event.event_type), literal(event.event_type)) for event in events)
    lines = ["  ...CONTROL_TYPES,", *(f"  {key}: {value}," for key, value in entries)]
    return "\n".join(["export const WS_EVENT_TYPES = {", *lines, "} as const;"])


def _channel_names(channels: Collection[ChannelClass]) -> str:
    if not channels:
        return "export const WS_CHANNELS = {} as const;"
    entries = sorted((_upper_snake(channel.__name__), channel) for channel in channels)
    lines = [line for key, channel in entries for line in _channel_name(key, channel)]
    return "\n".join(["export const WS_CHANNELS = {", *lines, "} as const;"])


def _channel_name(key: str, channel: ChannelClass) -> list[str]:
    if not channel.parameters:
        return [f"  {key}: {literal(channel.pattern)},"]
    head, body = f"  {key}: ({_parameters(channel)}) =>", f"channelName({literal(channel.pattern)}, params),"
    line = f"{head} {body}"
    return [line] if len(line) <= WIDTH else [head, f"    {body}"]


def _parameters(channel: ChannelClass) -> str:
    types = {name: "number" if read is int else "string" for name, read in channel.parameters.items()}
    return f"params: {{ {'; '.join(f'{property_name(name)}: {kind}' for name, kind in types.items())} }}"


def _definitions(schemas: Mapping[str, Schema]) -> str:
    definitions = {name: reduced(schema) for name, schema in schemas.items()}
    return f"const DEFINITIONS: Definitions = {literal(definitions, broken=True)};"


def _channel(channel: ChannelClass, payloads: Mapping[EventClass, str], metadata: Mapping[type[BaseModel], str]) -> str:
    name, key = channel.__name__, f"WS_CHANNELS.{_upper_snake(channel.__name__)}"
    events = sorted(channel.event_types.values(), key=_class_name)
    head = f"export const {name} = ({_parameters(channel) if channel.parameters else ''}) =>"
    arguments = [
        f"{key}(params)" if channel.parameters else key,
        literal(dict(sorted((event.event_type, payloads[event]) for event in events)), indent=4, column=4),
        "DEFINITIONS",
    ]
    events_of = union(f"export type {name}Event =", [event.__name__ for event in events])
    kinds = f"{name}Event"
    if isinstance(channel.presence, type):
        kinds += f", {metadata[channel.presence]}"
    return "\n".join([events_of, *_call(kinds, head, arguments)])


def _call(kinds: str, head: str, arguments: list[str]) -> list[str]:
    body = f"channel<{kinds}>({', '.join(arguments)});"
    for line in ([f"{head} {body}"], [head, f"  {body}"]):
        if "\n" not in body and max(map(len, line)) <= WIDTH:
            return line
    return [head, f"  channel<{kinds}>(", *(f"    {argument}," for argument in arguments), "  );"]


def _upper_snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).upper()
