"""The command: what is measured, and how it is shown."""

import asyncio
import json
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Annotated

import typer
from websockets.exceptions import InvalidURI
from websockets.uri import WebSocketURI, parse_uri

from tidings.cli.bench.crowd import AT_ONCE, Crowd
from tidings.cli.bench.follower import BenchError
from tidings.cli.bench.requests import Requests

SATURATED = 0.85  # share of a core from which this process is taken to be at its limit
MAX_IN_FLIGHT = 512  # events, and so connections for requests, each with its thread
_SPARE = 64  # file descriptors beside the connections
_TICK = 1 / os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 0.0


def bench(
    url: Annotated[str, typer.Argument(metavar="URL", help="As in ws://127.0.0.1:8000/ws.", show_default=False)],
    channel: Annotated[str, typer.Option(help="The channel to follow; nothing else should happen on it.")],
    tokens: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="A file with a token in each line, which are used in turn."),
    ] = None,
    post: Annotated[
        str | None, typer.Option(metavar="URL", help="A POST to it publishes one event on the channel.")
    ] = None,
    body: Annotated[str, typer.Option(metavar="JSON", help="What is posted.")] = "{}",
    bearer: Annotated[
        str | None,
        typer.Option(envvar="TIDINGS_TOKEN", help="A token for requests, and without --tokens for clients."),
    ] = None,
    connections: Annotated[
        int, typer.Option(min=1, help=f"Clients on the channel; {AT_ONCE} at a time are in the middle of getting in.")
    ] = 100,
    idle: Annotated[int, typer.Option(min=0, help="Further clients, let in likewise, that hold memory only.")] = 0,
    rate: Annotated[float, typer.Option(min=0.1, help="Events per second.")] = 20.0,
    in_flight: Annotated[
        int, typer.Option(min=1, max=MAX_IN_FLIGHT, help="Events on their way at a time, as fast as it goes.")
    ] = 16,
    seconds: Annotated[float, typer.Option(min=0.1, help="How long each of the two takes.")] = 5.0,
    process: Annotated[
        int | None, typer.Option(metavar="PID", help="The server's process, here: its CPU and memory are read.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write the figures as JSON.")] = False,
) -> None:
    """Measure a server that runs: how fast clients get in, what they hold, and how events reach them.

    tidings bench ws://127.0.0.1:8000/ws --channel news --post http://127.0.0.1:8000/news --process 4711
    """
    try:
        known = _tokens(tokens) if tokens else [bearer]
        amounts = Amounts(connections, idle, rate, in_flight, seconds, process)
        _raise_descriptors(connections + idle + in_flight + _SPARE)
        requests = Requests(post, body, bearer, connections=in_flight) if post else None
        figures = asyncio.run(_measured(_parsed(url), channel, cycle(known), requests, amounts))
    except BenchError as error:
        typer.echo(f"tidings bench: {error}", err=True)
        raise typer.Exit(1) from None
    typer.echo(json.dumps(figures, indent=2) if as_json else "\n".join(_lines(figures)))


@dataclass(frozen=True, slots=True)
class Amounts:
    """How much of everything."""

    connections: int
    idle: int
    rate: float
    in_flight: int
    seconds: float
    process: int | None


async def _measured(
    uri: WebSocketURI, channel: str, tokens: Iterator[str | None], requests: Requests | None, amounts: Amounts
) -> dict[str, float | None]:
    crowd = Crowd(uri, channel, requests.post if requests else _nothing)
    figures: dict[str, float | None] = {}
    try:
        figures |= await _come(crowd, list(islice(tokens, amounts.connections)), amounts)
        if requests:
            figures |= await _events(crowd, amounts)
        if amounts.idle:
            figures |= await _hold(crowd, list(islice(tokens, amounts.idle)), amounts)
    finally:
        await crowd.close()
        if requests:
            requests.close()
    return figures


async def _come(crowd: Crowd, tokens: Sequence[str | None], amounts: Amounts) -> dict[str, float | None]:
    """Workload 4: connect, authenticate, subscribe."""
    meter = Meter(amounts.process)
    took = await crowd.open(tokens)
    return {"connections": len(tokens), "connects_per_second": len(tokens) / took, **meter.shares("connecting")}


