"""Builds the load generator: with the machine's own C compiler, else with that of the wheel `ziglang`."""

import hashlib
import os
import platform
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from bench.peers.peer import Unavailable
from bench.peers.runtimes import Wheels

_HERE = Path(__file__).parent
_BUILT = _HERE.parents[1] / ".build" / "bench" / "load"
_TIMEOUT = 600.0  # seconds


class BuildError(Exception):
    """It cannot be built; the message says why, the compiler's words included."""


def generator() -> Path:
    """The program, made from the sources as they are now. Raises BuildError."""
    sources = sorted(_HERE.glob("*.[ch]"))
    made_from = hashlib.sha256(b"\0".join(source.read_bytes() for source in sources)).hexdigest()[:16]
    program = _BUILT / f"load-{made_from}"
    if not program.is_file():
        _BUILT.mkdir(parents=True, exist_ok=True)
        unfinished = program.with_suffix(f".{os.getpid()}")  # others may build at the same time
        _compile(compiler(), [source for source in sources if source.suffix == ".c"], unfinished)
        unfinished.replace(program)
    return program


def compiler() -> Sequence[str]:
    """The command of `cc`; where there is none, of the wheel, which is installed then (411 MB). Raises BuildError."""
    if own := shutil.which("cc"):
        return [own]
    try:
        python = Wheels(("ziglang",)).install("ziglang").program
    except Unavailable as error:
        raise BuildError(
            f"there is no C compiler: cc is not on the PATH, and ziglang cannot take its place: {error}; install gcc"
        ) from error
    return [python, "-m", "ziglang", "cc", "-target", f"{platform.machine()}-linux-gnu"]


def _compile(compiler: Sequence[str], sources: Sequence[Path], program: Path) -> None:
    cache = str(_BUILT / "cache")
    done = subprocess.run(
        [*compiler, "-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-o", str(program), *map(str, sources)],
        env=os.environ | {"ZIG_GLOBAL_CACHE_DIR": cache, "ZIG_LOCAL_CACHE_DIR": cache},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_TIMEOUT,
        check=False,
    )
    if done.returncode:
        raise BuildError(f"the load generator does not compile: {done.stderr.strip()}")
