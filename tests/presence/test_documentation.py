"""The programs in docs/presence.md: the test passes, the page compiles, and the address answers."""

import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.pages import ROOT, files, imported, installed
from tests.test_tutorial import VITE

PAGE = ROOT / "docs" / "presence.md"


def program(name: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A file of the page, as a module that the others may import."""
    module = ModuleType(Path(name).stem)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(compile(files(PAGE)[name], name, "exec"), module.__dict__)
    return module


async def test_its_test_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    main = program("main.py", monkeypatch)
    await program("test_main.py", monkeypatch).test_ben_sees_what_anna_edits()
    await main.manager.stop()


def test_its_address_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    with TestClient(program("main.py", monkeypatch).app) as client:
        assert client.get("/plan/7/people").json() == []


def test_its_page_compiles_with_the_types_of_its_declarations(tmp_path: Path) -> None:
    for name, source in files(PAGE).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(source)
    types = [sys.executable, "-m", "tidings.cli", "types", "main", "-o", "web/src/live.gen.ts"]
    subprocess.run(types, cwd=tmp_path, check=True, capture_output=True, timeout=60)
    for packages in ("@tidings", "@types", "react"):
        link = tmp_path / "web" / "node_modules" / packages
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(ROOT / "node_modules" / packages)
    options = VITE | {"customConditions": ["@tidings/source"], "preserveSymlinks": False}
    (tmp_path / "web" / "tsconfig.json").write_text(
        json.dumps({"compilerOptions": options, "files": ["src/People.tsx"]})
    )
    tsc = ROOT / "node_modules" / ".bin" / "tsc"
    done = subprocess.run([tsc, "-p", tmp_path / "web"], capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 0, done.stdout


def test_what_it_has_installed_is_what_it_imports() -> None:
    sources = [source for name, source in files(PAGE).items() if name.endswith(".py")]
    assert imported(sources) - {"main"} <= installed(PAGE)
