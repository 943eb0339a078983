"""Where the processes of `tidings serve` share their numbers, and the port that shows them to Prometheus."""

import os
import shutil
import signal
import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from tidings.cli.application import CannotServe
from tidings.prometheus.nodes import DIRECTORY, directory


@contextmanager
def shared_metrics(host: str, port: int | None, *, workers: int) -> Iterator[str | None]:
    """Give the processes that are started in the block a private directory to share their numbers in, unless there is
    one already, and show these at `port`; yields the page's URL.

    One process without a port needs neither. Raises CannotServe.
    """
    if port is None and workers == 1:
        yield None
        return
    if not hasattr(socket, "AF_UNIX"):
        if port is not None:
            raise CannotServe("--metrics-port needs Unix sockets, which this system does not have: leave it out")
        yield None
        return
    if (place := directory()) is not None:
        with _shown(host, port, place) as url:
            yield url
        return
    place = Path(tempfile.mkdtemp(prefix="tidings-"))
    os.environ[DIRECTORY] = str(place)
    try:
        with _removed_by_signal(place), _shown(host, port, place) as url:
            yield url
    finally:
        del os.environ[DIRECTORY]
        shutil.rmtree(place, ignore_errors=True)


@contextmanager
def _removed_by_signal(place: Path) -> Iterator[None]:
    """uvicorn ends with the signal that it was stopped by, which no `finally` sees."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(number: int, frame: FrameType | None) -> None:
        shutil.rmtree(place, ignore_errors=True)
        signal.signal(number, signal.SIG_DFL)
        signal.raise_signal(number)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _shown(host: str, port: int | None, place: Path) -> Iterator[str | None]:
    if port is None:
        yield None
        return
    try:
        from prometheus_client import start_http_server

        from tidings.prometheus.text import Shared
    except ModuleNotFoundError as error:
        raise CannotServe("--metrics-port needs prometheus-client: pip install 'tidings[metrics]'") from error
    try:
        server, thread = start_http_server(port, host, Shared(place))
    except OSError as error:
        reason = error.strerror or error
        raise CannotServe(f"cannot listen on {host}, port {port}, for metrics: {reason}; choose another one") from error
    try:
        shown = f"[{host}]" if ":" in host else host
        yield f"http://{shown}:{server.server_port}/metrics"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
