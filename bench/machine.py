"""The machine: what it is, and whether it is fit to measure on."""

import os
import platform
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

PACKAGES = (
    "tidings",
    "uvicorn",
    "uvloop",
    "httptools",
    "websockets",
    "fastapi",
    "starlette",
    "pydantic",
    "msgspec",
    "pyjwt",
)

_SPARE_DESCRIPTORS = 100  # beside the sockets
_BUSY = 0.1  # share of a core that others may use


@dataclass(frozen=True, slots=True)
class Cores:
    """Which core the server has, and which the load. None: any."""

    server: int | None = None
    load: int | None = None


@contextmanager
def pinned(core: int | None) -> Iterator[None]:
    """What is started meanwhile, with all its threads, stays on this core."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, before if core is None else {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


class UnfitError(Exception):
    """Nothing can be measured here; the message says why and what would mend it."""


class DescriptorsError(UnfitError):
    """Too few file descriptors; `connections` is how many there are enough for."""

    def __init__(self, needed: int, allowed: int) -> None:
        super().__init__(
            f"{needed:,} file descriptors are needed, a process has {allowed:,} here: raise the hard limit "
            "(`ulimit -Hn`)"
        )
        self.connections = allowed - _SPARE_DESCRIPTORS


def prepare(connections: int) -> tuple[Cores, list[str]]:
    """Make this process fit for so many connections, pin it to the load's core, and return the cores.

    The second value is what should be known beside the results. Raises UnfitError.
    """
    if sys.platform != "linux":
        raise UnfitError("the benchmark needs Linux: it reads /proc, uses epoll and pins processes to cores")
    raise_descriptors(connections + _SPARE_DESCRIPTORS)
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        return Cores(), ["There is one core: server and load shared it, so only the ratios mean something."]
    remarks = remarks_on_load(cores[:2])
    os.sched_setaffinity(0, {cores[1]})
    return Cores(cores[0], cores[1]), remarks


def raise_descriptors(needed: int) -> None:
    """Allow this process, and those that it starts, so many file descriptors. Raises UnfitError."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, needed), hard))
    except (ValueError, OSError) as error:
        raise DescriptorsError(needed, hard) from error


def remarks_on_load(cores: list[int]) -> list[str]:
    """Which of the two cores are in use by others, over a second."""
    before = _times()
    time.sleep(1.0)
    after = _times()
    remarks = []
    for core in cores:
        idle, total = (after[core][part] - before[core][part] for part in (0, 1))
        busy = 1 - idle / max(1, total)
        if busy > _BUSY:
            remarks.append(
                f"Core {core} was {busy:.0%} busy with other things before measuring: do not quote this run."
            )
    return remarks


def _times() -> dict[int, tuple[int, int]]:
    """Ticks of each core, idle and in all, since the machine started (proc_stat(5))."""
    times = {}
    for line in Path("/proc/stat").read_text().splitlines():
        name, *ticks = line.split()
        if name.startswith("cpu") and name != "cpu":
            values = [int(tick) for tick in ticks[:8]]
            times[int(name[3:])] = (values[3] + values[4], sum(values))
    return times


def description() -> list[tuple[str, str]]:
    """What the numbers were measured on, as pairs of a name and a value."""
    return [
        ("CPU", f"{_cpu_model()}, {os.cpu_count()} cores"),
        ("Kernel", f"{platform.system()} {platform.release()}"),
        ("Python", f"{platform.python_implementation()} {platform.python_version()}"),
        ("Packages", ", ".join(f"{name} {version(name)}" for name in PACKAGES)),
    ]


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
