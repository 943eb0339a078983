"""What several routes take from their path and query."""

from typing import Annotated

from fastapi import Depends, Path, Query
from fastapi.exceptions import RequestValidationError

from scheduling.server.domain.instants import Instant
from scheduling.server.services.ports import Window

PathId = Annotated[int, Path(ge=1, le=2**53 - 1)]
QueryId = Annotated[int | None, Query(ge=1, le=2**53 - 1)]
QueryVersion = Annotated[int, Query(ge=1, le=2**53 - 1)]


def window(
    starts_at: Annotated[Instant | None, Query(alias="from")] = None,
    ends_at: Annotated[Instant | None, Query(alias="to")] = None,
) -> Window:
    """What overlaps [from, to). Raises RequestValidationError when `to` comes before `from`."""
    if starts_at is not None and ends_at is not None and ends_at < starts_at:
        earliest = starts_at.isoformat().replace("+00:00", "Z")
        message = f"must not be before `from`: {earliest} or later"
        raise RequestValidationError([{"type": "before_from", "loc": ("query", "to"), "msg": message}])
    return Window(starts_at, ends_at)


WindowDep = Annotated[Window, Depends(window)]
