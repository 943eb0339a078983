from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from scheduling.server.main import create_app
from scheduling.server.services.passwords import Passwords
from scheduling.server.settings import Settings
from scheduling.tests.conftest import browser
from scheduling.tests.web.conftest import problem

PAGE = "<!doctype html><title>scheduling</title>"
HTML = {"Accept": "text/html,application/xhtml+xml"}


@pytest.fixture
def build(tmp_path: Path) -> Path:
    """A dashboard that was built."""
    (tmp_path / "dist" / "assets").mkdir(parents=True)
    (tmp_path / "dist" / "index.html").write_text(PAGE)
    (tmp_path / "dist" / "assets" / "app-4f2a.js").write_text("export {}")
    (tmp_path / "secret.txt").write_text("not for the web")
    return tmp_path / "dist"


@pytest.fixture
async def http(settings: Settings, build: Path, passwords: Passwords) -> AsyncIterator[httpx2.AsyncClient]:
    app = create_app(settings.model_copy(update={"web_build": build}), passwords=passwords)
    async with app.router.lifespan_context(app), browser(app) as client:
        yield client


@pytest.mark.parametrize("path", ["/", "/week/2026-11-23", "/login", "/wsomething"])
async def test_every_address_of_the_dashboard_is_its_page(http: httpx2.AsyncClient, path: str):
    response = await http.get(path, headers=HTML)
    assert (response.status_code, response.text) == (200, PAGE)
    assert response.headers["cache-control"] == "no-cache"
    assert response.headers["content-security-policy"] == "frame-ancestors 'none'"


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
async def test_whoever_runs_it_is_told_how_it_is_and_not_sent_the_page(http: httpx2.AsyncClient, path: str):
    answer = (await http.get(path, headers=HTML)).json()
    assert answer.get("status") in {"alive", "ready"} or answer["reasons"] == ["the control log was not read yet"]


async def test_hashed_files_are_kept_for_good(http: httpx2.AsyncClient):
    response = await http.get("/assets/app-4f2a.js")
    assert response.text == "export {}"
    assert response.headers["content-type"].startswith("text/javascript")
    assert response.headers["cache-control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize(("accepted", "encoding"), [("gzip, br", "gzip"), ("identity", None)])
async def test_scripts_are_sent_compressed_to_whoever_takes_that(
    http: httpx2.AsyncClient, accepted: str, encoding: str | None
):
    response = await http.get("/assets/app-4f2a.js", headers={"Accept-Encoding": accepted})
    assert (response.headers.get("content-encoding"), response.text) == (encoding, "export {}")
    assert response.headers["content-type"].startswith("text/javascript")
    assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert response.headers["x-content-type-options"] == "nosniff"


async def test_the_page_is_not_sent_again_while_it_is_the_same(http: httpx2.AsyncClient):
    etag = (await http.get("/", headers=HTML)).headers["etag"]
    response = await http.get("/", headers={**HTML, "If-None-Match": etag})
    assert (response.status_code, response.text) == (304, "")


@pytest.mark.parametrize("path", ["/assets/old-1111.js", "/robots.txt"])
async def test_a_file_that_is_not_there_is_no_page(http: httpx2.AsyncClient, path: str):
    problem(await http.get(path), 404, "not-found")


@pytest.mark.parametrize("path", ["/api/nowhere", "/api", "/api/"])
async def test_the_api_never_answers_with_the_page(http: httpx2.AsyncClient, path: str):
    problem(await http.get(path, headers=HTML), 404, "not-found")


async def test_a_wrong_method_of_the_api_is_still_told(http: httpx2.AsyncClient):
    problem(await http.delete("/api/timeoff", headers=HTML), 405, "method-not-allowed")
    problem(await http.post("/week/2026-11-23", json={}), 404, "not-found")


@pytest.mark.parametrize("path", ["/../secret.txt", "/%2e%2e/secret.txt", "/assets/..%2f..%2fsecret.txt"])
async def test_nothing_beside_the_build_is_served(http: httpx2.AsyncClient, path: str):
    response = await http.get(path)
    assert "not for the web" not in response.text
    assert response.status_code == 404
