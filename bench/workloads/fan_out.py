"""1 and 2: one channel that many follow; at an even rate, and as fast as it can."""

from collections.abc import Sequence

from bench.load.generator import LoadError
from bench.workloads.workload import (
    RATE,
    Candidate,
    Figure,
    Figures,
    Metric,
    Plan,
    Unfinished,
    Workload,
    at_pace,
    entered,
    per_second,
)


def metrics(plan: Plan) -> Sequence[Metric]:
    """CPU and latencies of the one, deliveries of the other."""
    rate = f"{plan.per_second:g} events/s"
    return (
        Metric("cpu", f"server CPU per delivery, {rate}", "µs", 1e6, 2, lower=True, even=True, paced=True),
        Metric("p50", f"latency p50, {rate}", "ms", 1e3, 2, lower=True, even=True),
        Metric("p99", f"latency p99, {rate}", "ms", 1e3, 2, lower=True, even=True),
        Metric("p999", f"latency p99.9, {rate}", "ms", 1e3, 2, lower=True, even=True),
        *(
            Metric(f"flight-{flight}", f"deliveries/s, {flight} event{'s' * (flight > 1)} in flight", saturates=True)
            for flight in plan.in_flight
        ),
    )


def measure(candidate: Candidate) -> Figures:
    """Both on one server."""
    plan = candidate.plan
    with candidate.start() as (server, load):
        load.stream(server.trigger())
        load.clients(server.way_in(token) for token in candidate.tokens[: plan.subscribers])
        load.open()
        load.fire()
        rate = min(plan.per_second, candidate.peer.most)
        steady = load.steady(rate, plan.warm_up, plan.window)
        figures = {
            RATE: Figure(rate),
            **at_pace("cpu", steady, rate, plan.subscribers, plan.window),
            "p50": Figure(steady.p50),
            "p99": Figure(steady.p99),
            "p999": Figure(steady.p999),
        }
        for flight in plan.in_flight:
            try:
                figures[f"flight-{flight}"] = per_second(load.closed(flight, plan.warm_up, plan.window))
            except LoadError as error:
                raise Unfinished(figures, f"{flight} events in flight: {error}") from error
        return figures


WORKLOAD = Workload(
    names=("fan-out", "saturation"),
    number="1, 2",
    title="Fan-out of one channel",
    about="Events on one channel, to all its subscribers. At an even rate the server's CPU is divided by the messages "
    "that arrived; latency is from when an event was due to when a client had it. In flight: when every client has "
    "the oldest event, the next one is published. 64 come together, and a server that can joins them into one "
    "write for each reader: bursts.",
    metrics=metrics,
    connections=lambda plan: plan.subscribers,
    measure=measure,
    seconds=lambda plan: entered(plan.subscribers) + (1 + len(plan.in_flight)) * (plan.warm_up + plan.window),
    repeats=True,
)
