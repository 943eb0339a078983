"""Changes that may be sent again: where an answer was lost, whoever asked cannot know what became of the request.

After the IETF's draft of an Idempotency-Key header (draft-ietf-httpapi-idempotency-key-header), by `X-Request-ID`.
"""

import hashlib
import re
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from typing import Annotated, Any, cast

from fastapi import Depends, Header, Request, Response
from fastapi.routing import APIRoute

from scheduling.server.services.changes import NamedRequest, Repeated
from scheduling.server.services.errors import BadRequestId

from .callers import Caller

MEANING = (
    "The client's name for the request: the ids of the events of its change begin with it and a dot. "
    "The very same request, sent again by it, is answered as it was and not carried out again."
)


async def named_request(
    request: Request,
    caller: Caller,
    request_id: Annotated[str | None, Header(alias="X-Request-ID", description=MEANING)] = None,
) -> NamedRequest | None:
    """The request, where its client gave it a name. Raises BadRequestId."""
    if request_id is None:
        return None
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,48}", request_id):
        raise BadRequestId("X-Request-ID: write 1 to 48 letters, digits, `_` and `-`, new for each request.")
    until_answered = cast("AsyncExitStack", request.state.until_answered)
    named = NamedRequest(request_id, caller.id, await _digest(request), until_answered)
    request.state.named = named
    return named


Named = Annotated[NamedRequest | None, Depends(named_request)]
"""For every route that changes something; its router needs `RepeatableRoute`."""


class RepeatableRoute(APIRoute):
    """A route that ends the change of a named request: committed with the answer, before that is sent."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            async with AsyncExitStack() as until_answered:
                request.state.until_answered = until_answered
                try:
                    response = await handle(request)
                except Repeated as repeated:
                    kept = repeated.answer
                    headers = {"Idempotent-Replayed": "true"}
                    return Response(kept.body, kept.status, headers, kept.media_type)
                if named := cast("NamedRequest | None", getattr(request.state, "named", None)):
                    secret = "no-store" in response.headers.get("Cache-Control", "")
                    body = None if secret else bytes(response.body)
                    await named.answered(response.status_code, response.headers.get("Content-Type"), body)
                return response

        return answer


async def _digest(request: Request) -> str:
    """Tells one request from another: by method, address and body, as they were sent."""
    digest = hashlib.sha256(f"{request.method} {request.url.path}?{request.url.query}\n".encode())
    digest.update(await request.body())
    return digest.hexdigest()
