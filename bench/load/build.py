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
_REFUSED = "cc does not build the load generator ({}), nor does ziglang in its place ({}): install gcc"


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
        build([source for source in sources if source.suffix == ".c"], unfinished)
        unfinished.replace(program)
    return program


def build(sources: Sequence[Path], program: Path) -> None:
    """By `cc`; where there is none, or it fails, by the wheel, which is installed then (411 MB). Raises BuildError."""
    own = shutil.which("cc")
    fault = _fault([own], sources, program) if own else "it is not on the PATH"
    if not fault:
        return
    try:
        python = Wheels(("ziglang",)).install("ziglang").program
    except Unavailable as error:
        raise BuildError(_REFUSED.format(fault, error)) from error
    wheel = [python, "-m", "ziglang", "cc", "-target", f"{platform.machine()}-linux-gnu"]
    if more := _fault(wheel, sources, program):
        raise BuildError(_REFUSED.format(fault, more))


def _fault(compiler: Sequence[str], sources: Sequence[Path], program: Path) -> str:
    """What a compiler says of its first error; empty where the program is made."""
    cache = str(_BUILT / "cache")
    try:
        done = subprocess.run(
            [*compiler, "-std=gnu11", "-O2", "-o", str(program), *map(str, sources)],
            env=os.environ | {"ZIG_GLOBAL_CACHE_DIR": cache, "ZIG_LOCAL_CACHE_DIR": cache},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"it did not end within {_TIMEOUT:g} s"
    except OSError as error:
        return f"it does not run: {error.strerror}"
    if not done.returncode:
        return ""
    said = [line.strip() for line in done.stderr.splitlines() if line.strip()]
    return next((line for line in said if "error" in line), said[-1] if said else f"exit status {done.returncode}")
