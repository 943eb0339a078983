"""Tables of Markdown."""

from collections.abc import Iterator, Mapping, Sequence
from statistics import median

from bench.results import Results, spread
from bench.workloads.workload import RATE, REACHED, Metric, Workload

SATURATED = 0.85  # share of its core from which the load is taken to be at its limit
AT_LIMIT = 0.9  # the server
BEHIND = 0.97  # the server, where events come at an even rate
WIDE = 8  # columns; more metrics become rows


def rows(head: Sequence[str], body: Sequence[Sequence[str]]) -> list[str]:
    """A table."""
    return [f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *body)]


def of_workload(results: Results, workload: Workload) -> list[str]:
    """Every peer, measured or not: a row each, or a column each where there are too many metrics."""
    metrics = workload.metrics(results.plan)
    peers = [peer for peer in results.about if (workload.number, peer) in results.rounds]
    if len(metrics) <= WIDE:
        body = [[peer, *(cell(results, workload, peer, metric) for metric in metrics)] for peer in peers]
        return rows(("", *(titled(metric) for metric in metrics)), body)
    body = [[titled(metric), *(cell(results, workload, peer, metric) for peer in peers)] for metric in metrics]
    return rows(("", *peers), [row for row in body if any(row[1:])])


def titled(metric: Metric) -> str:
    """With its unit."""
    return f"{metric.title} ({metric.unit})" if metric.unit else metric.title


def cell(results: Results, workload: Workload, peer: str, metric: Metric) -> str:
    """A peer's values, and the rate where it was asked for less than the others."""
    value = spread(results.values(workload.number, peer, metric.key), metric.digits, metric.scale)
    return f"{value}{at_rate(results, workload.number, peer, metric)}" if value else ""


def at_rate(results: Results, workload: str, peer: str, metric: Metric) -> str:
    """(1/s), where a metric of an even rate was measured at a lower one, which is all that the peer can."""
    rates = results.values(workload, peer, RATE) if metric.even else []
    return f" ({rates[0]:g}/s)" if rates and rates[0] < results.plan.per_second else ""


def missing(results: Results, workload: Workload) -> Iterator[str]:
    """Who is not in the table, or with a part only, and why."""
    return why({peer: reason for (number, peer), reason in results.missing.items() if number == workload.number})


def why(reasons: Mapping[str, str]) -> Iterator[str]:
    """Peers and their reason, those that have the same together."""
    peers: dict[str, list[str]] = {}
    for peer, reason in reasons.items():
        peers.setdefault(reason, []).append(peer)
    return (f"{', '.join(named)}: {reason}" for reason, named in peers.items())


def ratios(results: Results, workload: Workload, peers: Sequence[str]) -> list[str]:
    """Ours by theirs, pair by pair; the second number is per second of the server's CPU."""
    body = []
    for metric in workload.metrics(results.plan):
        cells = []
        for peer in peers:
            ratio = spread(results.ratios(workload.number, peer, metric.key), 2)
            by_cpu = results.cpu_ratios(workload.number, peer, metric.key) if metric.saturates else []
            cells.append(f"{ratio}; {median(by_cpu):.2f} by CPU" if by_cpu else ratio)
        if any(cells):
            body.append([metric.title, *cells])
    return rows(("tidings by", *peers), body)


def bottlenecks(results: Results, workload: Workload) -> Iterator[str]:
    """Who was at its limit and should not, or should and was not: what the numbers are worth then."""
    for metric in workload.metrics(results.plan):
        remarks: dict[str, list[str]] = {}
        for peer in results.peers(workload.number):
            if figures := results.figures(workload.number, peer, metric.key):
                server, load = median(it.server for it in figures), median(it.load for it in figures)
                if remark := _remark(metric, server, load):
                    remarks.setdefault(remark, []).append(f"{peer} ({server:.0%}, {load:.0%})")
        for remark, peers in remarks.items():
            yield f"{metric.title}: {remark} (shares of their cores, server and load): {', '.join(peers)}"
        yield from _behind(results, workload, metric)


def _behind(results: Results, workload: Workload, metric: Metric) -> Iterator[str]:
    """Who did not come to the rate that was asked for, and how far each came in its worst round."""
    reached = {peer: results.values(workload.number, peer, REACHED.format(metric.key)) for peer in results.about}
    if slow := [f"{peer} ({min(rates):.3g}/s)" for peer, rates in reached.items() if rates]:
        yield f"{metric.title}: fewer events came than were due: {', '.join(slow)}"


def _remark(metric: Metric, server: float, load: float) -> str:
    if metric.paced and server >= BEHIND:
        return "the server could not keep up, and its latencies say how far it fell behind"
    if load >= SATURATED:
        return "the load was the bottleneck, so these are lower bounds"
    if metric.saturates and server < AT_LIMIT:
        return "the server was not at its limit"
    return ""
