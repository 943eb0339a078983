"""9: more and more connections, to which the same number of deliveries goes."""

from collections.abc import Sequence
from itertools import pairwise

from bench.load.generator import LoadError
from bench.process import ServerError
from bench.workloads.workload import (
    Candidate,
    Figure,
    Figures,
    Metric,
    Plan,
    Unfinished,
    Workload,
    at_pace,
    entered,
)

PATIENCE = 300.0  # seconds for all sizes


def metrics(plan: Plan) -> Sequence[Metric]:
    """CPU and memory at each size."""
    return [
        metric
        for size in plan.crowds
        for metric in (
            Metric(
                f"cpu-{size}", f"server CPU per delivery, {size:,} connections", "µs", 1e6, 2, lower=True, paced=True
            ),
            Metric(f"memory-{size}", f"server memory, {size:,} connections", "MB", 1e-6, 1, lower=True),
            Metric(f"p99-{size}", f"latency p99, {size:,} connections", "ms", 1e3, 1, lower=True),
        )
    ]


def measure(candidate: Candidate) -> Figures:
    """One server, to which ever more clients come."""
    plan = candidate.plan
    figures: dict[str, Figure] = {}
    with candidate.start(patience=PATIENCE) as (server, load):
        load.stream(server.trigger())
        for before, size in pairwise((0, *plan.crowds)):
            load.clients(server.way_in(token) for token in candidate.tokens[before:size])
            try:
                load.open()
                load.fire()
                rate = plan.deliveries / size
                measured = load.steady(rate, plan.warm_up, plan.window)
                memory = server.memory
            except (ServerError, LoadError) as error:
                raise Unfinished(figures, f"{size:,} connections: {error}") from error
            figures |= at_pace(f"cpu-{size}", measured, rate, size, plan.window)
            figures |= {f"memory-{size}": Figure(memory), f"p99-{size}": Figure(measured.p99)}
    return figures


WORKLOAD = Workload(
    names=("growth",),
    number="9",
    title="Growth",
    about="50,000 deliveries a second, by 500 events/s to 100 connections and by ever fewer to ever more.",
    metrics=metrics,
    connections=lambda plan: max(plan.crowds),
    measure=measure,
    seconds=lambda plan: entered(max(plan.crowds)) + len(plan.crowds) * (plan.warm_up + plan.window),
    only=("tidings", "the guide", "ws", "Socket.IO", "Centrifugo"),
)
