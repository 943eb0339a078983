"""What the report says of figures that are there, and of those that are not."""

import json
import re
import zlib
from pathlib import Path

import pytest

from bench import results
from bench.load.generator import LoadError, Measured, Spent
from bench.peers import PEERS
from bench.peers.peer import Unavailable
from bench.peers.runtimes import OnPath
from bench.report import page, plots, targets
from bench.results import Results
from bench.servers.workload import note
from bench.workloads import WORKLOADS, brokers, growth, payloads
from bench.workloads.workload import RATE, Figure, Plan, at_pace

MACHINE = [("CPU", "one")]


def measured() -> Results:
    """Three pairs of tidings and ws; nchan is not there."""
    run = Results(Plan(), "2026-11-23T23:00:00+00:00", MACHINE)
    run.about = {
        "tidings": ("Python", "ours", "1"),
        "ws": ("Node", "theirs", "8"),
        "nchan": ("C", "theirs", "not on this machine: nginx is not on the PATH"),
    }
    for ours, theirs in ((4, 8), (5, 5), (6, 6.1)):
        run.add("1, 2", "tidings", {"cpu": Figure(ours / 1e6), "flight-64": Figure(3_000_000.0, 0.99, 0.86)})
        run.add("1, 2", "ws", {"cpu": Figure(theirs / 1e6, 0.98, 0.3), "flight-64": Figure(200_000.0, 0.5, 0.2)})
        run.pair("1, 2", "ws")
    run.miss("1, 2", "nchan", "nginx is not on the PATH")
    return run


def test_a_target_is_met_by_the_median_of_the_ratios_pair_by_pair() -> None:
    rows = [row for row in targets.rows(measured()) if "ws" in row[1] or "nchan" in row[1]]
    assert rows[0] == ("1: CPU per delivery", "≤ 0.9 × ws", "0.98 [0.50–1.00]", "**no**")
    assert ("2: deliveries/s, 64 in flight", "≥ 12 × ws", "15.00 [15.00–15.00]", "yes") in rows
    assert ("2: deliveries/s, 64 in flight", "≥ 4 × nchan", "nginx is not on the PATH", "–") in rows


def test_the_page_names_who_is_missing_and_who_was_the_bottleneck(tmp_path: Path) -> None:
    page.write(measured(), WORKLOADS[:1], tmp_path / "RESULTS.md", "# What the desk costs\n")
    text = (tmp_path / "RESULTS.md").read_text()
    assert "| tidings | 5.00 [4.00–6.00] |" in text
    assert "- nchan: nginx is not on the PATH" in text
    for remark in (
        r"64 events in flight: the load was the bottleneck, .*: tidings \(99%, 86%\)",
        r"50 events/s: the server could not keep up, .*: ws \(98%, 30%\)",
        r"64 events in flight: the server was not at its limit .*: ws \(50%, 20%\)",
    ):
        assert re.search(rf"^- .*{remark}$", text, re.MULTILINE), remark
    assert text.endswith("# What the desk costs\n")


def test_several_reasons_are_all_told() -> None:
    run = measured()
    for reason in ("it closed", "it ended", "it closed"):
        run.miss("1, 2", "ws", reason)
    assert run.missing["1, 2", "ws"] == "it closed; it ended"


def test_a_workload_that_nobody_was_measured_in_is_told_with_the_reasons(tmp_path: Path) -> None:
    run = measured()
    run.miss("10", "tidings", "the time was over")
    assert run.told("10")
    assert not run.told("9")
    page.write(run, [brokers.WORKLOAD], tmp_path / "RESULTS.md", "")
    text = (tmp_path / "RESULTS.md").read_text()
    assert f"## 10. {brokers.WORKLOAD.title}\n\n{brokers.WORKLOAD.about}\n\n- tidings: the time was over\n" in text


def test_who_was_left_out_of_a_target_is_named() -> None:
    run = measured()
    run.about["Socket.IO"] = ("Node", "theirs", "4")
    for workload, metric in (("7", "replayed"), ("8", "many")):
        run.add(workload, "tidings", {metric: Figure(6.0)})
    run.add("8", "Socket.IO", {"many": Figure(2.0)})
    run.miss("7", "ws", "has no history")
    reached = {row[0]: row[2:] for row in targets.rows(run)}
    assert reached["7: events replayed/s"] == (
        "no other was measured; ws: has no history; Socket.IO: not measured in this run",
        "–",
    )
    assert reached["8: deliveries/s, 20 channels each"] == ("3.00 (Socket.IO comes closest; without ws)", "yes")


