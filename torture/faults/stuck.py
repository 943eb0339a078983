"""Readers that stop, a tenth of them: they cost little memory, the others notice nothing, and they are soon gone."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median

from bench.process import Server
from bench.servers import workload
from torture.crowd.cores import prepared
from torture.crowd.kernel import sockets_of
from torture.crowd.readers import OPENING, Readers
from torture.ground import Ground
from torture.outcome import Outcome

LOG = 1_100  # events that fill the channel's log, so that its growth is not taken for the readers'
LOOK = 0.25  # seconds between two looks at memory and sockets
MEMORY = 500_000  # bytes that each stopped reader may cost, in the server and in the kernel: 25 MB for fifty
OWN = 4_000_000  # bytes more, where few readers are on a server that has just started and still grows by itself
GONE = 10.0  # seconds until the stopped readers' sockets are gone
SLOWER = 2.0  # times that the others' p99 may be what it is when nobody stops
PATIENCE = 60.0  # seconds for what has no limit of its own


@dataclass(frozen=True, slots=True)
class Plan:
    """How much of everything. `window`: seconds over which delays are measured, from the stop on."""

    readers: int = 500
    stopped: int = 50
    per_second: float = 200.0
    pairs: int = 5
    warm_up: float = 3.0
    window: float = 10.0


@dataclass(frozen=True, slots=True)
class Window:
    """What was seen of one server. `grown`: bytes of memory, at its worst, of the server and of the kernel for those
    that stop. `gone`: seconds until those had no socket left.
    """

    p50: float
    p99: float
    grown: int
    gone: float | None
    server_share: float
    load_share: float


async def run(ground: Ground) -> Outcome:
    """Pairs of servers: in one of each pair a process of readers is stopped with SIGSTOP."""
    plan = Plan(readers=60, stopped=10, per_second=400.0, pairs=1, warm_up=0.5, window=5.0) if ground.short else Plan()
    return await asyncio.to_thread(_run, plan, ground.short)


def _run(plan: Plan, short: bool) -> Outcome:
    outcome = Outcome(
        f"{plan.stopped} of {plan.readers} readers stopped (SIGSTOP), {plan.per_second:g} events/s of 1 KB"
        + ("" if short else f", {plan.pairs} pairs of runs with and without, {plan.window:g} s each")
    )
    quiet: list[Window] = []
    stopped: list[Window] = []
    with prepared(outcome, plan.readers, measured=not short) as core:
        for number in range(plan.pairs):
            for stop in (True,) if short else (True, False) if number % 2 else (False, True):
                (stopped if stop else quiet).append(_window(plan, core, outcome, stop=stop))
    _judge(outcome, MEMORY * plan.stopped + OWN * short, stopped)
    if quiet:
        _compare(outcome, quiet, stopped)
    return outcome


def _judge(outcome: Outcome, memory: int, windows: list[Window]) -> None:
    grown, gone = max(it.grown for it in windows), [it.gone for it in windows if it.gone is not None]
    outcome.figures["server memory, most (MB)"] = grown / 1e6
    outcome.require(
        grown <= memory,
        f"the server's memory grew by {grown / 1e6:.1f} MB, where {memory / 1e6:g} MB are allowed",
    )
    outcome.require(len(gone) == len(windows), f"sockets of stopped readers were there after {PATIENCE:g} s")
    outcome.figures["stopped readers gone, at most (s)"] = max(gone, default=PATIENCE)


def _compare(outcome: Outcome, quiet: list[Window], stopped: list[Window]) -> None:
    """Latencies and times, which only a quiet machine can tell."""
    slower = median(one.p99 / other.p99 for one, other in zip(stopped, quiet, strict=True))
    outcome.figures |= {
        "p50, nobody stops (ms)": median(it.p50 for it in quiet) * 1e3,
        "p50, some stopped (ms)": median(it.p50 for it in stopped) * 1e3,
        "p99, nobody stops (ms)": median(it.p99 for it in quiet) * 1e3,
        "p99, some stopped (ms)": median(it.p99 for it in stopped) * 1e3,
        "p99, ratio, median of pairs": slower,
        "p99, ratio, each pair": ", ".join(f"{b.p99 / a.p99:.2f}" for a, b in zip(quiet, stopped, strict=True)),
        "server memory, most, nobody stops (MB)": max(it.grown for it in quiet) / 1e6,
        "server, share of its core": median(it.server_share for it in quiet + stopped),
        "readers, share of their core": median(it.load_share for it in quiet + stopped),
    }
    outcome.require(slower <= SLOWER, f"the others' p99 was {slower:.2f} times what it is when nobody stops")
    late = max(it.gone or PATIENCE for it in stopped)
    outcome.require(late <= GONE, f"stopped readers were gone after {late:.1f} s, not within {GONE:g} s")


def _window(plan: Plan, core: int | None, outcome: Outcome, *, stop: bool) -> Window:
    """One server that has just started, its readers, and the stop."""
    arguments = ["tidings.cli", "serve", "torture.crowd.ticker:app", "--port", "0"]
    others = plan.readers - plan.stopped
    with Server("the ticker", arguments, core) as server:
        readers = Readers(server.port, list(workload.tokens(others)))
        server.publish(LOG)
        if not readers.receive_all(LOG, PATIENCE):
            outcome.violated("not all readers had the events before the stop")
        readers.reset()
        # They come after that burst: it would teach their kernel to receive far more than they read.
        with _companions(server.port, others, plan.stopped) as stopping:
            watched = _Watched(plan, server, readers, stopping)
            window = watched.measure(stop=stop)
            if not readers.receive_all(watched.events, PATIENCE):
                outcome.violated("not all of the others had all events in the end")
        outcome.violated(*readers.wrong())
        readers.crowd.close()
        return window


class _Companions:
    """A process of readers, which can be stopped."""

    def __init__(self, process: "subprocess.Popen[str]", ports: set[int]) -> None:
        self._process, self.ports = process, ports

    def stop(self) -> None:
        """Have it do nothing any more; returns when that is so."""
        os.kill(self._process.pid, signal.SIGSTOP)
        os.waitid(os.P_PID, self._process.pid, os.WSTOPPED)


@contextmanager
def _companions(port: int, first: int, count: int) -> Iterator[_Companions]:
    command = [sys.executable, "-m", "torture.crowd.readers", str(port), str(first), str(count)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        if not line:
            raise TimeoutError(f"the readers to be stopped did not come in within {OPENING:g} s")
        yield _Companions(process, set(json.loads(line)))
    finally:
        process.kill()
        process.communicate()


class _Watched:
    """One server under an even rate of events, and how it fares."""

    def __init__(self, plan: Plan, server: Server, readers: Readers, stopping: _Companions) -> None:
        self._plan, self._server, self._readers, self._stopping = plan, server, readers, stopping
        self.events = int(plan.per_second * (plan.warm_up + plan.window))
        self._kernel = self._left = 0

    def measure(self, *, stop: bool) -> Window:
        """From the end of the warm-up until the window is over and those who were stopped are gone."""
        plan, server, readers = self._plan, self._server, self._readers
        server.publish_evenly(plan.per_second, self.events)
        readers.receive_until(time.monotonic() + plan.warm_up)
        del readers.delays[:]
        self._look()
        before = server.memory + self._kernel
        if stop:
            self._stopping.stop()
        begin, server_cpu, own_cpu = time.monotonic(), server.cpu, time.thread_time()
        grown, gone, now = 0, None, begin
        while now < begin + plan.window or (stop and gone is None and now < begin + PATIENCE):
            readers.receive_until(now + LOOK)
            now = time.monotonic()
            self._look()
            grown = max(grown, server.memory + self._kernel - before)
            if stop and gone is None and not self._left:
                gone = now - begin
        seconds, delays = now - begin, sorted(readers.delays)
        return Window(
            p50=delays[len(delays) // 2],
            p99=delays[len(delays) * 99 // 100],
            grown=grown,
            gone=gone,
            server_share=(server.cpu - server_cpu) / seconds,
            load_share=(time.thread_time() - own_cpu) / seconds,
        )

    def _look(self) -> None:
        """What the kernel holds on the server's side for those that stop, and how many of their sockets are left."""
        held = [it for it in sockets_of(self._server.port) if it.peer_port in self._stopping.ports]
        self._kernel, self._left = sum(it.memory for it in held), len(held)
