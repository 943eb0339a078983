"""What a run has measured, and what it could not: kept as JSON, so that the report can be written again."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from bench.workloads.workload import Figure, Figures, Plan

OURS = "tidings"

Key = tuple[str, str]  # a workload's number and a peer's name


@dataclass(slots=True)
class Results:
    """Of one run. `rounds` has the figures of each round in order, `missing` the reason where there are none."""

    plan: Plan
    at: str  # ISO 8601
    machine: list[tuple[str, str]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    about: dict[str, tuple[str, str, str]] = field(default_factory=dict)  # a peer's kind, what it is, its versions
    rounds: dict[Key, list[Figures]] = field(default_factory=dict)
    missing: dict[Key, str] = field(default_factory=dict)

    def add(self, workload: str, peer: str, figures: Figures) -> None:
        """What one round gave."""
        self.rounds.setdefault((workload, peer), []).append(figures)

    def miss(self, workload: str, peer: str, reason: str) -> None:
        """Why there are no figures, or none of some rounds."""
        self.missing[workload, peer] = reason

    def figures(self, workload: str, peer: str, metric: str) -> list[Figure]:
        """Round by round."""
        return [each[metric] for each in self.rounds.get((workload, peer), []) if metric in each]

    def values(self, workload: str, peer: str, metric: str) -> list[float]:
        """Round by round, as measured."""
        return [figure.value for figure in self.figures(workload, peer, metric)]

    def peers(self, workload: str) -> list[str]:
        """Those that were measured."""
        return [peer for number, peer in self.rounds if number == workload]

    def ratios(self, workload: str, peer: str, metric: str) -> list[float]:
        """Ours by theirs: round by round where both were measured in rounds, else by the median of ours."""
        ours, theirs = (self.values(workload, name, metric) for name in (OURS, peer))
        if not ours or not theirs or not all(theirs):
            return []
        if len(theirs) == 1:
            return [median(ours) / theirs[0]]
        return [our / their for our, their in zip(ours, theirs, strict=False)]

    def cpu_ratios(self, workload: str, peer: str, metric: str) -> list[float]:
        """The same of what each did with a second of its server's CPU, of which others on the machine take nothing."""
        ours, theirs = ([it.value / it.server for it in self.figures(workload, name, metric) if it.server]
                        for name in (OURS, peer))  # fmt: skip
        return [our / their for our, their in zip(ours, theirs, strict=False)]

    def save(self, path: Path) -> None:
        """As JSON."""
        document = {
            "plan": {name: getattr(self.plan, name) for name in self.plan.__slots__},
            "at": self.at,
            "machine": self.machine,
            "remarks": self.remarks,
            "about": self.about,
            "rounds": [
                [*key, [{name: [it.value, it.server, it.load] for name, it in each.items()} for each in rounds]]
                for key, rounds in self.rounds.items()
            ],
            "missing": [[*key, reason] for key, reason in self.missing.items()],
        }
        path.write_text(json.dumps(document, indent=1) + "\n")


def load(path: Path) -> Results:
    """What was saved."""
    document: dict[str, Any] = json.loads(path.read_text())
    plan: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in document["plan"].items()
    }
    results = Results(Plan(**plan), document["at"], [tuple(row) for row in document["machine"]], document["remarks"])
    results.about = {name: tuple(value) for name, value in document["about"].items()}
    for workload, peer, rounds in document["rounds"]:
        for figures in rounds:
            results.add(workload, peer, {name: Figure(*it) for name, it in figures.items()})
    for workload, peer, reason in document["missing"]:
        results.miss(workload, peer, reason)
    return results


def spread(values: Sequence[float], digits: int, scale: float = 1.0) -> str:
    """The median, and with several values the least and the most."""
    if not values:
        return ""
    middle, least, most = (f"{value * scale:,.{digits}f}" for value in (median(values), min(values), max(values)))
    return middle if len(values) == 1 else f"{middle} [{least}–{most}]"
