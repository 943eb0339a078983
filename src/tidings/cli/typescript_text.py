"""TypeScript's text: literals, unions, comments and names, laid out as Biome lays them out."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

WIDTH = 120  # columns

_IDENTIFIER = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")


def literal(value: Any, *, indent: int = 0, column: int = 0, broken: bool = False) -> str:
    """A JSON value as TypeScript writes it: on one line where it fits, which `broken` forbids.

    `column` is where it begins, `indent` how far its line is indented; one more character follows it.
    """
    flat = _flat(value)
    if not value or not isinstance(value, Mapping | list):
        return flat
    if not broken and not _breaks(value) and column + len(flat) < WIDTH:
        return flat
    inner = indent + 2
    items = value.items() if isinstance(value, Mapping) else (("", item) for item in value)
    lines = [_line(f"{property_name(key)}: " if key else "", item, inner) for key, item in items]
    opening, closing = "{}" if isinstance(value, Mapping) else "[]"
    return "\n".join([opening, *lines, " " * indent + closing])


def _line(head: str, value: Any, indent: int) -> str:
    return f"{' ' * indent}{head}{literal(value, indent=indent, column=indent + len(head))},"


def _flat(value: Any) -> str:
    if isinstance(value, Mapping):
        return (
            f"{{ {', '.join(f'{property_name(key)}: {_flat(item)}' for key, item in value.items())} }}"
            if value
            else "{}"
        )
    if isinstance(value, list):
        return f"[{', '.join(map(_flat, value))}]"
    return json.dumps(value, ensure_ascii=False)


def _breaks(value: Any) -> bool:
    """Biome's rule: several elements, all objects or all arrays of more than one entry, get a line each."""
    if isinstance(value, Mapping):
        return any(map(_breaks, value.values()))
    if not isinstance(value, list):
        return False
    alike = any(all(isinstance(item, kind) and len(item) > 1 for item in value) for kind in (Mapping, list))
    return (len(value) > 1 and alike) or any(map(_breaks, value))


def property_name(name: str) -> str:
    """A property's name, in quotes where it is no identifier."""
    return name if _IDENTIFIER.fullmatch(name) else json.dumps(name, ensure_ascii=False)


def union(head: str, members: Sequence[str], *, indent: int = 0) -> str:
    """`head A | B;`, or a line for each member where that is too long."""
    line = f"{' ' * indent}{head} {' | '.join(members) or 'never'};"
    if len(line) <= WIDTH or len(members) < 2:
        return line
    return "\n".join([" " * indent + head, *(f"{' ' * indent}  | {member}" for member in members)]) + ";"


def comment(text: str, *, indent: int = 0) -> Iterable[str]:
    """The lines of a JSDoc comment; none for no text."""
    lines = [line.rstrip() for line in text.replace("*/", "*\\/").strip().splitlines()]
    margin = " " * indent
    if len(lines) == 1 and len(lines[0]) + indent + 7 <= WIDTH:
        yield f"{margin}/** {lines[0]} */"
    elif lines:
        yield f"{margin}/**"
        yield from (f"{margin} * {line}".rstrip() for line in lines)
        yield f"{margin} */"
