"""Every refusal as a problem detail (RFC 9457): what was wrong, where, and what would be right."""

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from pydantic_core import to_jsonable_python
from starlette.exceptions import HTTPException
from starlette.routing import Match

from scheduling.server.domain.rules import Severity
from scheduling.server.services import errors

from .log_guard import guard_logs, redacted

logger = logging.getLogger(__name__)


class FieldProblem(BaseModel):
    """What is wrong with one field, named by its dotted path; `params` are what a rule's message says."""

    field: str
    code: str
    severity: Severity | None = None
    message: str
    params: dict[str, str | int | float] | None = None


class Problem(BaseModel):
    """RFC 9457, with `errors` for each field; some types carry more members.

    `code` says what was refused where the type alone does not, and `params` are what its detail says.
    """

    type: str
    title: str
    status: int
    detail: str
    code: errors.RefusalCode | None = None
    params: dict[str, str | int] | None = None
    errors: list[FieldProblem] | None = None


class ProblemResponse(JSONResponse):
    media_type = "application/problem+json"


RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {
        "model": Problem,
        "description": HTTPStatus(status).phrase,
        "content": {ProblemResponse.media_type: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for status in (400, 401, 403, 404, 409, 422)
}
"""For the OpenAPI document."""

KINDS: dict[type[errors.Refused], tuple[int, str, str]] = {
    errors.BadRequestId: (400, "/problems/bad-request-id", "Not a request id"),
    errors.RequestIdReused: (422, "/problems/request-id-reused", "The name of another request"),
    errors.AnswerToldOnce: (409, "/problems/answer-told-once", "Done already"),
    errors.Unauthenticated: (401, "/problems/unauthenticated", "Not signed in"),
    errors.Forbidden: (403, "/problems/forbidden", "Not allowed"),
    errors.NotFound: (404, "/problems/not-found", "Not found"),
    errors.AlreadyExists: (409, "/problems/already-exists", "Already there"),
    errors.AlreadyDecided: (409, "/problems/already-decided", "Already decided"),
    errors.StaleVersion: (409, "/problems/stale-version", "Changed in the meantime"),
    errors.NotCsv: (415, "/problems/unsupported-media-type", "Not sent as CSV"),
    errors.LinesRefused: (422, "/problems/lines", "Lines to be put right"),
    errors.RulesBroken: (422, "/problems/rules", "A rule objects"),
    errors.LimitReached: (409, "/problems/limit-reached", "As many as there may be"),
    errors.Gone: (410, "/problems/gone", "No longer there"),
    errors.TooMany: (422, "/problems/too-many", "Too many results"),
    errors.Busy: (503, "/problems/busy", "Busy"),
    errors.TooManyAttempts: (429, "/problems/too-many-attempts", "Too many attempts"),
}
"""Status, type and title of each refusal."""

HTTP_ERRORS: dict[int, tuple[str, str, str]] = {
    400: (
        "/problems/malformed-json",
        "Malformed JSON",
        "The body cannot be read as JSON: it is not UTF-8, is nested too deeply or holds too long a number.",
    ),
    404: ("/problems/not-found", "Not found", "There is nothing at {method} {path}."),
    405: ("/problems/method-not-allowed", "Not possible here", "{method} is not possible at {path}; allowed: {allow}."),
    413: ("/problems/too-large", "Too large", "The request's body is too large; at most {limit} bytes are taken."),
}
"""Type, title and detail of what FastAPI itself refuses: 400 is a body that its parser gives up on."""


METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def problem(
    status: int,
    kind: str,
    title: str,
    detail: str,
    *,
    headers: Mapping[str, str] | None = None,
    **more: object,
) -> ProblemResponse:
    """A problem detail; `more` are further members."""
    content = {"type": kind, "title": title, "status": status, "detail": detail, **more}
    return ProblemResponse(to_jsonable_python(content), status, dict(headers or {}))


def install(app: FastAPI) -> None:
    """Make `app` answer every error with a problem detail, and log no secret with it."""
    guard_logs()

    @app.exception_handler(HTTPException)
    async def on_http_error(request: Request, error: HTTPException) -> Response:
        return _http_problem(request, error)

    app.exception_handler(errors.Refused)(_on_refused)
    app.exception_handler(RequestValidationError)(_on_invalid)
    app.exception_handler(Exception)(_on_failure)


async def _on_refused(_: Request, error: errors.Refused) -> Response:
    status, kind, title = KINDS[type(error)]
    headers: dict[str, str] = {}
    if isinstance(error, errors.Unauthenticated):
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, errors.TooManyAttempts):
        headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, errors.Busy):
        headers["Retry-After"] = "1"
    told = {"code": error.code, "params": error.params, **_members(error)}
    return problem(status, kind, title, error.detail, headers=headers, **told)


