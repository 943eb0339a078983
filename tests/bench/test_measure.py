"""The order of measuring, and what is kept when a peer fails, the time is over or the run was interrupted."""

import sys
from collections.abc import Sequence
from math import inf
from pathlib import Path

import pytest

from bench import results
from bench.load.generator import LoadError
from bench.machine import Cores
from bench.measure import Benchmark
from bench.peers.peer import Installed, Peer, Step, WayIn
from bench.peers.running import running
from bench.peers.runtimes import OnPath, Project
from bench.results import Results
from bench.servers import workload as given
from bench.workloads.workload import Candidate, Figure, Figures, Plan, Unfinished, Workload

CORES = Cores()


def peer(name: str, *, pairs: bool = False) -> Peer:
    return Peer(name, "Python", "", Project(()), lambda _: [], lambda token, channels: WayIn("/", ()), pairs=pairs)


OURS, WS, GUIDE, CHANX = peer("tidings"), peer("ws", pairs=True), peer("the guide", pairs=True), peer("chanx")
ABSENT = Peer("absent", "C", "", OnPath("no-such-program"), lambda _: [], lambda token, channels: WayIn("/", ()))


class Broken:
    """A runtime whose installation fails in a way of its own."""

    def install(self, name: str) -> Installed:
        raise OSError("no space left on device")


BROKEN = Peer("broken", "C", "", Broken(), lambda _: [], lambda token, channels: WayIn("/", ()))


class Counting:
    """A workload whose figures are the numbers of their measurements; `faults` are raised by the peers named."""

    def __init__(self, faults: dict[str, Exception] | None = None) -> None:
        self.order: list[str] = []
        self.faults = faults or {}

    def measure(self, candidate: Candidate) -> Figures:
        self.order.append(candidate.peer.name)
        if fault := self.faults.get(candidate.peer.name):
            raise fault
        return {"it": Figure(float(len(self.order)))}

    def workload(self) -> Workload:
        return Workload(("fan-out",), "1", "One", "", lambda _: (), lambda _: 1, self.measure, lambda _: 1.0, True)


def run(counting: Counting, peers: Sequence[Peer], measured: Results, minutes: float = inf) -> Results:
    benchmark = Benchmark([counting.workload()], peers, measured.plan, CORES, [], minutes, say=lambda _: None)
    for _ in benchmark.run(measured):
        pass
    return measured


def nothing() -> Results:
    return Results(Plan(rounds=2), "2026-11-24T00:00:00+00:00")


def test_pairs_alternate_and_the_others_come_once() -> None:
    counting = Counting()
    measured = run(counting, [OURS, WS, GUIDE, CHANX], nothing())
    beside_ws, beside_guide = ["tidings", "ws"], ["tidings", "the guide"]
    assert counting.order == [*beside_ws, *beside_guide, *beside_ws[::-1], *beside_guide[::-1], "chanx"]
    assert measured.ratios("1", "ws", "it") == [1 / 2, 6 / 5]
    assert measured.ratios("1", "the guide", "it") == [3 / 4, 8 / 7]
    assert measured.ratios("1", "chanx", "it") == [4.5 / 9]


def test_whatever_goes_wrong_with_a_peer_is_its_reason_and_the_others_are_measured() -> None:
    faults = {
        "ws": LoadError("it closed"),
        "the guide": ValueError("of our own"),
        "chanx": Unfinished({"it": Figure(7.0)}, "only a part"),
    }
    measured = run(Counting(faults), [OURS, WS, GUIDE, CHANX, ABSENT, BROKEN], nothing())
    assert measured.missing == {
        ("1", "ws"): "it closed",
        ("1", "the guide"): "the benchmark failed at it: ValueError: of our own",
        ("1", "chanx"): "only a part",
        ("1", "absent"): "no-such-program is not on the PATH",
        ("1", "broken"): "its installation failed: OSError: no space left on device",
    }
    assert measured.values("1", "chanx", "it") == [7.0]
    assert len(measured.values("1", "tidings", "it")) == 4
    assert not measured.pairs


def test_what_is_not_begun_in_time_is_named_and_measured_when_the_run_is_resumed(tmp_path: Path) -> None:
    peers = [OURS, WS, CHANX]
    late = run(Counting(), peers, nothing(), minutes=0)
    assert late.missing["1", "ws"] == "the 0 minutes of the run were over before pair 1 and on"
    assert late.missing["1", "chanx"] == "the 0 minutes of the run were over before it"
    half = run(Counting({"chanx": LoadError("not now")}), peers, nothing())
    half.save(tmp_path / "results.json")
    counting = Counting()
    run(counting, peers, results.load(tmp_path / "results.json"))
    assert counting.order == ["chanx"]


def test_a_resumed_run_keeps_what_is_said_of_a_part_and_forgets_that_the_time_was_over(tmp_path: Path) -> None:
    faults: dict[str, Exception] = {"ws": Unfinished({"it": Figure(7.0)}, "only a part")}
    first = run(Counting(faults), [OURS, WS], nothing())
    first.miss("1", "ws", "the 5 minutes of the run were over before pair 2 and on")
    first.miss("1", "chanx", "the 5 minutes of the run were over before it")
    first.miss("2", "chanx", "of a workload that is not measured now")
    first.save(tmp_path / "results.json")
    resumed = run(Counting(), [OURS, WS, CHANX], results.load(tmp_path / "results.json"))
    assert resumed.missing == {
        ("1", "ws"): "only a part",
        ("2", "chanx"): "of a workload that is not measured now",
    }


@pytest.mark.skipif(sys.platform != "linux", reason="the load generator needs epoll")
def test_a_peer_that_ends_meanwhile_is_told_with_its_last_words() -> None:
    dying = Peer(
        name="dying",
        kind="Python",
        about="",
        runtime=Project(()),
        arguments=lambda place: ["-m", "tests.bench.answering", str(place.port)],
        way_in=lambda token, channels: WayIn("/", (Step("welcome"),)),
    )
    with pytest.raises(LoadError, match=r": it has ended: it said nothing \(exit status -15\)$"):
        _end_meanwhile(dying)


def _end_meanwhile(dying: Peer) -> None:
    with running(dying, dying.runtime.install("dying"), CORES) as (server, load):
        load.stream(server.trigger())
        load.clients(server.way_in(token) for token in given.tokens(3))
        load.open()
        server.terminate()
        load.rest(30)
