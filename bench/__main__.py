"""`python -m bench`: measure tidings beside its peers, and write bench/RESULTS.md.

`--quick` compares with ws and the guide in two minutes, and prints the ratios. `python -m bench peers [NAME…]` tries
each peer: whether it installs, starts and delivers. `python -m bench desk` measures the scheduling desk in a browser.
`python -m bench report` writes the page again from what was measured last, and `--resume` goes on with it;
`python -m bench quotes` writes its figures into the documents that quote them.
"""

import argparse
import gc
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from bench import machine, results
from bench.desk import run as desk
from bench.load.build import BuildError, generator
from bench.measure import Benchmark
from bench.peers import PEERS, smoke
from bench.peers.peer import Peer
from bench.report import page, quotes, tables
from bench.results import OURS, Results
from bench.servers import workload
from bench.workloads import WORKLOADS, crowd, fan_out
from bench.workloads.workload import Plan, Workload

ROOT = Path(__file__).parents[1]
PAGE = Path(__file__).with_name("RESULTS.md")
KEPT = "results.json"  # beside the page
INTERRUPTED = 130  # exit status
MINUTES = 55.0  # that the whole may take: with the peers' installation it is through within the hour
QUICK = Plan(rounds=1, warm_up=0.5, window=3.0, in_flight=(64,), idle=4_000)
QUICK_MINUTES = 1.8
QUICK_PEERS = ("tidings", "ws", "the-guide")


