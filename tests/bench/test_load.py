"""The load generator in C, against a WebSocket server that is none of those it measures."""

import os
import shutil
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path

import pytest
from websockets import ConnectionClosed, Origin
from websockets.sync.server import ServerConnection, serve

from bench.load import build
from bench.load.generator import Load, LoadError
from bench.peers import runtimes
from bench.peers.peer import Step, WayIn

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the load generator uses epoll")

EVENT = '{"type":"schedule:created","payload":{}}' + " " * 200  # so long that its length takes two bytes
STEPS = (Step("welcome"), Step("subscribed", '{"type":"subscribe"}'))


class Served:
    """A server: what its clients asked for, their sockets, and what it sends them when it is told to publish."""

    def __init__(self, folder: Path, stack: ExitStack, **options: object) -> None:
        self.requests: list[str] = []
        self.sockets: list[ServerConnection] = []
        self.events: list[str | list[str]] = [EVENT]  # a list goes out in fragments
        self.control = folder / "control"
        self._listening = stack.enter_context(closing(socket.socket(socket.AF_UNIX)))
        self._listening.bind(str(self.control))
        self._listening.listen()
        server = stack.enter_context(serve(self._take, "127.0.0.1", 0, compression=None, close_timeout=0.1, **options))  # type: ignore[arg-type]
        self.port: int = server.socket.getsockname()[1]
        threads = [threading.Thread(target=it, daemon=True) for it in (server.serve_forever, self._obey)]
        for thread in threads:
            thread.start()
        stack.callback(threads[1].join)
        # Whoever still waits in accept is woken: it would wait on the next socket of the same number.
        stack.callback(self._listening.shutdown, socket.SHUT_RDWR)
        stack.callback(threads[0].join)
        stack.callback(server.shutdown)

    def _take(self, client: ServerConnection) -> None:
        assert client.request is not None
        self.requests.append(client.request.path)
        client.send('{"type":"welcome"}')
        assert client.recv() == '{"type":"subscribe"}'
        self.sockets.append(client)  # before it is told: what is published next goes to it
        client.send('{"type":"subscribed"}')
        with suppress(ConnectionClosed):  # as the load does
            for _ in client:
                pass

    def _obey(self) -> None:
        try:
            told, _ = self._listening.accept()
        except OSError:  # nobody came
            return
        with told, told.makefile() as lines:
            for line in lines:
                assert line == "publish 1 here\n"
                for client in self.sockets:
                    with suppress(ConnectionClosed):  # a load that found a fault is gone
                        for event in self.events:
                            client.send(event)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with ExitStack() as stack:
        yield Served(tmp_path, stack)


@pytest.fixture
def load(served: Served) -> Iterator[Load]:
    with Load(served.port, os.getpid()) as load:
        load.publish_by_socket(served.control)
        load.stream(b"publish 1 here\n")
        load.clients(WayIn(f"/ws?token={name}", STEPS) for name in ("ann", "ben", "cid"))
        load.open()
        yield load


def test_clients_come_in_with_their_tokens(served: Served, load: Load) -> None:
    assert sorted(served.requests) == ["/ws?token=ann", "/ws?token=ben", "/ws?token=cid"]
    assert load.answer() == '{"type":"subscribed"}'


@pytest.mark.parametrize("event", [EVENT, "short", "x" * 70_000, ["a" * 300, "b" * 300]])
def test_events_of_every_size_are_counted(served: Served, load: Load, event: str | list[str]) -> None:
    served.events = [event]
    load.fire(5)
    measured = load.closed(in_flight=4, warm_up=0, window=0)
    assert measured.events >= 4
    assert measured.deliveries == 3 * measured.events
    assert 0 < measured.p50 <= measured.p99 <= measured.longest * 1.02


def test_an_event_is_shown_as_it_came(served: Served, load: Load) -> None:
    load.fire()
    assert load.sample() == EVENT.encode()


def test_a_ping_is_answered_with_its_payload_and_is_no_event(served: Served, load: Load) -> None:
    answered = served.sockets[0].ping(b"1234")
    while not answered.wait(0):
        load.rest(0.01)
    load.fire()


def test_a_servers_own_ping_is_answered_and_is_no_event(tmp_path: Path) -> None:
    with ExitStack() as stack:
        served = Served(tmp_path, stack)
        load = stack.enter_context(Load(served.port, os.getpid()))
        load.dialect("2", "3", joins=False)
        load.publish_by_socket(served.control)
        load.stream(b"publish 1 here\n")
        load.clients([WayIn("/ws", STEPS)])
        load.open()
        served.events = ["2", EVENT]
        load.fire(3)
        assert load.sample() == EVENT.encode()


