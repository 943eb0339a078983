"""6: events of all sizes, plain and compressed."""

from collections.abc import Sequence
from functools import partial

from bench.load.generator import LoadError
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
    per_second,
)

IN_FLIGHT = 64
PATIENCE = 45.0  # seconds for each size and kind
COMPRESSIBLE = 1_024  # bytes from which an event is expected to be compressed by everybody
PLAIN = 20  # characters of the note that stand in no compressed frame


def metrics(plan: Plan) -> Sequence[Metric]:
    """CPU and deliveries for each size, plain and compressed."""
    return [
        metric
        for size in plan.payloads
        for kind, how in (("plain", ""), ("compressed", ", compressed"))
        for metric in (
            Metric(f"{kind}-{size}", f"deliveries/s of {size:,} B{how}", saturates=True),
            Metric(f"{kind}-{size}-cpu", f"server CPU per delivery of {size:,} B{how}", "µs", 1e6, 2, lower=True),
        )
    ]


def measure(candidate: Candidate) -> Figures:
    """What the peer can: a server for each size and kind."""
    kinds = (("plain", "payloads", ""), ("compressed", "compression", ", compressed"))
    return of_parts(
        (f"{size:,} B{how}", partial(_measured, candidate, f"{kind}-{size}", size, compressed=kind == "compressed"))
        for kind, name, how in kinds
        if name not in candidate.peer.cannot
        for size in candidate.plan.payloads
    )


def _measured(candidate: Candidate, key: str, size: int, *, compressed: bool) -> Figures:
    plan = candidate.plan
    with candidate.start(payload=size, compressed=compressed, patience=PATIENCE) as (server, load):
        load.stream(server.trigger())
        load.clients(server.way_in(token) for token in candidate.tokens[: plan.readers])
        load.open()
        load.fire()
        if compressed and size >= COMPRESSIBLE:
            refuse_plain(load.sample(), size)
        measured = load.closed(IN_FLIGHT, plan.warm_up, plan.window / 2)
        return {key: per_second(measured), f"{key}-cpu": cpu_per_delivery(measured)}


def refuse_plain(frame: bytes, size: int) -> None:
    """Raises LoadError where the frame of an event of this size shows its note as it is."""
    if workload.note(0, size)["note"][:PLAIN].encode() in frame:
        raise LoadError("it does not compress")


WORKLOAD = Workload(
    names=("payloads", "compression"),
    number="6",
    title="Payloads of all sizes",
    about=f"A hundred subscribers of one channel, {IN_FLIGHT} events on their way; the payload is JSON with a note in "
    "English, the same in every event, so that compression (permessage-deflate, RFC 7692) has something to do. tidings "
    "and nchan compress a message once for all its readers; uWebSockets for each of them, without a context; the "
    "others for each of them, with what that one was sent before as context: theirs get smaller. Those below 1,024 "
    "bytes tidings leaves as they are; the thresholds of others do not hold with a context.",
    metrics=metrics,
    connections=lambda plan: plan.readers,
    measure=measure,
    seconds=lambda plan: 2 * len(plan.payloads) * (entered(plan.readers) + plan.warm_up + plan.window / 2),
)
