"""3 and 4: many connections, authenticated and subscribed; how fast they come, and what they hold."""

from collections.abc import Sequence
from pathlib import Path

from bench.workloads.workload import Candidate, Figure, Figures, Metric, Plan, Workload, entered, share

WARM_UP = 100  # clients that come and go first: what is made once is not each connection's
SETTLE = 1.0  # seconds from the last connection to the look at memory


def metrics(plan: Plan) -> Sequence[Metric]:
    """Memory and rate, with the same connections."""
    return (
        Metric("memory", f"memory per idle connection, {plan.idle:,} of them", "KB", 1e-3, 2, lower=True),
        Metric("kernel", "kernel memory per connection, both its ends", "KB", 1e-3, 1, lower=True),
        Metric("rate", "connected, authenticated and subscribed/s", saturates=True),
        Metric("entry", "server CPU for each", "µs", 1e6, 0, lower=True),
    )


def measure(candidate: Candidate) -> Figures:
    """All but one come at once, so many at a time."""
    tokens, idle = candidate.tokens, candidate.plan.idle
    with candidate.start() as (server, load):
        load.stream(b"")
        load.clients(server.way_in(token) for token in tokens[: min(WARM_UP, idle)])
        load.open()
        load.close()
        load.stream(b"")
        load.clients([server.way_in(tokens[0])])
        load.open()  # when it is in, the server has noticed that the others are gone
        memory, kernel = server.memory, slab()
        load.clients(server.way_in(token) for token in tokens[1 : idle + 1])
        spent = load.open()
        load.rest(SETTLE)
        return {
            "memory": Figure((server.memory - memory) / idle),
            "kernel": Figure((slab() - kernel) / idle),
            "rate": share(idle / spent.seconds, spent),
            "entry": share(spent.server / idle, spent),
        }


def slab() -> int:
    """Bytes of the kernel's own objects, sockets among them, on the whole machine (proc_meminfo(5))."""
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("Slab:"):
            return int(line.split()[1]) * 1_024
    raise AssertionError("no Slab in /proc/meminfo")


WORKLOAD = Workload(
    names=("idle", "connects"),
    number="3, 4",
    title="Many connections",
    about="64 clients at a time connect, are authenticated by a token of their own, and subscribe to one channel. "
    f"Memory is the server's resident set with all of them, {SETTLE:g} s after the last one came, minus without, after "
    "a hundred others had come and gone, divided; the kernel's is its slab, with whatever else the machine did.",
    metrics=metrics,
    connections=lambda plan: plan.idle + 1,
    measure=measure,
    seconds=lambda plan: entered(plan.idle) + SETTLE,
    repeats=True,
)