def test_several_events_in_a_frame_are_counted_one_by_one(tmp_path: Path) -> None:
    with ExitStack() as stack:
        served = Served(tmp_path, stack)
        load = stack.enter_context(Load(served.port, os.getpid()))
        load.dialect("", "", joins=True)
        load.publish_by_socket(served.control)
        load.stream(b"publish 1 here\n")
        load.clients([WayIn("/ws", STEPS)])
        load.open()
        load.fire()
        load.close()
        load.stream(b"publish 1 here\n", messages=3)
        load.clients([WayIn("/ws", STEPS)])
        load.open()
        served.events = [EVENT, f"{EVENT}\n{EVENT} longer"]
        del served.sockets[0]
        load.fire()


def test_what_the_server_does_not_take_at_once_is_told_later(tmp_path: Path) -> None:
    with ExitStack() as stack:
        served = Served(tmp_path, stack)
        load = stack.enter_context(Load(served.port, os.getpid()))
        load.publish_by_socket(served.control)
        events = 16_000  # whose commands are longer than what a Unix socket holds by default, 208 KB
        load.stream(b"publish 1 here\n" * events, messages=events)
        load.clients([WayIn("/ws", STEPS)])
        load.open()
        served.events = ["short"]
        load.fire()


def test_a_window_in_which_nothing_came_is_an_error(load: Load) -> None:
    with pytest.raises(LoadError, match=r"^nothing came while it was measured, for 0\.0 s$"):
        load.steady(per_second=1, warm_up=0, window=0)


def test_an_event_too_many_is_an_error(served: Served, load: Load) -> None:
    served.events = [EVENT, EVENT]
    with pytest.raises(LoadError, match=r"^a client had more than the \d events that were published$"):
        load.fire(2)


def test_a_client_that_is_sent_away_is_an_error(served: Served, load: Load) -> None:
    served.sockets[0].close(4001, "go")
    with pytest.raises(LoadError, match=r"^the server sent a client away: close code 4001 go$"):
        load.rest(10)


def test_a_client_that_is_cut_off_is_an_error(served: Served, load: Load) -> None:
    served.sockets[0].socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    served.sockets[0].socket.close()
    with pytest.raises(LoadError, match=r"^the server (broke|closed) a client's connection"):
        load.rest(10)


def test_what_takes_too_long_is_given_up(served: Served) -> None:
    given_up = pytest.raises(LoadError, match=r"^was not through after 0\.1 s$")
    with Load(served.port, os.getpid(), patience=0.1) as load, given_up:
        load.rest(60)


def test_a_refused_upgrade_is_told(tmp_path: Path) -> None:
    with ExitStack() as stack:
        served = Served(tmp_path, stack, origins=[Origin("https://elsewhere.example")])
        load = stack.enter_context(Load(served.port, os.getpid()))
        load.stream(b"")
        load.clients([WayIn("/ws", STEPS)])
        with pytest.raises(LoadError, match=r"^the server refused an upgrade: HTTP/1\.1 403 "):
            load.open()


def test_a_machine_without_any_compiler_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(runtimes, "INSTALLED", tmp_path / "peers")
    said = (
        r"generator \(it is not on the PATH\), nor does ziglang in its place \(.*uv is not on the PATH\): install gcc$"
    )
    with pytest.raises(build.BuildError, match=said):
        build.build([], tmp_path / "load")


def test_a_compiler_that_fails_is_told_once_ziglang_could_not_take_its_place(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    failing = tmp_path / "cc"
    failing.write_text("#!/bin/sh\necho 'main.c:1: error: it is broken' >&2\nexit 1\n")
    failing.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(runtimes, "INSTALLED", tmp_path / "peers")
    with pytest.raises(build.BuildError, match=r"generator \(main\.c:1: error: it is broken\), nor does ziglang "):
        build.build([], tmp_path / "load")


@pytest.mark.skipif(shutil.which("cc") is None, reason="no cc")
def test_the_load_generator_compiles_without_a_warning() -> None:
    sources = sorted(map(str, Path(build.__file__).parent.glob("*.c")))
    command = ["cc", "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", *sources]
    assert subprocess.run(command, capture_output=True, text=True, timeout=60, check=False).stderr == ""
