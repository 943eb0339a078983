"""The project in docs/tutorial.md: its tests pass, and its page compiles with the types that its declarations give."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.pages import ROOT, files, imported, installed

pytest_plugins = ["pytester"]

PAGE = ROOT / "docs" / "tutorial.md"
# What `npm create vite -- --template react-ts` writes, as far as it is strict.
VITE = {
    "target": "es2023",
    "lib": ["ES2023", "DOM", "DOM.Iterable"],
    "module": "esnext",
    "moduleResolution": "bundler",
    "jsx": "react-jsx",
    "types": [],
    "skipLibCheck": True,
    "verbatimModuleSyntax": True,
    "moduleDetection": "force",
    "noEmit": True,
    "noUnusedLocals": True,
    "noUnusedParameters": True,
    "erasableSyntaxOnly": True,
    "strict": True,
}


def write(directory: Path) -> None:
    for name, source in files(PAGE).items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(source)


def test_its_tests_pass(pytester: pytest.Pytester) -> None:
    write(pytester.path)
    pytester.makeini("[pytest]\nfilterwarnings = error")
    outcome = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-p", "no:asyncio", timeout=100)
    outcome.assert_outcomes(passed=2)


def test_its_page_compiles_with_the_types_of_its_declarations(tmp_path: Path) -> None:
    write(tmp_path)
    types = [sys.executable, "-m", "tidings.cli", "types", "main", "-o", "web/src/live.gen.ts"]
    subprocess.run(types, cwd=tmp_path, check=True, capture_output=True, timeout=60)
    for packages in ("@tidings", "@tanstack", "@types", "@vitejs", "react", "vite"):
        link = tmp_path / "web" / "node_modules" / packages
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(ROOT / "node_modules" / packages)
    options = VITE | {"customConditions": ["@tidings/source"], "preserveSymlinks": False}
    configuration = {"compilerOptions": options, "files": ["src/App.tsx", "vite.config.ts"]}
    (tmp_path / "web" / "tsconfig.json").write_text(json.dumps(configuration))
    tsc = ROOT / "node_modules" / ".bin" / "tsc"
    done = subprocess.run([tsc, "-p", tmp_path / "web"], capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 0, done.stdout


def test_what_it_has_installed_is_what_it_imports() -> None:
    sources = [source for name, source in files(PAGE).items() if name.endswith(".py")]
    assert imported(sources) - {"main"} <= installed(PAGE)
    assert {"aiosqlite", "httpx2"} <= installed(PAGE)
