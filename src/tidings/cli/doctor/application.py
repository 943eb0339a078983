"""What can be said of an application without serving it."""

import asyncio
import importlib.util
import sys
from collections.abc import Iterator, Mapping

from tidings.cli.application import CannotServe, described, load
from tidings.cli.doctor.finding import Finding, compared_clocks, fault, passed, warning
from tidings.manager import ConnectionManager
from tidings.protocol.log import Position

_ANSWER_TIME = 10.0  # seconds that a broker has
_OTHER_DESCRIPTORS = 100  # files, the broker's connections, requests

_NOWHERE = Position("", 0, "")


def examine_application(target: str, environment: Mapping[str, str]) -> Iterator[Finding]:
    """Look at the application that `module:attribute` names, its managers and their brokers."""
    try:
        _, managers = load(target)
    except CannotServe as error:
        yield fault(target, str(error), "tidings serve would say the same: mend this first")
        return
    yield _event_loop()
    if not managers:
        yield warning(
            target,
            "no ConnectionManager was found, so nothing is said of it",
            "keep it in the module's namespace, or in app.state",
        )
    for manager in managers:
        where = f"{target}, {type(manager.broker).__name__}"
        yield _workers(manager, where, environment.get("WEB_CONCURRENCY", "1"))
        yield _descriptors(manager, target)
        yield _origins(manager, target)
        yield from asyncio.run(_broker(manager, where))


def _event_loop() -> Finding:
    if sys.platform == "win32" or importlib.util.find_spec("uvloop"):
        return passed("event loop", "uvloop is installed" if sys.platform != "win32" else "asyncio's own")
    return fault(
        "event loop", "uvloop is not installed: the native transport is several times slower", "pip install uvloop"
    )


def _workers(manager: ConnectionManager, where: str, workers: str) -> Finding:
    if manager.broker.multiprocess:
        return passed(where, "several workers and machines share the logs")
    if workers.strip() in {"", "1"}:
        return passed(where, "one worker, as WEB_CONCURRENCY does not ask for more")
    return fault(
        where,
        f"WEB_CONCURRENCY={workers} asks for several workers, and the logs are in the memory of one: each would have a "
        "part of the events",
        "unset WEB_CONCURRENCY, or give ConnectionManager a RedisBroker or a DatabaseBroker",
    )


def _descriptors(manager: ConnectionManager, where: str) -> Finding:
    if sys.platform == "win32":
        return passed(where, "this system sets no limit of file descriptors")
    import resource

    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    room, wanted = allowed - _OTHER_DESCRIPTORS, manager.limits.connections
    if allowed == resource.RLIM_INFINITY or room >= wanted:
        return passed(where, f"file descriptors for {wanted:,} connections")
    return fault(
        where,
        f"{allowed:,} file descriptors are allowed here, for up to {wanted:,} connections (Limits.connections): beyond "
        "them no connection is accepted, and clients wait for nothing",
        f"allow {wanted + _OTHER_DESCRIPTORS:,} (ulimit -n, systemd's LimitNOFILE, Docker's --ulimit nofile), or set "
        f"Limits(connections={max(room, 1):_})",
    )


def _origins(manager: ConnectionManager, where: str) -> Finding:
    if not manager.development:
        return passed(where, "only listed origins and the server's own may connect")
    return warning(
        where,
        "development=True lets pages of any server on a visitor's own machine connect",
        "leave it out where others can reach the server, and list the pages' origins",
    )


async def _broker(manager: ConnectionManager, where: str) -> list[Finding]:
    broker, fix = manager.broker, "mend what it says: the application does not start before that"
    try:
        async with asyncio.timeout(_ANSWER_TIME):
            await broker.check()
            fix = "see that its server runs and can be reached: the application starts, and serves clients once it does"
            await broker.since("!doctor", _NOWHERE, 1)
            before = broker.now()
            told = await broker.server_time()
            here = (before + broker.now()) / 2
    except TimeoutError:
        return [fault(where, f"no answer within {_ANSWER_TIME:g} s", "see that its server runs and can be reached")]
    except Exception as error:  # noqa: BLE001  # each driver raises its own
        return [fault(where, described(error), fix)]
    finally:
        await broker.close()
    clocks = [] if told is None else [compared_clocks(where, "the clock of its server", told - here)]
    return [passed(where, "it answers, and can hold logs"), *clocks]
