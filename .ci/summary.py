"""Run make's targets one after another, whatever each one's result, and end with every runner's closing lines.

Usage: summary.py TARGET...  Exits with 1 when a target failed.
"""

import re
import subprocess
import sys
import time
from collections import deque
from dataclasses import dataclass

ANSI = re.compile(r"\x1b\[[0-9;]*m")
CLOSING = re.compile(
    r"""
      ^=+\ .*\b(passed|failed|errors?|no\ tests\ ran)\b.*=+$        # pytest
    | ^\s*(Test\ Files|Tests)\s+\d                                  # Vitest
    | ^\s*\d+\ (passed|failed|flaky|skipped|did\ not\ run)\b        # Playwright
    | ^(Success:|Found\ \d+\ errors?\b)                             # mypy, ruff, Biome
    | ^(Contracts|Layers|Lengths):                                  # import-linter, layers.ts, lengths
    | ^Checked\ \d+\ files                                          # Biome
    """,
    re.VERBOSE,
)
LAST_LINES = 8


@dataclass(frozen=True)
class Result:
    target: str
    status: int
    seconds: float
    lines: list[str]

    def __str__(self) -> str:
        verdict = "ok  " if self.status == 0 else "FAIL"
        return "\n       ".join([f"{verdict} {self.target} ({self.seconds:.0f} s)", *self.lines])


def run(target: str) -> Result:
    """Run one make target, showing its output; a failure's last lines count as closing ones."""
    print(f"\n---- {target} {'-' * (100 - len(target))}", flush=True)
    started = time.monotonic()
    closing: list[str] = []
    last: deque[str] = deque(maxlen=LAST_LINES)
    command = ["make", "--no-print-directory", "--keep-going", target]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", errors="replace"
    ) as process:
        for line in process.stdout or ():
            print(line, end="", flush=True)
            plain = ANSI.sub("", line).strip()
            if plain:
                last.append(plain)
            if CLOSING.search(plain):
                closing.append(plain)
    if process.returncode != 0:
        closing += [line for line in last if line not in closing]
    return Result(target, process.returncode, time.monotonic() - started, closing)


def main(targets: list[str]) -> int:
    results = [run(target) for target in targets]
    print(f"\n---- summary {'-' * 93}", *results, sep="\n")
    failed = [result.target for result in results if result.status != 0]
    print(f"failed: {', '.join(failed)}" if failed else "all parts passed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
