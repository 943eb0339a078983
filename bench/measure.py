"""Measures the workloads, one peer after the other, and goes on where one of them does not work."""

import re
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import inf

from bench.load.generator import LoadError
from bench.machine import Cores
from bench.peers.peer import Installed, Peer, Unavailable
from bench.process import ServerError
from bench.results import OURS, Results
from bench.workloads.workload import Candidate, Plan, Unfinished, Workload

_OVER = "the {:g} minutes of the run were over before {}"
_WAS_OVER = re.compile(r"(^|; )the \S+ minutes of the run were over before [^;]+")


@dataclass(frozen=True, slots=True)
class Step:
    """What is measured without anything between: a peer, or tidings and a peer beside each other."""

    workload: Workload
    peers: Sequence[Peer]
    pair: int = 0  # which one of these two; 0: no pair

    @property
    def other(self) -> Peer:
        """Whom it is about: the one beside tidings, where there are two."""
        return next((peer for peer in self.peers if peer.name != OURS), self.peers[0])

    def seconds(self, plan: Plan) -> float:
        """How long it takes, about."""
        return len(self.peers) * self.workload.seconds(plan)

    def done(self, results: Results) -> bool:
        """Whether an earlier run has measured it."""
        key = self.workload.number, self.other.name
        return len(results.pairs.get(key, ())) >= self.pair if self.pair else key in results.rounds


@dataclass(frozen=True, slots=True)
class Benchmark:
    """What is measured, of whom."""

    workloads: Sequence[Workload]
    peers: Sequence[Peer]  # tidings first
    plan: Plan
    cores: Cores
    tokens: Sequence[str]
    minutes: float = inf  # what would hardly be through by then is left out
    say: Callable[[str], None] = lambda line: print(line, file=sys.stderr, flush=True)

    def run(self, results: Results) -> Iterator[None]:
        """Measure all that the results do not have, and put it into them; yields whenever they are worth keeping."""
        began = time.monotonic()
        self._forget(results)
        installed = self._install(results)
        steps = [step for it in self.workloads for step in self._steps(it, installed, results)]
        steps = [step for step in steps if not step.done(results)]
        expected, passed = sum(step.seconds(self.plan) for step in steps), 0.0
        self.say(f"{len(steps)} measurements, about {expected / 60:.1f} minutes on a quiet machine")
        first = time.monotonic()
        for number, step in enumerate(steps):
            if time.monotonic() - began + step.seconds(self.plan) > self.minutes * 60:
                self._leave_out(steps[number:], results)
                return
            pace = (time.monotonic() - first) / passed if passed else 1.0
            left = f"{number + 1} of {len(steps)}, about {(expected - passed) * pace / 60:.0f} min left"
            yield from self._take(step, left, installed, results)
            passed += step.seconds(self.plan)

    def _forget(self, results: Results) -> None:
        """Of an earlier run's reasons those of what may go well now: who did a part keeps what is said of the rest."""
        for key in [(workload.number, peer.name) for workload in self.workloads for peer in self.peers]:
            kept = _WAS_OVER.sub("", results.missing.pop(key, "")).removeprefix("; ")
            if kept and key in results.rounds:
                results.missing[key] = kept

    def _install(self, results: Results) -> dict[str, Installed]:
        """Those that there are, by name; of the others, the reason becomes that of each workload."""
        installed = {}
        for peer in self.peers:
            try:
                self.say(f"installing {peer.name}")
                installed[peer.name] = there = peer.runtime.install(peer.folder)
                results.about[peer.name] = (peer.kind, peer.about, there.versions)
            except Unavailable as error:
                self._is_not_here(peer, str(error), results)
            except Exception as error:  # noqa: BLE001 - of a package index, a disk, a program that is half there
                self.say(traceback.format_exc())
                self._is_not_here(peer, f"its installation failed: {type(error).__name__}: {error}", results)
        return installed

    def _is_not_here(self, peer: Peer, why: str, results: Results) -> None:
        self.say(f"{peer.name} is not measured: {why}")
        if not any(peer.name == measured for _, measured in results.rounds):  # in an earlier run
            results.about[peer.name] = (peer.kind, peer.about, f"not on this machine: {why}")
        for workload in self.workloads:
            if (workload.number, peer.name) not in results.rounds:
                results.miss(workload.number, peer.name, workload.why_not(peer) or why)

    def _steps(self, workload: Workload, installed: dict[str, Installed], results: Results) -> Iterator[Step]:
        """First the pairs, each second time the other way round; then the others once."""
        able = self._able(workload, installed, results)
        ours = [peer for peer in able if peer.name == OURS]
        paired = [peer for peer in able if peer.pairs and ours and workload.repeats]
        for number in range(self.plan.rounds):
            for peer in paired:
                yield Step(workload, (peer, *ours) if number % 2 else (*ours, peer), number + 1)
        for peer in able:
            if peer not in paired and not (peer in ours and paired):
                yield Step(workload, (peer,))

    def _able(self, workload: Workload, installed: dict[str, Installed], results: Results) -> list[Peer]:
        able = []
        for peer in self.peers:
            if reason := workload.why_not(peer):
                results.miss(workload.number, peer.name, reason)
            elif peer.name in installed:
                able.append(peer)
                if part := workload.without(peer):
                    results.miss(workload.number, peer.name, part)
        return able

    def _take(self, step: Step, left: str, installed: dict[str, Installed], results: Results) -> Iterator[None]:
        measured = []
        for peer in step.peers:
            beside = f", pair {step.pair} with {step.other.name}" if step.pair and peer.name == OURS else ""
            self.say(f"[{left}] {step.workload.number}: {step.workload.title}: {peer.name}{beside}")
            candidate = Candidate(peer, installed[peer.name], self.cores, self.plan, self.tokens)
            measured.append(self._measure(step.workload, candidate, results))
            yield
        if step.pair and all(measured):
            results.pair(step.workload.number, step.other.name)
            yield

    def _measure(self, workload: Workload, candidate: Candidate, results: Results) -> bool:
        """Whether it gave figures. What goes wrong with one must not take what the others gave."""
        name, figures, reason = candidate.peer.name, None, ""
        try:
            figures = workload.measure(candidate)
        except Unfinished as error:
            figures, reason = error.figures or None, str(error)
        except (ServerError, LoadError) as error:
            reason = str(error)
        except Exception as error:  # noqa: BLE001 - of our own making, or of a program beside: said, and seen below
            reason = f"the benchmark failed at it: {type(error).__name__}: {error}"
            self.say(traceback.format_exc())
        if reason:
            self.say(f"{workload.title}: {name} {'did a part' if figures else 'is left out'}: {reason}")
            results.miss(workload.number, name, reason)
        if figures is not None:
            results.add(workload.number, name, figures)
        return figures is not None

    def _leave_out(self, steps: Sequence[Step], results: Results) -> None:
        self.say(f"{self.minutes:g} minutes are over, measurements left out: {len(steps)}")
        for step in steps:
            key = step.workload.number, step.other.name
            what = f"pair {len(results.pairs.get(key, ())) + 1} and on" if step.pair else "it"
            results.miss(*key, _OVER.format(self.minutes, what))
