"""What a run has measured, and what it could not: kept as JSON, so that the report can be written again."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from bench.machine import UnfitError
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
    pairs: dict[Key, list[tuple[int, int]]] = field(default_factory=dict)
    """Which rounds of ours and of a peer were measured beside each other."""

    def add(self, workload: str, peer: str, figures: Figures) -> None:
        """What one round gave."""
        self.rounds.setdefault((workload, peer), []).append(figures)

    def pair(self, workload: str, peer: str) -> None:
        """What both gave last was measured in turn."""
        last = (len(self.rounds[workload, OURS]) - 1, len(self.rounds[workload, peer]) - 1)
        self.pairs.setdefault((workload, peer), []).append(last)

    def miss(self, workload: str, peer: str, reason: str) -> None:
        """Why there are no figures, or none of some rounds; one reason more where others are known."""
        known = self.missing.get((workload, peer), "")
        if reason not in known:
            self.missing[workload, peer] = f"{known}; {reason}" if known else reason

    def figures(self, workload: str, peer: str, metric: str) -> list[Figure]:
        """Round by round."""
        return [each[metric] for each in self.rounds.get((workload, peer), []) if metric in each]

    def values(self, workload: str, peer: str, metric: str) -> list[float]:
        """Round by round, as measured."""
        return [figure.value for figure in self.figures(workload, peer, metric)]

    def peers(self, workload: str) -> list[str]:
        """Those that were measured."""
        return [peer for number, peer in self.rounds if number == workload]

    def told(self, workload: str) -> bool:
        """Whether there is something to say of it: figures, or why there are none."""
        return any(number == workload for number, _ in (*self.rounds, *self.missing))

    def paired(self, workload: str, peer: str, metric: str) -> list[tuple[Figure, Figure]]:
        """Ours and theirs, pair by pair."""
        ours, theirs = (self.rounds.get((workload, name), []) for name in (OURS, peer))
        both = [(ours[our], theirs[their]) for our, their in self.pairs.get((workload, peer), [])]
        return [(our[metric], their[metric]) for our, their in both if metric in our and metric in their]

    def ratios(self, workload: str, peer: str, metric: str) -> list[float]:
        """Ours by theirs: pair by pair, else that of the medians."""
        if (workload, peer) in self.pairs:
            return [our.value / their.value for our, their in self.paired(workload, peer, metric) if their.value]
        ours, theirs = (self.values(workload, name, metric) for name in (OURS, peer))
        return [median(ours) / median(theirs)] if ours and theirs and median(theirs) else []

    def cpu_ratios(self, workload: str, peer: str, metric: str) -> list[float]:
        """The same of what each did with a second of its server's CPU, of which others on the machine take nothing."""
        busy = [pair for pair in self.paired(workload, peer, metric) if all(it.server and it.value for it in pair)]
        return [(our.value / our.server) / (their.value / their.server) for our, their in busy]

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
            "pairs": [[*key, pairs] for key, pairs in self.pairs.items()],
            "missing": [[*key, reason] for key, reason in self.missing.items()],
        }
        unfinished = path.with_suffix(".unfinished")
        unfinished.write_text(json.dumps(document, indent=1) + "\n")
        unfinished.replace(path)


def load(path: Path) -> Results:
    """What was saved. Raises UnfitError where nothing is."""
    try:
        document: dict[str, Any] = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise UnfitError(f"{path} holds no results ({why}): `python -m bench` measures them") from error
    plan: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in document["plan"].items()
    }
    results = Results(Plan(**plan), document["at"], [tuple(row) for row in document["machine"]], document["remarks"])
    results.about = {name: tuple(value) for name, value in document["about"].items()}
    for workload, peer, rounds in document["rounds"]:
        for figures in rounds:
            results.add(workload, peer, {name: Figure(*it) for name, it in figures.items()})
    for workload, peer, pairs in document["pairs"]:
        results.pairs[workload, peer] = [(our, their) for our, their in pairs]
    for workload, peer, reason in document["missing"]:
        results.miss(workload, peer, reason)
    return results


def spread(values: Sequence[float], digits: int, scale: float = 1.0) -> str:
    """The median, and with several values the least and the most."""
    if not values:
        return ""
    middle, least, most = (f"{value * scale:,.{digits}f}" for value in (median(values), min(values), max(values)))
    return middle if len(values) == 1 else f"{middle} [{least}–{most}]"
