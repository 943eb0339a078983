"""7: clients come back, all at once, and get what they missed."""

from collections.abc import Sequence

from bench.servers import workload
from bench.workloads.workload import Candidate, Figures, Metric, Plan, Workload, entered, share


def metrics(plan: Plan) -> Sequence[Metric]:
    """Events and CPU."""
    return (
        Metric("replayed", f"events replayed/s, {plan.returning:,} clients that missed {plan.missed}", saturates=True),
        Metric("replayed-cpu", "server CPU per replayed event, getting in included", "µs", 1e6, 2, lower=True),
    )


def measure(candidate: Candidate) -> Figures:
    """One client gets in and goes; another one is there while events are published; then all return to where it was."""
    plan, returning = candidate.plan, candidate.peer.returning
    assert returning is not None, candidate.peer.name
    tokens = candidate.tokens[: plan.returning]
    with candidate.start() as (server, load):
        load.stream(server.trigger())
        load.clients([server.way_in(tokens[0])])
        load.open()
        seen = load.answer()
        load.fire(plan.missed)
        load.close()
        load.stream(b"", owed=plan.missed)
        load.clients(returning(token, [workload.CHANNEL], seen) for token in tokens)
        spent = load.open()
        replayed = plan.missed * plan.returning
        return {
            "replayed": share(replayed / spent.seconds, spent),
            "replayed-cpu": share(spent.server / replayed, spent),
        }


WORKLOAD = Workload(
    names=("recovery",),
    number="7",
    title="Recovery",
    about="Clients that were there before a number of events, and return after them all at once, 64 at a time in the "
    "middle of getting in; from the first one's connection until all have every event that they missed.",
    metrics=metrics,
    connections=lambda plan: plan.returning,
    measure=measure,
    seconds=lambda plan: 2 * entered(plan.returning),
)