@pytest.mark.parametrize(("deliveries", "reached"), [(2_000, []), (1_940, []), (1_939, [48.475])])
def test_a_rate_that_was_not_reached_is_told(tmp_path: Path, deliveries: int, reached: list[float]) -> None:
    run = measured()
    window = Measured(deliveries, deliveries // 10, Spent(4.0, 1.0, 1.0), 0.1, 0.2, 0.3, 0.4, 0)
    run.add("1, 2", "nchan", at_pace("cpu", window, rate=50.0, clients=10, window=4.0))
    assert run.values("1, 2", "nchan", "cpu-reached") == reached
    page.write(run, WORKLOADS[:1], tmp_path / "RESULTS.md", "")
    told = "50 events/s: fewer events came than were due: nchan (48.5/s)" in (tmp_path / "RESULTS.md").read_text()
    assert told == bool(reached)


def test_an_event_that_was_to_be_compressed_and_was_not_is_an_error() -> None:
    event = json.dumps({"schedule": note(0, 1_024)}).encode()
    payloads.refuse_plain(zlib.compress(event), 1_024)
    with pytest.raises(LoadError, match=r"^it does not compress$"):
        payloads.refuse_plain(event, 1_024)


def test_what_is_saved_is_what_was_measured(tmp_path: Path) -> None:
    measured().save(tmp_path / "results.json")
    assert results.load(tmp_path / "results.json") == measured()


def test_growth_is_drawn_for_all_that_were_measured(tmp_path: Path) -> None:
    run = measured()
    for peer in ("tidings", "ws"):
        run.add("9", peer, {metric.key: Figure(1.0) for metric in growth.WORKLOAD.metrics(run.plan)})
    page.write(run, [growth.WORKLOAD], tmp_path / "RESULTS.md", "")
    drawn = (tmp_path / "plots" / "growth-cpu.svg").read_text()
    assert drawn.count("<polyline") == 2
    assert ">15,000</text>" in drawn
    assert (
        "CPU per delivery, 15,000 connections by 1,000 | ≤ 1.3 × | 1.00 | yes" in (tmp_path / "RESULTS.md").read_text()
    )


def test_a_program_that_is_not_there_is_named() -> None:
    with pytest.raises(Unavailable, match=r"^no-such-program is not on the PATH$"):
        OnPath("no-such-program").install("any")


def test_peers_have_names_and_folders_of_their_own() -> None:
    assert len({peer.name for peer in PEERS}) == len({peer.folder for peer in PEERS}) == len(PEERS)
    assert PEERS[0].name == results.OURS


def test_a_peer_that_was_asked_for_less_has_its_rate_beside_its_figures(tmp_path: Path) -> None:
    run = measured()
    run.about["chanx"] = ("Python", "theirs", "2")
    run.add("1, 2", "chanx", {RATE: Figure(1.0), "cpu": Figure(90e-6), "flight-64": Figure(9_000.0)})
    page.write(run, WORKLOADS[:1], tmp_path / "RESULTS.md", "")
    assert "| chanx | 90.00 (1/s) |" in (tmp_path / "RESULTS.md").read_text()
    assert "chanx (1/s)</text>" in (tmp_path / "plots" / "cpu.svg").read_text()
    assert "chanx</text>" in (tmp_path / "plots" / "deliveries.svg").read_text()


def test_what_was_to_be_reached_is_counted() -> None:
    rows = [("", "≤ 1 ×", "2", "**no**"), ("", "≤ 1 ×", "1", "yes"), ("", "≥ 9 (stretch)", "none", "–")]
    assert targets.summary(rows) == (
        "Bounds: 1 of 2 met, 1 missed, 0 without an answer. Stretches: 0 of 1 met, 0 missed, 1 without an answer."
    )


@pytest.mark.parametrize(
    ("most", "steps"),
    [(35.8, [0, 10, 20, 30, 40]), (4_419_454, [0, 1e6, 2e6, 3e6, 4e6, 5e6]), (0.4, [0, 0.1, 0.2, 0.3, 0.4])],
)
def test_axes_have_round_numbers(most: float, steps: list[float]) -> None:
    assert plots.round_steps(most) == pytest.approx(steps)


def test_a_size_that_a_peer_did_not_come_to_ends_its_line(tmp_path: Path) -> None:
    run = measured()
    for peer, sizes in (("tidings", run.plan.crowds), ("ws", run.plan.crowds[:2])):
        run.add("9", peer, {f"{key}-{size}": Figure(1.0) for key in ("cpu", "memory", "p99") for size in sizes})
    page.write(run, [growth.WORKLOAD], tmp_path / "RESULTS.md", "")
    lines = re.findall(r'<polyline points="([^"]*)"', (tmp_path / "plots" / "growth-memory.svg").read_text())
    assert [len(line.split()) for line in lines] == [6, 2]