def main(arguments: list[str]) -> int:
    """Measure and write; returns the exit status. What cannot be measured is said in one sentence."""
    match arguments:
        case ["desk", *rest]:
            return _told(lambda: desk.main(rest))
        case ["peers", *names]:
            return _told(lambda: smoke.main(names))
        case ["report"]:
            return _told(_report)
        case ["quotes"]:
            return _told(_quotes)
    options = _options(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what has been started is ended as by Ctrl+C
    return _told(lambda: _whole(options))


def _told(act: Callable[[], int]) -> int:
    """The exit status; what is wrong becomes a sentence."""
    try:
        return act()
    except (machine.UnfitError, BuildError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("bench: interrupted", file=sys.stderr)
        return INTERRUPTED


def _report() -> int:
    _write(results.load(PAGE.with_name(KEPT)), PAGE)
    return 0


def _quotes() -> int:
    measured = results.load(PAGE.with_name(KEPT))
    quotes.mend(ROOT, measured)
    for sentence in quotes.stale(ROOT, measured):
        print(f"bench: {sentence}", file=sys.stderr)
    return 0


def _whole(options: argparse.Namespace) -> int:
    if not options.output.parent.is_dir():
        raise machine.UnfitError(f"there is no directory {options.output.parent} to write {options.output.name} to")
    measured = _begun(options)
    generator()
    cores, remarks = _prepared(options)
    measured.remarks += [remark for remark in remarks if remark not in measured.remarks]
    try:
        _measure(options, cores, measured)
    except KeyboardInterrupt:
        kept = f"what was measured is in {options.output.with_name(KEPT)}; --resume goes on with it"
        print(f"bench: interrupted; {'nothing is kept of a part' if options.printed else kept}", file=sys.stderr)
        return INTERRUPTED
    return _done(measured, options)


def _begun(options: argparse.Namespace) -> Results:
    """New results, or those that an interrupted run has left. Raises UnfitError where these are of another plan."""
    if not options.resume:
        return Results(options.plan, datetime.now(UTC).isoformat(timespec="seconds"), machine.description())
    measured = results.load(options.output.with_name(KEPT))
    if measured.plan != options.plan:
        raise machine.UnfitError(f"{options.output.with_name(KEPT)} is of another plan: resume with the same options")
    return measured


def _prepared(options: argparse.Namespace) -> tuple[machine.Cores, list[str]]:
    """The cores, and what should be known. Raises UnfitError, with the workloads that would fit."""
    needs = {it: it.connections(options.plan) for it in options.workloads}
    try:
        cores, remarks = machine.prepare(max(needs.values()))
    except machine.DescriptorsError as error:
        fit = ",".join(it.names[0] for it, connections in needs.items() if connections <= error.connections)
        raise machine.UnfitError(f"{error}{f', or measure what fits: --workloads {fit}' * bool(fit)}") from error
    for remark in remarks:
        print(f"bench: {remark}", file=sys.stderr)
    return cores, remarks


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    add = parser.add_argument
    add("--quick", action="store_true", help="workloads 1, 2 and 3 against ws and the guide; prints ratios")
    add("--rounds", type=_positive, metavar="N", help="pairs of tidings and each of ws, Socket.IO, the guide (3)")
    add("--window", type=_seconds, metavar="SECONDS", help="how long each measurement takes (4)")
    add("--subscribers", type=_positive, metavar="N", help="of the channel of workloads 1 and 2 (1,000)")
    add("--idle", type=_positive, metavar="N", help="connections whose memory is measured (10,000)")
    add("--peers", type=_peers, metavar="NAME,…", help="tidings and these, in place of all")
    add("--workloads", type=_workloads, metavar="NAME,…", help="these, in place of all: " + ", ".join(_names()))
    add("--minutes", type=_seconds, metavar="N", help=f"what would not be through by then is left out ({MINUTES:g})")
    add("--resume", action="store_true", help="measure what the last run did not come to")
    add("--output", type=Path, help="where the results go; without it, a part is printed only")
    options = parser.parse_args(arguments)
    part = options.quick or options.peers or options.workloads
    options.printed = part and options.output is None
    options.minutes = options.minutes or (QUICK_MINUTES if options.quick else MINUTES)
    options.output = options.output or PAGE
    options.peers = options.peers or _peers(",".join(QUICK_PEERS) if options.quick else "")
    options.workloads = options.workloads or ((fan_out.WORKLOAD, crowd.WORKLOAD) if options.quick else WORKLOADS)
    options.plan = _plan(options)
    return options


def _connections(options: argparse.Namespace) -> int:
    """The most at a time, of what is measured."""
    workloads: Sequence[Workload] = options.workloads
    return max(it.connections(options.plan) for it in workloads)


def _names() -> list[str]:
    return [name for it in WORKLOADS for name in it.names]


def _plan(options: argparse.Namespace) -> Plan:
    plan = QUICK if options.quick else Plan()
    chosen = {name: getattr(options, name) for name in ("rounds", "window", "subscribers", "idle")}
    if options.window is not None:
        chosen["warm_up"] = min(plan.warm_up, options.window)
    return replace(plan, **{name: value for name, value in chosen.items() if value is not None})


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is less than 1")
    return number


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds <= 600:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 600")
    return seconds


def _peers(text: str) -> Sequence[Peer]:
    """Those that are named, tidings first; all without a name."""
    names = {name for name in text.split(",") if name}
    if unknown := names - {peer.folder for peer in PEERS}:
        known = ", ".join(peer.folder for peer in PEERS)
        raise argparse.ArgumentTypeError(f"there is no peer {', '.join(sorted(unknown))}: there are {known}")
    return [peer for peer in PEERS if not names or peer.folder in names or peer.name == OURS]


def _workloads(text: str) -> Sequence[Workload]:
    names = set(text.split(","))
    if unknown := names - set(_names()):
        raise argparse.ArgumentTypeError(f"there is no workload {', '.join(sorted(unknown))}: {', '.join(_names())}")
    return [it for it in WORKLOADS if names & set(it.names)]


def _measure(options: argparse.Namespace, cores: machine.Cores, measured: Results) -> None:
    tokens = list(workload.tokens(_connections(options)))
    gc.freeze()
    benchmark = Benchmark(options.workloads, options.peers, options.plan, cores, tokens, options.minutes)
    resumed = _resumed(measured) if options.resume else []
    for _ in benchmark.run(measured):
        measured.remarks += [remark for remark in resumed if remark not in measured.remarks]
        if not options.printed:
            measured.save(options.output.with_name(KEPT))
    if not options.printed:
        measured.save(options.output.with_name(KEPT))


def _resumed(measured: Results) -> list[str]:
    """That a part was measured later than the rest, and on what, where that has changed since."""
    at = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    before, now = dict(measured.machine), dict(machine.description())
    changed = [f"{name}: {it}" for name, it in now.items() if it != before.get(name)]
    other = f" Not as in the table of the machine was then: {'; '.join(changed)}." if changed else ""
    return [f"The run was resumed: what it did not have yet was measured from {at} on.{other}"]


def _done(measured: Results, options: argparse.Namespace) -> int:
    if options.printed:
        for it in options.workloads:
            others = [peer for peer in measured.peers(it.number) if peer != OURS]
            lines = [
                *tables.of_workload(measured, it),
                "",
                *(tables.ratios(measured, it, others) if others else ()),
                "",
            ]
            print("\n".join([*lines, *tables.missing(measured, it), *tables.bottlenecks(measured, it), ""]))
    else:
        _write(measured, options.output)
        print(f"written to {options.output}")
    return int(not any(peer == OURS for _, peer in measured.rounds))


def _write(measured: Results, output: Path) -> None:
    page.write(measured, [it for it in WORKLOADS if measured.told(it.number)], output, desk.kept(output))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
