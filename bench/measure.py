"""What is measured, and how: the workloads, each on a server of its own that has just started."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.process import TICK, Server
from bench.servers.workload import CHANNEL
from bench.swarm import Swarm

EVENTS_PER_SECOND = 50.0
IN_FLIGHT = 64
_WARM_UP_CLIENTS = 100  # come and go before memory is measured: what is made once is not each connection's
_SETTLE = 1.0  # seconds from the last connection to the look at memory


@dataclass(frozen=True, slots=True)
class Plan:
    """How much of everything."""

    pairs: int = 5
    connections: int = 1_000  # that follow the channel
    idle: int = 10_000  # whose memory is measured
    warm_up: float = 2.0  # seconds
    window: float = 6.0  # seconds


@dataclass(frozen=True, slots=True)
class Sample:
    """One measurement: its value, and how busy server and load were meanwhile (shares of one core)."""

    value: float
    server_share: float
    load_share: float


@dataclass(frozen=True, slots=True)
class Event:
    """An event as it went over the wire: the mean bytes of its frames, and the JSON of its payload."""

    frame: float
    payload: str


@dataclass(frozen=True, slots=True)
class Run:
    """All that was measured of one server in one pair."""

    samples: dict[str, Sample]
    kernel: float  # bytes of kernel memory for each idle connection, both its ends together
    event: Event


class _Meter:
    """CPU of the server and of the load, from here on."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self.begin, self._server_cpu, self._own_cpu = time.perf_counter(), server.cpu, time.process_time()

    def read(self, value: Callable[[float, float], float]) -> Sample:
        """A sample: `value(seconds, seconds of the server's CPU)`."""
        seconds = time.perf_counter() - self.begin
        server_cpu = max(TICK, self._server.cpu - self._server_cpu)
        own_cpu = time.process_time() - self._own_cpu
        return Sample(value(seconds, server_cpu), server_cpu / seconds, own_cpu / seconds)


def run(start: Callable[[], Server], tokens: list[str], plan: Plan) -> Run:
    """Measure one server. Raises ServerError and LoadError for what goes wrong."""
    with start() as server:
        fan_out, event = _fan_out(server, tokens, plan)
    with start() as server:
        idle, kernel = _idle(server, tokens, plan)
    return Run(fan_out | idle, kernel, event)


def _fan_out(server: Server, tokens: list[str], plan: Plan) -> tuple[dict[str, Sample], Event]:
    swarm = Swarm(server.port, CHANNEL)
    try:
        swarm.open(tokens[: plan.connections])
        steady = _steady(server, swarm, plan)
        event = Event(swarm.bytes / swarm.messages, _payload(swarm.sample))
        return {"cpu": steady, "throughput": _saturated(server, swarm, plan)}, event
    finally:
        swarm.close()


def _steady(server: Server, swarm: Swarm, plan: Plan) -> Sample:
    """CPU per delivery (seconds) at an even rate of events."""
    events = int((plan.warm_up + plan.window) * EVENTS_PER_SECOND)
    server.publish_evenly(EVENTS_PER_SECOND, events)
    swarm.receive_until(time.perf_counter() + plan.warm_up)
    before, meter = swarm.messages, _Meter(server)
    swarm.receive_until(meter.begin + plan.window)
    delivered = max(1, swarm.messages - before)
    sample = meter.read(lambda _, cpu: cpu / delivered)
    swarm.receive_all(events)
    return sample


def _saturated(server: Server, swarm: Swarm, plan: Plan) -> Sample:
    """Deliveries per second in a closed loop: when every client has got the oldest event, the next one is published.

    Measured from one such moment to another, so that no delivery is counted whose event began before.
    """
    swarm.reset()
    loop = _ClosedLoop(server, swarm)
    loop.run(IN_FLIGHT, plan.warm_up)
    before, meter = swarm.completed(), _Meter(server)
    loop.run(IN_FLIGHT, plan.window)
    delivered = (swarm.completed() - before) * len(swarm)
    sample = meter.read(lambda seconds, _: delivered / seconds)
    swarm.receive_all(loop.published)
    return sample


class _ClosedLoop:
    """Keeps `IN_FLIGHT` events on their way."""

    def __init__(self, server: Server, swarm: Swarm) -> None:
        self._server, self._swarm = server, swarm
        self._completed, self.published = 0, IN_FLIGHT
        server.publish(IN_FLIGHT)

    def run(self, at_least: int, seconds: float) -> None:
        """Go on for so long and until so many more events are with every client; ends when one has become so."""
        end, enough = time.perf_counter() + seconds, self._completed + at_least
        while not (self._complete() and self._completed >= enough and time.perf_counter() >= end):
            self._swarm.receive_more()

    def _complete(self) -> bool:
        """Publish as many as every client has got; whether there were any."""
        swarm = self._swarm
        if swarm.messages < (self._completed + 1) * len(swarm):  # a cheap look first
            return False
        completed = swarm.completed()
        new, self._completed = completed - self._completed, completed
        if new:
            self._server.publish(new)
            self.published += new
        return bool(new)


def _idle(server: Server, tokens: list[str], plan: Plan) -> tuple[dict[str, Sample], float]:
    """Connections brought in per second, the bytes of the server's memory that each holds, and the kernel's."""
    warm_up = Swarm(server.port, CHANNEL)
    warm_up.open(tokens[: min(_WARM_UP_CLIENTS, plan.idle)])
    warm_up.close()
    swarm = Swarm(server.port, CHANNEL)
    try:
        swarm.open(tokens[:1])  # when it is in, the server has noticed that the others are gone
        memory, kernel = server.memory, _slab()
        meter = _Meter(server)
        swarm.open(tokens[1 : plan.idle + 1])
        rate = meter.read(lambda seconds, _: plan.idle / seconds)
        swarm.receive_until(time.perf_counter() + _SETTLE)
        held = Sample((server.memory - memory) / plan.idle, 0.0, 0.0)
        return {"rate": rate, "memory": held}, (_slab() - kernel) / plan.idle
    finally:
        swarm.close()


def _slab() -> int:
    """Bytes of the kernel's own objects, sockets among them, on the whole machine (proc_meminfo(5))."""
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("Slab:"):
            return int(line.split()[1]) * 1_024
    raise AssertionError("no Slab in /proc/meminfo")


def _payload(message: bytes) -> str:
    """The payload of a message as compact JSON."""
    document: dict[str, Any] = json.loads(message)
    return json.dumps(document["payload"], separators=(",", ":"))
