"""Processes that listen on one socket find each other; others do not."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from tidings.readiness import siblings

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="proc(5)")

PROCESS = """
import os, runpy, sys
siblings, now = runpy.run_path(sys.argv[1])["Siblings"](), 0.0  # without the package, which takes its time
print(os.getpid(), flush=True)
for line in sys.stdin:
    if line == "close\\n":
        os.close(int(sys.argv[2]))
    now += 0.9 if line == "soon\\n" else 1.0
    print(*siblings.find(now), flush=True)
"""


class Process:
    """A child of this process that is asked for its siblings."""

    def __init__(self, started: "subprocess.Popen[str]") -> None:
        self._started = started
        self.pid = int(self._line())

    def says(self, order: str = "find") -> list[int]:
        assert self._started.stdin is not None
        self._started.stdin.write(f"{order}\n")
        self._started.stdin.flush()
        return sorted(map(int, self._line().split()))

    def _line(self) -> str:
        assert self._started.stdout is not None
        return self._started.stdout.readline()


@contextmanager
def process(*socks: socket.socket | None) -> Iterator[Process]:
    descriptor = [sock.fileno() for sock in socks if sock is not None]
    command = [sys.executable, "-c", PROCESS, siblings.__file__, *map(str, descriptor)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, pass_fds=descriptor) as started:
        yield Process(started)


@pytest.fixture(params=["listening", "bound"])
def shared(request: pytest.FixtureRequest) -> Iterator[socket.socket]:
    """uvicorn's workers get a socket that is bound, and listen later; gunicorn's one that listens."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        if request.param == "listening":
            sock.listen()
        yield sock


def test_each_worker_finds_the_others_until_they_close(shared: socket.socket) -> None:
    with ExitStack() as stack:
        first, second, stranger = (stack.enter_context(process(sock)) for sock in (shared, shared, None))
        assert (first.says(), second.says(), stranger.says()) == ([second.pid], [first.pid], [])
        third = stack.enter_context(process(shared))
        assert first.says() == sorted([second.pid, third.pid])
        second.says("close")
        assert first.says() == [third.pid]


def test_an_only_worker_and_servers_at_addresses_of_their_own_are_alone(shared: socket.socket) -> None:
    with socket.socket() as other, ExitStack() as stack:
        other.bind(("127.0.0.1", 0))
        other.listen()
        worker, server = (stack.enter_context(process(sock)) for sock in (shared, other))
        assert (worker.says(), server.says()) == ([], [])


@pytest.fixture
def spread() -> Iterator[list[socket.socket]]:
    """Sockets at one address: the kernel spreads connections over them, as under `gunicorn --reuse-port`."""
    with ExitStack() as stack:
        socks = [stack.enter_context(socket.socket()) for _ in range(3)]
        for sock in socks:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            sock.bind(socks[0].getsockname() if sock is not socks[0] else ("127.0.0.1", 0))
            sock.listen()
        yield socks


def test_each_finds_who_listens_at_its_address_on_a_socket_of_its_own(spread: list[socket.socket]) -> None:
    with process(spread[0]) as first:
        assert first.says() == []
        with process(spread[1]) as second:
            assert (first.says(), second.says()) == ([second.pid], [first.pid])
        assert first.says() == []


def test_a_process_that_listens_twice_is_alone(spread: list[socket.socket]) -> None:
    with process(*spread) as only:
        assert only.says() == []


def test_connections_and_outputs_that_are_shared_say_nothing() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs, ExitStack() as stack:
        first, second = (stack.enter_context(process(sock)) for sock in (ours, ours))
        assert (first.says(), second.says()) == ([], [])


def test_it_looks_once_a_second(shared: socket.socket) -> None:
    with process(shared) as asked:
        with process(shared) as other:
            assert asked.says() == [other.pid]
        assert asked.says("soon") == [other.pid]  # it has ended
        assert asked.says() == []
