"""Builds the load generator, with the C compiler of the wheel `ziglang`."""

import hashlib
import os
import platform
import subprocess
import sys
from pathlib import Path

_HERE = Path(__file__).parent
_BUILT = _HERE.parents[1] / ".build" / "bench" / "load"
_TIMEOUT = 600.0  # seconds


class BuildError(Exception):
    """It does not compile; the message is the compiler's."""


def generator() -> Path:
    """The program, made from the sources as they are now. Raises BuildError."""
    sources = sorted(_HERE.glob("*.[ch]"))
    made_from = hashlib.sha256(b"\0".join(source.read_bytes() for source in sources)).hexdigest()[:16]
    program = _BUILT / f"load-{made_from}"
    if not program.is_file():
        _BUILT.mkdir(parents=True, exist_ok=True)
        unfinished = program.with_suffix(f".{os.getpid()}")  # others may build at the same time
        _compile([source for source in sources if source.suffix == ".c"], unfinished)
        unfinished.replace(program)
    return program


def _compile(sources: list[Path], program: Path) -> None:
    cache = str(_BUILT / "cache")
    options = ["-target", f"{platform.machine()}-linux-gnu", "-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror"]
    done = subprocess.run(
        [sys.executable, "-m", "ziglang", "cc", *options, "-o", str(program), *map(str, sources)],
        env=os.environ | {"ZIG_GLOBAL_CACHE_DIR": cache, "ZIG_LOCAL_CACHE_DIR": cache},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_TIMEOUT,
        check=False,
    )
    if done.returncode:
        raise BuildError(f"the load generator does not compile: {done.stderr.strip()}")
