"""The programs in docs/client.md do what the page says, against its server."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.pages import ROOT, files, imported, installed
from tests.transports.native_server import native
from tidings.client import Client, Disconnected

PAGE = ROOT / "docs" / "client.md"
NAMES = ["main", "follow", "post", "resume"]


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The page's files, each a module that the later ones can import."""
    sources, modules = files(PAGE), dict[str, Any]()
    assert list(sources) == [f"{name}.py" for name in NAMES]
    for name in NAMES:
        modules[name] = ModuleType(name)
        monkeypatch.setitem(sys.modules, name, modules[name])
        exec(compile(sources[f"{name}.py"], name, "exec"), modules[name].__dict__)
    return modules


@pytest.fixture
async def url(page: dict[str, Any]) -> AsyncIterator[str]:
    async with native(page["main"].manager) as server:
        yield f"ws://127.0.0.1:{server.port}/ws"
        await page["main"].manager.stop()


async def test_what_one_posts_the_other_follows(page: dict[str, Any], url: str, capsys: pytest.CaptureFixture[str]):
    async with asyncio.timeout(30):
        notes: dict[int, str] = {}
        following = asyncio.create_task(page["follow"].follow(url, "ann", notes))
        while not notes:  # from when the subscription stands
            await page["post"].post(url, "ann", "hello")
        assert set(notes.values()) == {"hello"}
        following.cancel()
        await asyncio.wait([following])
        assert await page["post"].post(url, "ann", "") is None
        assert capsys.readouterr().out == "empty write something\n"


async def test_another_process_goes_on_from_the_position_that_was_kept(
    page: dict[str, Any], url: str, tmp_path: Path
) -> None:
    kept = tmp_path / "state.json"

    async def run_until(text: str) -> None:
        running = asyncio.create_task(page["resume"].resume(url, "ann", kept))
        while not kept.exists() or text not in kept.read_text():
            if not kept.exists():
                await page["post"].post(url, "ann", text)
            await asyncio.sleep(0)
        running.cancel()
        await asyncio.wait([running])

    async with asyncio.timeout(30):
        await run_until("first")
        for number in range(3):
            await page["post"].post(url, "ann", f"meanwhile {number}")
        await run_until("meanwhile 2")
    assert [text for text in json.loads(kept.read_text())["notes"].values() if text != "first"] == [
        "meanwhile 0",
        "meanwhile 1",
        "meanwhile 2",
    ]


async def test_a_token_that_is_refused_ends_it_with_its_reason(page: dict[str, Any], url: str) -> None:
    async with asyncio.timeout(30), Client(url, get_token=lambda: "eve") as client:
        with pytest.raises(Disconnected, match=r"^unauthorized: (?!unauthorized)"):
            await client.connected(timeout=20)


def test_what_the_page_has_installed_is_what_its_clients_import() -> None:
    sources = files(PAGE)
    server = sources.pop("main.py")
    assert imported(sources.values()) - {"main"} <= installed(PAGE)
    assert imported([server]) <= {"fastapi", *installed(PAGE)}
