"""The built dashboard, served by the same app as the API."""

import gzip
import mimetypes
from functools import cache
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Header, HTTPException, Request, Response
from fastapi.responses import FileResponse

IMMUTABLE = "public, max-age=31536000, immutable"
"""For files whose name holds their content's hash (RFC 8246)."""

COMPRESSED = {".css", ".js"}


def _not_the_api(request: Request) -> None:
    """Only the dashboard's own addresses fall back to its page."""
    if request.url.path.removeprefix("/").split("/")[0] in {"api", "calendar", "ws"}:
        raise HTTPException(404)


def _caching(request: Request, response: Response) -> None:
    navigates = "text/html" in request.headers.get("accept", "")
    hashed = request.url.path.startswith("/assets/") and not navigates
    response.headers["Cache-Control"] = IMMUTABLE if hashed else "no-cache"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "frame-ancestors 'none'"
    response.headers["Referrer-Policy"] = "same-origin"


def dashboard(directory: Path) -> APIRouter:
    """Serve `directory`: its files, and index.html for every address that a browser may be sent to.

    Scripts and styles are compressed when they are first asked for, and kept: they are few, and never change.
    """
    router = APIRouter(dependencies=[Depends(_not_the_api), Depends(_caching)])

    @cache
    def compressed(path: Path) -> bytes:
        return gzip.compress(path.read_bytes())

    @router.api_route("/assets/{name}", methods=["GET", "HEAD"], include_in_schema=False)
    def asset(name: str, common: Response, accept_encoding: Annotated[str, Header()] = "") -> Response:
        path = directory / "assets" / name
        if not path.is_file():
            raise HTTPException(404)
        headers = dict(common.headers)
        if path.suffix not in COMPRESSED or "gzip" not in accept_encoding:
            return FileResponse(path, headers=headers)
        headers |= {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
        return Response(compressed(path), media_type=mimetypes.guess_type(name)[0], headers=headers)

    router.frontend("/", directory=directory, fallback="index.html", check_dir=True)
    return router
