"""Measures the workloads, one peer after the other, and goes on where one of them does not work."""

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from bench.load.generator import LoadError
from bench.machine import Cores
from bench.peers.peer import Installed, Peer, Unavailable
from bench.process import ServerError
from bench.results import OURS, Results
from bench.workloads.workload import Candidate, Plan, Unfinished, Workload


@dataclass(frozen=True, slots=True)
class Benchmark:
    """What is measured, of whom."""

    workloads: Sequence[Workload]
    peers: Sequence[Peer]  # tidings first
    plan: Plan
    cores: Cores
    tokens: Sequence[str]
    say: Callable[[str], None] = lambda line: print(line, file=sys.stderr, flush=True)

    def run(self, results: Results) -> Iterator[None]:
        """Measure all, and put it into the results; yields whenever they are worth keeping."""
        installed = self._install(results)
        for workload in self.workloads:
            able = self._able(workload, installed, results)
            for number in range(self.plan.rounds if workload.repeats else 1):
                for peer in self._round(able, number):
                    self.say(f"{workload.title}, round {number + 1}: {peer.name}")
                    candidate = Candidate(peer, installed[peer.name], self.cores, self.plan, self.tokens)
                    self._measure(workload, candidate, results)
                    yield

    def _install(self, results: Results) -> dict[str, Installed]:
        """Those that there are, by name; of the others, the reason becomes that of each workload."""
        installed = {}
        for peer in self.peers:
            try:
                self.say(f"installing {peer.name}")
                installed[peer.name] = there = peer.runtime.install(peer.folder)
                results.about[peer.name] = (peer.kind, peer.about, there.versions)
            except Unavailable as error:
                self.say(f"{peer.name} is not measured: {error}")
                results.about[peer.name] = (peer.kind, peer.about, f"not on this machine: {error}")
                for workload in self.workloads:
                    results.miss(workload.number, peer.name, workload.why_not(peer) or str(error))
        return installed

    def _able(self, workload: Workload, installed: dict[str, Installed], results: Results) -> list[Peer]:
        able = []
        for peer in self.peers:
            if reason := workload.why_not(peer):
                results.miss(workload.number, peer.name, reason)
            elif peer.name in installed:
                able.append(peer)
        return able

    def _round(self, able: Sequence[Peer], number: int) -> list[Peer]:
        """All in the first round; then tidings and those that are paired with it, each second time in reverse."""
        again = [peer for peer in able if number == 0 or peer.pairs or peer.name == OURS]
        return again[::-1] if number % 2 else again

    def _measure(self, workload: Workload, candidate: Candidate, results: Results) -> None:
        name = candidate.peer.name
        try:
            results.add(workload.number, name, workload.measure(candidate))
        except Unfinished as error:
            self.say(f"{workload.title}: {name} did a part: {error}")
            results.add(workload.number, name, error.figures)
            results.miss(workload.number, name, str(error))
        except (ServerError, LoadError) as error:
            self.say(f"{workload.title}: {name} is left out: {error}")
            results.miss(workload.number, name, str(error))