def _members(error: errors.Refused) -> dict[str, object]:
    """What this refusal tells beyond its sentence."""
    match error:
        case errors.RulesBroken(violations=violations):
            return {"errors": violations}
        case errors.StaleVersion():
            return {"changed_by": error.changed_by, "changed_at": error.changed_at, "current": error.current}
        case errors.AlreadyExists():
            return {"errors": [{"field": error.field, "code": error.code, "message": error.detail}]}
        case _:
            return {}


async def _on_invalid(_: Request, error: RequestValidationError) -> Response:
    if isinstance(error.body, bytes):  # FastAPI reads a body only where its Content-Type says JSON
        detail = "A body must say that it is JSON: send the header `Content-Type: application/json` with it."
        accepted = {"Accept": "application/json"}  # RFC 9110, section 15.5.16
        return problem(415, "/problems/unsupported-media-type", "Not sent as JSON", detail, headers=accepted)
    found = error.errors()
    if broken := next((each for each in found if each["type"] == "json_invalid"), None):
        position, reason = broken["loc"][-1], broken["ctx"]["error"]
        detail = f"The body is not JSON: {reason}, at character {position}."
        return problem(400, "/problems/malformed-json", "Malformed JSON", detail)
    fields = [_field_problem(each) for each in found]
    detail = " ".join(f"{each['field'] or 'The body'}: {each['message']}." for each in fields)
    return problem(422, "/problems/validation", "The request is not as it should be", detail, errors=fields)


def _field_problem(found: Mapping[str, Any]) -> dict[str, str]:
    loc: Sequence[object] = found["loc"]
    # The first part says where it came from (body, query, path), which is no part of the field's name.
    field = ".".join(str(part) for part in loc[1:]).encode("utf-8", "replace").decode()
    message = "unknown field" if found["type"] == "extra_forbidden" else str(found["msg"])
    return {"field": field, "code": str(found["type"]), "message": message.rstrip(".")}


def _http_problem(request: Request, error: HTTPException) -> ProblemResponse:
    phrase = HTTPStatus(error.status_code).phrase
    kind, title, detail = HTTP_ERRORS.get(error.status_code, ("about:blank", phrase, str(error.detail)))
    headers = dict(error.headers or {})
    if error.status_code == 405:
        # The dashboard's files are behind no route of their own.
        headers["Allow"] = _allowed(request) or "GET, HEAD"
    allow = headers.get("Allow", "")
    told = detail.format(method=request.method, path=request.url.path[:200], allow=allow, limit=error.detail)
    return problem(error.status_code, kind, title, told, headers=headers)


def _allowed(request: Request) -> str:
    """All methods of the request's path: whichever route refused it names only its own (RFC 9110, section 10.2.1)."""
    place = {name: request.scope[name] for name in ("type", "path", "root_path", "headers") if name in request.scope}
    routes = request.app.router.routes
    return ", ".join(
        method
        for method in METHODS
        if any(route.matches({**place, "method": method})[0] is Match.FULL for route in routes)
    )


async def _on_failure(request: Request, error: Exception) -> Response:
    # The server logs the traceback as it passes on; the client gets none of it.
    logger.error("%s %s failed: %s", request.method, redacted(request.url.path), type(error).__name__)
    detail = "Something went wrong on our side. It has been logged; please try again."
    return problem(500, "/problems/internal-error", "Internal error", detail)
