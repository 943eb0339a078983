"""The kinds of text, number and reference that entities are made of, with their limits."""

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""Unicode's category Cc, but for tabs and the ends of lines."""


def _printable(value: str) -> str:
    if _CONTROL.search(value):
        raise PydanticCustomError("control_character", "must not hold control characters")
    return value


Label = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80), AfterValidator(_printable)
]
"""A name on one card: of a person, a role, a location, a skill."""

Note = Annotated[str, StringConstraints(max_length=1_000), AfterValidator(_printable)]
"""What somebody wished to add; may be empty."""

Id = Annotated[int, Field(strict=True, ge=1, le=2**53 - 1)]
"""A number that JavaScript reads without loss."""

Version = Annotated[int, Field(strict=True, ge=1, le=2**53 - 1)]
"""Counts an entity's changes from 1."""


class Entity(BaseModel):
    """A frozen value whose fields are its JSON."""

    # All fields are always in the JSON, so its schema calls them required, those with a default too.
    model_config = ConfigDict(frozen=True, json_schema_serialization_defaults_required=True)


class Person(Entity):
    """Who did something: enough to name them."""

    id: int
    name: str
