"""All clients lose their connections at once, and come back by themselves."""

import asyncio
import math
import time
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from bench.process import Server
from bench.servers import workload
from tidings.client import wire
from tidings.client.applying import Action
from tidings.client.client import TIMEOUT
from torture import tables
from torture.crowd import teams
from torture.crowd.cores import prepared
from torture.crowd.gathering import PATIENCE, Gathering
from torture.crowd.sockets import Crowd, Lost
from torture.ground import Ground
from torture.outcome import Outcome

BACK = 15.0  # seconds until all are back


@dataclass(frozen=True, slots=True)
class Plan:
    """How much of everything."""

    clients: int = 5_000
    per_user: int = 2
    meanwhile: int = 1_000  # events between the cut and the first who is back
    per_second: float = 100.0  # events
    seconds: float = 30.0  # of them


async def in_memory(ground: Ground) -> Outcome:
    """One storm, with the clients' own backoff, on a server whose logs are in memory."""
    return await asyncio.to_thread(_Storm(ground, "logs in memory", {}).run)


async def on_sqlite(ground: Ground) -> Outcome:
    """The same with logs in SQLite."""
    with ground.database("sqlite") as url:
        await tables.create(url)
        environment = {teams.DATABASE: url.render_as_string(hide_password=False)}
        return await asyncio.to_thread(_Storm(ground, "logs in SQLite", environment).run)


class _Storm:
    def __init__(self, ground: Ground, logs: str, environment: Mapping[str, str]) -> None:
        self._plan = plan = Plan(clients=300, seconds=3.0) if ground.short else Plan()
        self._limit, self._environment = PATIENCE if ground.short else BACK, environment
        self._short = ground.short
        self._tokens = list(workload.tokens(plan.clients // plan.per_user + 1))
        self._gathering = Gathering(self._tokens, plan.per_user, ground.random())
        self._outcome = Outcome(
            f"{plan.clients:,} clients of {plan.clients // plan.per_user:,} users cut at once, each on three channels "
            f"and its own, {logs}; {plan.meanwhile:,} events while they were away, and {plan.per_second:g} a second "
            "all the time"
        )

    def run(self) -> Outcome:
        """Come in, be cut, come back, and hear all to the end."""
        arguments = ["tidings.cli", "serve", "torture.crowd.teams:app", "--port", "0"]
        with (
            prepared(self._outcome, self._plan.clients, measured=not self._short) as core,
            Server("the teams", arguments, core, self._environment) as server,
            self._gathering.gathered(),
        ):
            self._gathering.come_in(server.port, self._plan.clients, self._outcome)
            if self._outcome.passed:
                self._storm(server)
        return self._outcome

    def _storm(self, server: Server) -> None:
        plan, outcome, crowd, members = self._plan, self._outcome, self._gathering.crowd, self._gathering.members
        witness = _Witness(crowd, server.port, self._tokens[-1])
        if not crowd.run_until(lambda: witness.established, PATIENCE):
            outcome.violated("the client that was to stay did not come in")
        server.publish_evenly(plan.per_second, int(plan.per_second * plan.seconds))
        begin, cpu = time.monotonic(), server.cpu
        for member in members:
            member.cut()
        server.publish(plan.meanwhile)
        if not self._gathering.all_live(self._limit):
            away = sum(not member.live for member in members)
            outcome.violated(f"{away} clients were not back {self._limit:g} s after the cut")
        busy = (server.cpu - cpu) / (time.monotonic() - begin)
        total = plan.meanwhile + int(plan.per_second * plan.seconds)
        self._gathering.hear_all(total, plan.seconds + PATIENCE, outcome)
        self._judge(server, witness, begin)
        if not self._short:
            outcome.figures["server, share of its core until all were back"] = busy

    def _judge(self, server: Server, witness: "_Witness", begin: float) -> None:
        plan, outcome = self._plan, self._outcome
        counts, members = self._gathering.counts(), self._gathering.members
        asked = _counts(server)["asked"]
        most = max(asked.values())
        channels = sum(len(member.readings) for member in members)
        recovered = sum(member.recovered for member in members)
        outcome.figures |= {
            "events heard": counts["heard"],
            "events dropped": counts[Action.DROP],
            "gaps": counts[Action.RESUBSCRIBE],
            "resets": counts[Action.RESET],
            "tries that failed": sum(
                number for what, number in counts.items() if what.startswith(("lost", "no answer"))
            ),
            "rules asked": sum(asked.values()),
            "rules asked, most for one user and channel": most,
        }
        outcome.require(most == 1, f"a rule was asked {most} times about one user and channel")
        users = plan.clients // plan.per_user
        outcome.require(len(asked) == 3 * users, f"{len(asked)} of {3 * users} rules were asked")
        outcome.require(recovered == channels, f"{recovered} of {channels} subscriptions were recovered")
        for what in (Action.DROP, Action.RESUBSCRIBE, Action.RESET):
            outcome.require(not counts[what], f"{counts[what]} × {what}")
        outcome.violated(*(f"{n} × {what}" for what, n in counts.items() if what.startswith(("malf", "refus", "gave"))))
        outcome.violated(*witness.wrong)
        outcome.require(witness.worst < TIMEOUT, f"a pong took {witness.worst:.1f} s")
        if not self._short:
            back = sorted((member.live_at or math.inf) - begin for member in members)
            outcome.figures |= {
                "back, median (s)": back[len(back) // 2],
                "back, 99 % (s)": back[len(back) * 99 // 100],
                "back, all (s)": back[-1],
                "longest pong to a client that stayed (s)": witness.worst,
            }


class _Witness:
    """A client that nobody cuts. It pings again and again, and notes how long the answer takes."""

    EVERY = 0.05  # seconds, from an answer to the next ping

    def __init__(self, crowd: Crowd, port: int, token: str) -> None:
        self._crowd, self._token = crowd, token
        self._asked = 0.0
        self.worst = 0.0
        self.established = False
        self.wrong: list[str] = []
        self._socket = crowd.connect(port, self, 0)

    def opened(self) -> None:
        self._socket.send(wire.write("auth", {"token": self._token}, id="auth"))

    def take(self, message: bytes) -> None:
        match wire.read(message.decode()).body:
            case wire.Established():
                self.established = True
                self._ping()
            case wire.Pong():
                self.worst = max(self.worst, time.monotonic() - self._asked)
                self._crowd.later(self.EVERY, self._ping)

    def lost(self, lost: Lost) -> None:
        self.wrong.append(f"the client that was to stay was lost: {lost}")

    def _ping(self) -> None:
        self._asked = time.monotonic()
        self._socket.send(wire.write("ping", {}, id="ping"))


def _counts(server: Server) -> dict[str, dict[str, int]]:
    with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/counts", timeout=PATIENCE) as answer:
        return msgspec.json.decode(answer.read(), type=dict[str, dict[str, int]])