async def _events(crowd: Crowd, amounts: Amounts) -> dict[str, float | None]:
    """Workloads 1 and 2: events at an even rate, and as fast as it goes."""
    await crowd.steady(amounts.rate, 1 / amounts.rate)
    crowd.forget()
    meter = Meter(amounts.process)
    await crowd.steady(amounts.rate, amounts.seconds)
    p50, p99, p999 = crowd.quantiles()
    cpu = meter.server()
    figures = {
        "events_per_second": amounts.rate,
        "cpu_per_delivery": None if cpu is None else cpu / crowd.deliveries,
        "p50": p50,
        "p99": p99,
        "p999": p999,
        **meter.shares("steady"),
    }
    crowd.forget()
    meter = Meter(amounts.process)
    took = await crowd.closed(amounts.in_flight, amounts.seconds)
    return {
        **figures,
        "in_flight": amounts.in_flight,
        "deliveries_per_second": crowd.deliveries / took,
        **meter.shares("saturated"),
    }


async def _hold(crowd: Crowd, tokens: Sequence[str | None], amounts: Amounts) -> dict[str, float | None]:
    """Workload 3: the memory of connections on which nothing happens."""
    before = _memory(amounts.process)
    await crowd.open(tokens)
    after = _memory(amounts.process)
    held = None if before is None or after is None else (after - before) / len(tokens)
    return {"idle": len(tokens), "bytes_per_connection": held}


async def _nothing() -> None:
    """Nobody publishes."""


class Meter:
    """CPU of this process, and of the server's where it is known, from here on."""

    def __init__(self, process: int | None) -> None:
        self._process = process
        self._begin, self._own, self._server = time.perf_counter(), time.process_time(), _cpu(process)

    def server(self) -> float | None:
        """Seconds of CPU that it has used."""
        now = _cpu(self._process)
        return None if now is None or self._server is None else now - self._server

    def shares(self, of: str) -> dict[str, float | None]:
        """Of one core, by the server and by this process."""
        seconds, server = time.perf_counter() - self._begin, self.server()
        return {
            f"{of}_server_share": None if server is None else server / seconds,
            f"{of}_own_share": (time.process_time() - self._own) / seconds,
        }


def _cpu(process: int | None) -> float | None:
    """User and system time of a process on this machine (proc_pid_stat(5))."""
    if process is None:
        return None
    fields = _proc(process, "stat").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * _TICK


def _memory(process: int | None) -> int | None:
    """Its resident set, in bytes (proc_pid_status(5))."""
    if process is None:
        return None
    lines = _proc(process, "status").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) * 1_024


def _proc(process: int, file: str) -> str:
    try:
        return Path(f"/proc/{process}/{file}").read_text()
    except OSError as error:
        raise BenchError(f"--process {process}: {error.strerror}; it is read from /proc, on Linux, here") from error


def _tokens(file: Path) -> list[str | None]:
    """One in each line. Raises BenchError where there is none."""
    try:
        known: list[str | None] = [*file.read_text(encoding="utf-8").split()]
    except (OSError, UnicodeDecodeError) as error:
        raise BenchError(f"--tokens {file} cannot be read: {error}") from error
    if not known:
        raise BenchError(f"--tokens {file} is empty: write a token in each line")
    return known


def _parsed(url: str) -> WebSocketURI:
    try:
        return parse_uri(url)
    except InvalidURI as error:
        raise BenchError(f"{url} is no WebSocket's address: write one like ws://127.0.0.1:8000/ws") from error


def _raise_descriptors(needed: int) -> None:
    """Allow this process so many. Raises BenchError."""
    try:
        import resource
    except ModuleNotFoundError:
        return  # Windows has no such limit
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, needed), hard))
    except (ValueError, OSError) as error:
        raise BenchError(f"{needed} file descriptors are needed, a process has {hard} here: ulimit -Hn") from error


_ROWS = (  # key, title, unit, from what was measured to the unit, digits
    ("connects_per_second", "connected, authenticated and subscribed/s", "", 1, 0),
    ("cpu_per_delivery", "server CPU per delivery", "µs", 1e6, 2),
    ("p50", "latency p50", "ms", 1e3, 2),
    ("p99", "latency p99", "ms", 1e3, 2),
    ("p999", "latency p99.9", "ms", 1e3, 2),
    ("deliveries_per_second", "deliveries/s", "", 1, 0),
    ("bytes_per_connection", "memory per idle connection", "KB", 1e-3, 2),
)


def _lines(figures: dict[str, float | None]) -> Iterator[str]:
    for key, title, unit, scale, digits in _ROWS:
        if key not in figures:
            continue
        value = figures[key]
        shown = "needs --process" if value is None else f"{value * scale:,.{digits}f} {unit}".rstrip()
        yield f"{title:<44}{shown}"
    if "p50" not in figures:
        yield "Events were not measured: --post is what makes the application publish one."
    for part in ("connecting", "steady", "saturated"):
        own = figures.get(f"{part}_own_share") or 0.0
        if own >= SATURATED:
            yield f"{part}: this process was the bottleneck ({own:.0%} of a core); the figures are a lower bound."
