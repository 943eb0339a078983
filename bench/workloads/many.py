"""8: each client on many channels, which all fire."""

from collections.abc import Sequence

from bench.servers import workload
from bench.workloads.workload import Candidate, Figures, Metric, Plan, Workload, cpu_per_delivery, entered, per_second

IN_FLIGHT = 4  # times all channels


def metrics(plan: Plan) -> Sequence[Metric]:
    """Deliveries and CPU."""
    what = f"{plan.followers:,} clients on {plan.channels} channels each"
    return (
        Metric("many", f"deliveries/s, {what}", saturates=True),
        Metric("many-cpu", "server CPU per delivery there", "µs", 1e6, 2, lower=True),
    )


def measure(candidate: Candidate) -> Figures:
    """All channels together make one event of the load's: one trigger for all, that many messages for each client."""
    plan = candidate.plan
    names = [workload.team(number) for number in range(plan.channels)]
    with candidate.start() as (server, load):
        load.stream(b"".join(server.trigger(name) for name in names), messages=plan.channels)
        load.clients(server.way_in(token, names) for token in candidate.tokens[: plan.followers])
        load.open()
        load.fire()
        measured = load.closed(IN_FLIGHT, plan.warm_up, plan.window)
        return {"many": per_second(measured), "many-cpu": cpu_per_delivery(measured)}


WORKLOAD = Workload(
    names=("many",),
    number="8",
    title="Many channels of each client",
    about="All channels fire, again and again: an event on each of them, four times that on their way.",
    metrics=metrics,
    connections=lambda plan: plan.followers,
    measure=measure,
    seconds=lambda plan: entered(plan.followers) + plan.warm_up + plan.window,
)
