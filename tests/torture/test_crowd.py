"""The crowd's own parts: sockets against a WebSocket server that is not ours, and what the kernel says of them."""

import os
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from websockets import Origin
from websockets.sync.server import ServerConnection, serve

if sys.platform != "linux":
    pytest.skip("epoll and netlink are Linux's", allow_module_level=True)

from torture.crowd.kernel import sockets_of
from torture.crowd.sockets import Crowd, Lost

TIMEOUT = 30.0  # seconds


class Peer:
    """A client that notes what it is told."""

    def __init__(self) -> None:
        self.is_open = False
        self.messages: list[bytes] = []
        self.end: Lost | None = None

    def opened(self) -> None:
        self.is_open = True

    def take(self, message: bytes) -> None:
        self.messages.append(message)

    def lost(self, lost: Lost) -> None:
        self.end = lost


def talk(connection: ServerConnection) -> None:
    """Answer each message with what it asks for."""
    for message in connection:
        match str(message).split():
            case ["say", *sizes]:
                for size in sizes:
                    connection.send("x" * int(size))
            case ["ping"]:
                answered = connection.ping(b"now?")
                connection.send("answered" if answered.wait(TIMEOUT) else "not answered")
            case ["close", code]:
                connection.close(int(code), "go")


@contextmanager
def served(origins: list[Origin | None] | None = None) -> Iterator[int]:
    with serve(talk, "127.0.0.1", 0, compression=None, origins=origins, close_timeout=0.1) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.socket.getsockname()[1]
        server.shutdown()
        thread.join()


@pytest.fixture
def crowd() -> Iterator[Crowd]:
    crowd = Crowd()
    yield crowd
    crowd.close()


def test_messages_of_every_length_come_whole_and_in_order(crowd: Crowd) -> None:
    sizes = [0, 1, 125, 126, 127, 65_535, 65_536, 200_000, 5]
    with served() as port:
        peer = Peer()
        client = crowd.connect(port, peer, 0)
        assert crowd.run_until(lambda: peer.is_open, TIMEOUT)
        client.send("say " + " ".join(map(str, sizes)))
        assert crowd.run_until(lambda: len(peer.messages) == len(sizes), TIMEOUT)
        assert [len(message) for message in peer.messages] == sizes
        assert set(b"".join(peer.messages)) == {ord("x")}


def test_a_ping_is_answered(crowd: Crowd) -> None:
    with served() as port:
        peer = Peer()
        client = crowd.connect(port, peer, 0)
        assert crowd.run_until(lambda: peer.is_open, TIMEOUT)
        client.send("ping")
        assert crowd.run_until(lambda: bool(peer.messages), TIMEOUT)
        assert peer.messages == [b"answered"]


def test_the_code_of_a_close_is_told(crowd: Crowd) -> None:
    with served() as port:
        peer = Peer()
        client = crowd.connect(port, peer, 0)
        assert crowd.run_until(lambda: peer.is_open, TIMEOUT)
        client.send("close 4029")
        assert crowd.run_until(lambda: peer.end is not None, TIMEOUT)
        assert (peer.end.code, str(peer.end)) == (4029, "closed with 4029: go")  # type: ignore[union-attr]
        assert len(crowd) == 0


def test_a_refused_upgrade_is_told(crowd: Crowd) -> None:
    with served(origins=[Origin("https://elsewhere.example")]) as port:
        peer = Peer()
        crowd.connect(port, peer, 0)
        assert crowd.run_until(lambda: peer.end is not None, TIMEOUT)
        assert str(peer.end).startswith("refused: HTTP/1.1 ")
        assert not peer.is_open


def test_who_is_cut_is_gone_on_both_sides_and_hears_nothing(crowd: Crowd) -> None:
    with served() as port:
        cut, stays = Peer(), Peer()
        clients = [crowd.connect(port, peer, 0) for peer in (cut, stays)]
        assert crowd.run_until(lambda: cut.is_open and stays.is_open, TIMEOUT)
        ports = [client.local_port for client in clients]
        assert {held.peer_port for held in sockets_of(port)} == set(ports)
        crowd.cut(clients[0])
        assert crowd.run_until(lambda: [held.peer_port for held in sockets_of(port)] == [ports[1]], TIMEOUT)
        assert cut.end is None
        assert len(crowd) == 1


def test_timers_come_in_their_order(crowd: Crowd) -> None:
    heard: list[str] = []
    crowd.later(0.02, lambda: heard.append("second"))
    crowd.later(0.01, lambda: heard.append("first"))
    assert crowd.run_until(lambda: len(heard) == 2, TIMEOUT)
    assert heard == ["first", "second"]


def test_the_kernels_memory_for_a_peer_that_does_not_read_is_seen() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as client:
            server, _ = listener.accept()
            with server:
                inode = os.fstat(server.fileno()).st_ino
                assert sockets_of(port) == [(client.getsockname()[1], 0, inode)]
                server.setblocking(False)
                sent = 0
                while True:
                    try:
                        sent += server.send(bytes(65_536))
                    except BlockingIOError:
                        break
                [held] = sockets_of(port)
                assert held.memory > 65_536
                assert held.memory < 4 * sent
