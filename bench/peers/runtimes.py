"""Where the programs of peers come from. Each kind installs into .build/bench/NAME, never into the project's own
environment, and says why where it cannot.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from bench.peers.peer import Installed, Unavailable

ROOT = Path(__file__).parents[2]
INSTALLED = ROOT / ".build" / "bench"
REQUIREMENTS = Path(__file__).with_name("requirements")  # NAME.txt, hash-locked: made by `make lock` from NAME.in
NODE = Path(__file__).with_name("node")  # NAME/package.json and package-lock.json

_TIMEOUT = 600.0  # seconds for one command


@dataclass(frozen=True, slots=True)
class Project:
    """The project's own Python environment."""

    packages: tuple[str, ...]  # whose versions are reported

    def install(self, name: str) -> Installed:
        """Nothing to do."""
        versions = ", ".join(f"{package} {version(package)}" for package in self.packages)
        return Installed(sys.executable, ROOT, versions)


@dataclass(frozen=True, slots=True)
class Wheels:
    """Python packages in an environment of their own, from a requirements file with hashes."""

    packages: tuple[str, ...]

    def install(self, name: str) -> Installed:
        """By uv, which is in the project's environment."""
        locked, folder = REQUIREMENTS / f"{name}.txt", INSTALLED / name
        python = folder / "bin" / "python"

        def make(folder: Path) -> None:
            _run(["uv", "venv", "--quiet", "--python", sys.executable, str(folder)])
            _run(["uv", "pip", "sync", "--quiet", "--require-hashes", "--python", str(python), str(locked)])

        _once(folder, [locked], make)
        asked = "import importlib.metadata as m, sys; print(', '.join(f'{n} {m.version(n)}' for n in sys.argv[1:]))"
        return Installed(str(python), folder, _run([str(python), "-c", asked, *self.packages]).strip())


@dataclass(frozen=True, slots=True)
class NodePackages:
    """Packages from npm, by a lock file. The server finds them by BENCH_PACKAGES."""

    packages: tuple[str, ...]

    def install(self, name: str) -> Installed:
        """By the npm of the project's environment."""
        source, folder = NODE / name, INSTALLED / name

        def make(folder: Path) -> None:
            shutil.copytree(source, folder)
            shutil.copy(ROOT / ".npmrc", folder)
            _run(["npm", "ci", "--loglevel=error", "--omit=dev"], folder)

        _once(folder, sorted(source.iterdir()), make)
        manifests = (folder / "node_modules" / package / "package.json" for package in self.packages)
        versions = [f"{each['name']} {each['version']}" for each in (json.loads(it.read_text()) for it in manifests)]
        node = f"Node {_run(['node', '--version']).strip().removeprefix('v')}"
        return Installed(_found("node"), folder, ", ".join([node, *versions]), {"BENCH_PACKAGES": f"{folder}/"})


@dataclass(frozen=True, slots=True)
class GoModule:
    """A program that `go install` builds, else one of its name that is on the PATH."""

    module: str  # with its version: "github.com/centrifugal/centrifugo/v6@v6.3.0"
    binary: str

    def install(self, name: str) -> Installed:
        """Through the module proxy that go is set to."""
        if shutil.which("go") is None:
            return OnPath(self.binary, ("version",)).install(name)
        folder = INSTALLED / name

        def make(folder: Path) -> None:
            folder.mkdir()
            _run(["go", "install", self.module], folder, {"GOBIN": str(folder), "GOFLAGS": "-mod=mod"})

        try:
            _once(folder, [], make, self.module)
        except Unavailable:
            if shutil.which(self.binary) is None:
                raise
            return OnPath(self.binary, ("version",)).install(name)
        return Installed(str(folder / self.binary), folder, self.module.rpartition("/")[2])


@dataclass(frozen=True, slots=True)
class OnPath:
    """A program that is on the machine, or is not."""

    binary: str
    asks_version: Sequence[str] = ("--version",)

    def install(self, name: str) -> Installed:
        """Only looks for it."""
        program = _found(self.binary)
        said = subprocess.run([program, *self.asks_version], capture_output=True, text=True, timeout=30, check=False)
        first = (said.stdout or said.stderr).strip().splitlines()[:1]
        return Installed(program, INSTALLED / name, first[0] if first else self.binary)


def _found(binary: str) -> str:
    program = shutil.which(binary)
    if program is None:
        raise Unavailable(f"{binary} is not on the PATH")
    return program


def _once(folder: Path, sources: Sequence[Path], make: Callable[[Path], None], more: str = "") -> None:
    """Make a folder anew where what it is made from has changed. A folder that was not finished has no stamp."""
    missing = [source for source in sources if not source.is_file()]
    if missing:
        raise Unavailable(f"there is no {missing[0].relative_to(ROOT)}")
    stamp = folder / ".made-from"
    made_from = hashlib.sha256(b"\0".join([more.encode(), *(source.read_bytes() for source in sources)])).hexdigest()
    if stamp.is_file() and stamp.read_text() == made_from:
        return
    shutil.rmtree(folder, ignore_errors=True)
    INSTALLED.mkdir(parents=True, exist_ok=True)
    make(folder)
    stamp.write_text(made_from)


def _run(command: Sequence[str], folder: Path = ROOT, environment: dict[str, str] | None = None) -> str:
    """What it said. Raises Unavailable with its last line where it failed."""
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=os.environ | (environment or {}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise Unavailable(f"`{' '.join(command[:3])}` did not end within {_TIMEOUT:g} s") from error
    except FileNotFoundError as error:
        raise Unavailable(f"{command[0]} is not on the PATH") from error
    if done.returncode:
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        raise Unavailable(f"`{' '.join(command[:3])}` failed: {lines[-1] if lines else done.returncode}")
    return done.stdout
