"""One core for the server, one for its clients, and enough file descriptors for both."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from bench import machine
from torture.outcome import Outcome

_SPARE_DESCRIPTORS = 200  # beside the sockets


@contextmanager
def prepared(outcome: Outcome, sockets: int, *, measured: bool) -> Iterator[int | None]:
    """Allow for so many sockets, and pin this thread to a core, with all that it starts and does not pin elsewhere;
    gives the core for the server, or none where there is but one.

    Where times are `measured`, what others do on the two cores is remarked. Raises bench.machine.UnfitError.
    """
    machine.raise_descriptors(sockets + _SPARE_DESCRIPTORS)
    cores = os.sched_getaffinity(0)
    first, *rest = sorted(cores)
    if measured:
        outcome.remarks += machine.remarks_on_load([first, *rest[:1]])
    os.sched_setaffinity(0, {rest[0] if rest else first})
    try:
        yield first if rest else None
    finally:
        os.sched_setaffinity(0, cores)
