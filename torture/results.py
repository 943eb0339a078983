"""The figures of the last long form of each run: results.json, and RESULTS.md, which is made of it."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.machine import description
from torture.outcome import Outcome, shown

_DIRECTORY = Path(__file__).parent
_JSON, _PAGE = "results.json", "RESULTS.md"

_HEAD = """\
# What the fault runs found

The last long form of each run: `python -m torture`, or `python -m torture NAME` for one. What is promised, and which
test shows it, is in [docs/guarantees.md](../docs/guarantees.md).
"""


def record(name: str, outcome: Outcome, *, directory: Path = _DIRECTORY) -> dict[str, Any]:
    """Keep what came of a run, in place of what is kept of it; returns what is kept of all."""
    known = _known(directory)
    known[name] = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": dict(description()),
        "did": outcome.did,
        "remarks": outcome.remarks,
        "passed": outcome.passed,
        "figures": outcome.figures,
        "violations": outcome.violations,
        "violations in all": outcome.count,
    }
    (directory / _JSON).write_text(json.dumps(known, indent=2) + "\n")
    (directory / _PAGE).write_text("\n".join(_lines(known)))
    return known


def _known(directory: Path) -> dict[str, Any]:
    kept = directory / _JSON
    return json.loads(kept.read_text()) if kept.exists() else {}


def _lines(known: dict[str, Any]) -> list[str]:
    lines = [_HEAD]
    for name, run in known.items():
        machine = run["machine"]
        lines += [
            f"## {name}: {'PASS' if run['passed'] else 'FAIL'}",
            "",
            f"{run['did']}. {run['at'][:10]}, {machine['CPU']}, {machine['Kernel']}, {machine['Python']}.",
            "",
            *(line for remark in run["remarks"] for line in (f"**{remark}**", "")),
            "| figure | value |",
            "| --- | --- |",
            *(f"| {figure} | {shown(value)} |" for figure, value in run["figures"].items()),
            f"| violations | {run['violations in all']} |",
            "",
            *(f"- {violation}" for violation in run["violations"]),
        ]
    return lines
