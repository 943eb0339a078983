"""RESULTS.md."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from bench.report import plots, tables, targets
from bench.results import Results
from bench.workloads.workload import Workload

PLOTS = "plots"  # the folder beside the page


def write(results: Results, workloads: Sequence[Workload], page: Path, kept: str) -> None:
    """The page and its plots; `kept` is the part of the page that others have written."""
    drawn = plots.of_results(results, workloads)
    folder = page.parent / PLOTS
    folder.mkdir(exist_ok=True)
    for of_workload in drawn.values():
        for name, plot in of_workload.items():
            (folder / name).write_text(plot)
    text = "\n".join([*_head(results), *_reached(results), *_each(results, workloads, drawn), *_tail(results)])
    page.write_text(f"{text}\n{kept}" if kept else text)


def _head(results: Results) -> list[str]:
    at = datetime.fromisoformat(results.at)
    return [
        "# What tidings costs, beside its peers",
        "",
        f"Measured {at:%Y-%m-%d %H:%M} UTC with `python -m bench`. Workloads 1 to 4: pairs of tidings and `ws`, "
        f"Socket.IO or the guide, {results.plan.rounds} of each, in alternating order, with ratios pair by pair "
        "(tidings' value by the peer's) and medians with [min–max]; all else once. It is "
        f"measured for {results.plan.window:g} s (6: {results.plan.window / 2:g} s) after a warm-up of "
        f"{results.plan.warm_up:g} s; 3, 4 and 7 take their time. Absolute figures move by a third from run to run; "
        "the ratios of one run hold.",
        "",
        *(f"- {remark}" for remark in results.remarks),
        *([""] if results.remarks else []),
    ]


def _reached(results: Results) -> list[str]:
    rows = list(targets.rows(results))
    return [
        "## What was to be reached",
        "",
        targets.summary(rows),
        "",
        *tables.rows(("workload", "bound", "reached", "met"), rows),
        "",
    ]


def _plots(drawn: Mapping[str, str]) -> list[str]:
    return [line for name in drawn for line in (f"![{name.removesuffix('.svg')}]({PLOTS}/{name})", "")]


def _each(results: Results, workloads: Sequence[Workload], drawn: Mapping[str, Mapping[str, str]]) -> list[str]:
    lines = []
    for workload in workloads:
        lines += [f"## {workload.number}. {workload.title}", "", workload.about, ""]
        if results.peers(workload.number):
            lines += [*tables.of_workload(results, workload), ""]
        lines += _plots(drawn.get(workload.number, {}))
        paired = [peer for peer in results.peers(workload.number) if (workload.number, peer) in results.pairs]
        if paired:
            lines += [*tables.ratios(results, workload, paired), ""]
        remarks = [*tables.missing(results, workload), *tables.bottlenecks(results, workload)]
        lines += [*(f"- {remark}" for remark in remarks), *([""] if remarks else [])]
    return lines


def _tail(results: Results) -> list[str]:
    servers = [(name, *about) for name, about in results.about.items()]
    events = results.plan.per_second * results.plan.window
    return [
        "## Who was measured",
        "",
        *tables.rows(("", "kind", "how it runs", "versions"), servers),
        "",
        "## How",
        "",
        "- Each server is one process, started afresh for each workload and pinned to one core, the load to another; "
        "loopback, no TLS, no compression but where it is measured. Each verifies an HS256 token as a client connects, "
        "but nchan, which verifies nginx's own signed link.",
        "- No channel of tidings' server is declared with presence: it is off. What may wait for one client was raised "
        "with Django Channels and chanx (100,000 events) and uWebSockets (64 MiB), which drop what is beyond.",
        "- Events are published in the server's process when a Unix socket says so, or by the server's HTTP API over "
        "kept connections where that is how it publishes. The payload is 175 bytes of JSON, the same everywhere.",
        "- The load is a program in C with one epoll, which counts frames and parses nothing once a client is in. "
        "Its clients connect from 127.0.0.1, 127.0.0.2, …, 5,000 each. Where it used 85% of its core, that is said.",
        "- Every client got as many events as were published; else the peer has no figures here.",
        f"- Workload 1 has {events:,.0f} events in a window: latency p99.9 is close to the longest of one event.",
        "- CPU is user and system time of the server's process, all threads, by its clock (clock_getcpuclockid(3)).",
        "- Where a server was not at its limit, others had the rest of its core or the two waited for each other.",
        "",
        "## Machine",
        "",
        *tables.rows(("", ""), results.machine),
        "",
        "## To repeat",
        "",
        "`make bench` on two cores with nothing else to do, within the hour; it says how long it will take and what is "
        "left. Peers are installed at first use, under `.build/bench`. Interrupted, it keeps what it has "
        "(`results.json`): `python -m bench --resume` goes on, `python -m bench report` writes this page of it. "
        "`make bench-quick` compares with `ws` and the guide in two minutes and writes nothing. "
        "`python -m bench peers` says which peers work here.",
        "",
    ]
