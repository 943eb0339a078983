"""5: many channels: a thousand teams, and a channel for each user; events on one at random."""

from collections.abc import Callable, Sequence
from functools import partial

from bench.servers import workload
from bench.workloads.workload import (
    Candidate,
    Figures,
    Metric,
    Plan,
    Workload,
    cpu_per_delivery,
    entered,
    of_parts,
    share,
)

IN_FLIGHT = 64


def metrics(plan: Plan) -> Sequence[Metric]:
    """Events of both kinds."""
    return (
        Metric("teams", f"events/s on {plan.teams:,} channels of {plan.per_team}", saturates=True),
        Metric("teams-cpu", "server CPU per delivery there", "µs", 1e6, 2, lower=True),
        Metric("users", f"events/s on {plan.users:,} personal channels", saturates=True),
        Metric("users-cpu", "server CPU per event there", "µs", 1e6, 2, lower=True),
    )


def measure(candidate: Candidate) -> Figures:
    """Each kind on a server of its own."""
    plan = candidate.plan
    teams = partial(_measured, candidate, "teams", plan.teams, plan.per_team, workload.team)
    users = partial(_measured, candidate, "users", plan.users, 1, workload.personal)
    return of_parts((("channels of ten", teams), ("personal channels", users)))


def _measured(candidate: Candidate, key: str, channels: int, each: int, name: Callable[[int], str]) -> Figures:
    plan = candidate.plan
    with candidate.start() as (server, load):
        for number in range(channels):
            load.stream(server.trigger(name(number)))
        for number in range(channels):
            tokens = candidate.tokens[number * each : (number + 1) * each]
            load.clients((server.way_in(token, [name(number)]) for token in tokens), number)
        load.open()
        load.fire()
        measured = load.closed(IN_FLIGHT, plan.warm_up, plan.window)
        events = share(measured.events / measured.spent.seconds, measured.spent)
        return {key: events, f"{key}-cpu": cpu_per_delivery(measured)}


WORKLOAD = Workload(
    names=("teams", "users"),
    number="5",
    title="Many channels",
    about=f"Each event on a channel by chance, {IN_FLIGHT} on their way at any time: a thousand channels of ten "
    "subscribers each, then a channel for each of ten thousand users (with the guide: by its `send_to_user`).",
    metrics=metrics,
    connections=lambda plan: max(plan.teams * plan.per_team, plan.users),
    measure=measure,
    seconds=lambda plan: entered(plan.teams * plan.per_team) + entered(plan.users) + 2 * (plan.warm_up + plan.window),
)
