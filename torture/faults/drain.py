"""A server with many clients is told to stop, one of them stuck; the others go on at another server."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from sqlalchemy import URL

from bench.process import Server
from bench.servers import workload
from tidings.client.applying import Action
from torture import tables
from torture.crowd import teams
from torture.crowd.cores import prepared
from torture.crowd.gathering import PATIENCE, Gathering
from torture.ground import Ground
from torture.outcome import Outcome
from torture.server import ORDERLY

EXIT = 30.0  # seconds until the server has ended
AT_LEAST = 500  # closes a second that are always allowed; or a twentieth of all clients
ARGUMENTS = ["tidings.cli", "serve", "torture.crowd.teams:app", "--port", "0"]


@dataclass(frozen=True, slots=True)
class Plan:
    """How much of everything."""

    clients: int = 5_000
    per_user: int = 2
    per_second: float = 100.0  # events
    seconds: float = 30.0  # of them


async def run(ground: Ground) -> Outcome:
    """Closes at a bounded rate, exit in time, nothing lost."""
    with ground.database("sqlite") as url:
        await tables.create(url)
        return await asyncio.to_thread(_run, ground, url)


def _run(ground: Ground, url: URL) -> Outcome:
    plan = Plan(clients=300, seconds=4.0) if ground.short else Plan()
    outcome = Outcome(
        f"one of two servers is told to stop (SIGTERM), which has {plan.clients:,} clients and one more that does not "
        f"read; {plan.per_second:g} events a second"
    )
    environment = {teams.DATABASE: url.render_as_string(hide_password=False)}
    tokens = list(workload.tokens(plan.clients // plan.per_user + 1))
    with ExitStack() as stack:
        core = stack.enter_context(prepared(outcome, plan.clients, measured=not ground.short))
        going, staying = (stack.enter_context(Server("the teams", ARGUMENTS, core, environment)) for _ in range(2))
        gathering = stack.enter_context(Gathering(tokens, plan.per_user, ground.random()).gathered())
        stuck = stack.enter_context(Gathering(tokens[-1:], 1, ground.random()).gathered())
        stuck.come_in(going.port, 1, outcome)
        gathering.come_in(going.port, plan.clients, outcome)
        if outcome.passed:
            _drain(plan, outcome, (going, staying), gathering, short=ground.short)
    return outcome


def _drain(plan: Plan, outcome: Outcome, servers: tuple[Server, Server], gathering: Gathering, *, short: bool) -> None:
    going, staying = servers
    events = int(plan.per_second * plan.seconds)
    staying.publish_evenly(plan.per_second, events)
    for member in gathering.members:
        member.port = staying.port
        member.recovered = 0
    begin = time.monotonic()
    going.terminate()
    if not gathering.crowd.run_until(lambda: going.status is not None, EXIT + PATIENCE * short):
        outcome.violated(f"the server had not ended {EXIT:g} s after it was told to")
        return
    exited = time.monotonic() - begin
    outcome.require(gathering.all_live(PATIENCE), "not all clients came to the other server")
    gathering.hear_all(events, plan.seconds + PATIENCE, outcome)
    _judge(plan, outcome, gathering)
    outcome.require(going.status in ORDERLY, f"the server ended with status {going.status}")
    if not short:
        outcome.figures["the server ended after (s)"] = exited
        _judge_rate(outcome, [member.lost_at - begin for member in gathering.members if member.lost_at is not None])


def _judge(plan: Plan, outcome: Outcome, gathering: Gathering) -> None:
    counts = gathering.counts()
    recovered = sum(member.recovered for member in gathering.members)
    channels = sum(len(member.readings) for member in gathering.members)
    outcome.figures |= {
        "events heard": counts["heard"],
        "events dropped": counts[Action.DROP],
        "gaps": counts[Action.RESUBSCRIBE],
        "resets": counts[Action.RESET],
    }
    for what in (Action.DROP, Action.RESUBSCRIBE, Action.RESET):
        outcome.require(not counts[what], f"{counts[what]} × {what}")
    outcome.violated(*(f"{n} × {what}" for what, n in counts.items() if what.startswith(("malf", "refus", "gave"))))
    outcome.require(recovered == channels, f"{recovered} of {channels} subscriptions were recovered")
    stayed = sum(member.lost_at is None for member in gathering.members)
    outcome.require(not stayed, f"{stayed} of {plan.clients} clients were not sent away")


def _judge_rate(outcome: Outcome, times: Sequence[float]) -> None:
    """How many lost their connection within any one second."""
    at = sorted(times)
    most, first = 0, 0
    for last, time_ in enumerate(at):
        while at[first] < time_ - 1.0:
            first += 1
        most = max(most, last - first + 1)
    allowed = max(AT_LEAST, len(at) // 20)
    outcome.figures |= {
        "closes within one second, most": most,
        "first and last close (s)": f"{at[0]:.2f}, {at[-1]:.2f}",
    }
    outcome.require(most <= allowed, f"{most} clients were closed within one second, where {allowed} are allowed")
