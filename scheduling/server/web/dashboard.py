"""The built dashboard, served by the same app as the API."""

from pathlib import Path

from fastapi import APIRouter, Depends, HTTPException, Request, Response

IMMUTABLE = "public, max-age=31536000, immutable"
"""For files whose name holds their content's hash (RFC 8246)."""


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
    """Serve `directory`: its files, and index.html for every address that a browser may be sent to."""
    router = APIRouter(dependencies=[Depends(_not_the_api), Depends(_caching)])
    router.frontend("/", directory=directory, fallback="index.html", check_dir=True)
    return router
