"""What the application under torture is asked to do."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field


class Change(BaseModel):
    """A change to one item: it is made as version 1, brought up to `version`, or removed if it has no `owner` now.

    `id` is the change's own, and that of its event: asked for twice it is made once. `left` is the owner that the item
    had, where it has another one now, or none. With `fails` all of it is rolled back: before its commit begins, or in
    the middle of the commit, when its events are numbered. With `strays` a part of it that has published an event of
    its own is rolled back. `seconds`: how long the commit takes.
    """

    id: Annotated[str, Field(min_length=1, max_length=48)]
    item: int
    version: int
    owner: str | None
    left: str | None = None
    text: str = ""
    fails: Literal["before", "within"] | None = None
    strays: bool = False
    seconds: float = 0.0
