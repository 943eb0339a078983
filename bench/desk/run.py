"""Measures the desk in Chromium, and keeps what was measured as the last part of bench/RESULTS.md."""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from bench import machine
from bench.desk.server import FIRST_MONDAY, PEOPLE, WEEKS
from bench.process import ServerError
from scheduling.server.settings import WEB_BUILD

TITLE = "# What the desk costs a browser"
_ROOT = Path(__file__).parents[2]
_HERE = Path(__file__).parent
_LISTENING = re.compile(r"on (http://127\.0\.0\.1:\d+)")
_START_TIMEOUT = 120.0  # seconds
_RUN_TIMEOUT = 600.0


def main(arguments: list[str]) -> int:
    """Measure and write; returns the exit status. What cannot be measured is said in one sentence."""
    parser = argparse.ArgumentParser(prog="python -m bench desk", description=__doc__)
    results = _HERE.with_name("RESULTS.md")
    parser.add_argument("--output", type=Path, default=results, help="the page that has the results")
    output: Path = parser.parse_args(arguments).output
    try:
        if not (WEB_BUILD / "index.html").is_file():
            raise ServerError("the dashboard is not built: `make build` builds it")
        remarks = machine.remarks_on_load(sorted(os.sched_getaffinity(0))[:2])
        with _server() as url:
            measured = _browse(url)
    except ServerError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    part = section(measured, datetime.now(UTC), remarks)
    others = (output.read_text() if output.is_file() else "").partition(TITLE)[0].rstrip()
    output.write_text(f"{others}\n\n{part}" if others else part)
    print(part + f"\nwritten to {output}")
    return 0


def kept(page: Path) -> str:
    """The part of an earlier page that is about the desk: who measures the rest leaves it as it is."""
    _, title, rest = (page.read_text() if page.is_file() else "").partition(TITLE)
    return title + rest


@contextmanager
def _server() -> Iterator[str]:
    """A server of its own with a fresh database; its address."""
    with tempfile.TemporaryDirectory(prefix="tidings-bench-") as folder:
        log = Path(folder, "log")
        command = [sys.executable, "-m", "bench.desk.server", str(Path(folder, "data"))]
        with log.open("wb") as written:
            process = subprocess.Popen(command, cwd=_ROOT, stdin=subprocess.DEVNULL, stdout=written, stderr=written)
        try:
            yield _address(process, log)
        finally:
            process.terminate()
            process.wait()


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + _START_TIMEOUT
    while time.monotonic() < deadline and process.poll() is None:
        said = log.read_text(errors="replace")
        if (listening := _LISTENING.search(said)) and "startup complete" in said:
            return listening[1]
        time.sleep(0.05)
    last = [line for line in log.read_text(errors="replace").splitlines() if line.strip()][-1:]
    raise ServerError(f"the desk's server did not start: {' '.join(last) or 'it said nothing'}")


def _browse(url: str) -> dict[str, Any]:
    command = ["node", str(_HERE / "browser.ts"), url, FIRST_MONDAY.isoformat()]
    # Without one of the system's, Playwright's own.
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or ""
    environment = os.environ | {"CHROMIUM": chromium}
    done = subprocess.run(
        command, cwd=_ROOT, env=environment, capture_output=True, text=True, timeout=_RUN_TIMEOUT, check=False
    )
    if done.returncode != 0:
        raise ServerError(f"the browser's part failed:\n{done.stderr.strip()}")
    measured: dict[str, Any] = json.loads(done.stdout)
    return measured


def section(measured: dict[str, Any], now: datetime, remarks: list[str]) -> str:
    """The part of the page that is about the desk."""
    storm = measured["storm"]
    first, turns, remote = (measured[name] for name in ("first", "switches", "remote"))
    rows = [
        ("first useful paint of the week", _spread(first), "< 1,000 ms", median(first) < 1_000),
        ("another week, fetched ahead", _spread(turns), "< 200 ms", median(turns) < 200),
        ("a remote change, from the answer that saved it", _spread(remote), "< 100 ms", median(remote) < 100),
        (f"longest frame under {storm['changes'] / storm['seconds']:.0f} changes/s", f"{storm['longest']:.0f} ms",
         "≤ 100 ms", storm["longest"] <= 100),
        (f"changes lost of {storm['changes']:,}", f"{storm['lost']}", "0", storm["lost"] == 0),
        ("JavaScript of the first load, gzipped", f"{measured['javascript'] / 1e3:.0f} kB", "≤ 350 kB",
         measured["javascript"] <= 350_000),
    ]  # fmt: skip
    table = ["|  | measured | target | met |", "| --- | --- | --- | --- |"]
    table += [f"| {name} | {value} | {target} | {'yes' if met else '**no**'} |" for name, value, target, met in rows]
    return "\n".join([
        TITLE,
        "",
        f"Measured {now:%Y-%m-%d %H:%M} UTC with `python -m bench desk`: medians, with [min–max], in Chromium "
        f"{measured['chromium']}, headless, 1440 × 900; a team of {PEOPLE} with {WEEKS} weeks of shifts.",
        "",
        *table,
        "",
        *(f"- {remark}" for remark in remarks),
        *_method(measured),
        "",
    ])  # fmt: skip


def _spread(values: list[float]) -> str:
    return f"{median(values):,.0f} ms [{min(values):,.0f}–{max(values):,.0f}]"


def _method(measured: dict[str, Any]) -> Iterator[str]:
    storm = measured["storm"]
    yield (
        "- **First useful paint**: from the navigation to the frame after the week's first card stands in the page; "
        "signed in, the server warm, the browser's cache off."
    )
    yield "- **Another week**: from the click to the frame after its first card; both neighbours fetched when idle."
    yield (
        "- **Remote change**: from the answer to another manager's PATCH to the frame after the card has the new "
        "version. Negative: the event was faster than the answer."
    )
    yield (
        f"- **Storm**: {storm['changes']:,} such changes all over the shown week, sent at 100/s; they took "
        f"{storm['seconds']:.1f} s, in which {storm['frames']:,} frames were drawn. A change is lost when the page, "
        "with all rows drawn as for paper, does not end with the database's version."
    )
    yield "- Server, browser and whoever edits shared the machine's cores."
