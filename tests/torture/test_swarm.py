"""The load generator against a WebSocket server that is none of those it measures."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from websockets import Origin
from websockets.sync.server import ServerConnection, serve

from torture.crowd.opening import LoadError
from torture.crowd.swarm import Swarm

EVENT = '{"type":"schedule:created","payload":{}}' + " " * 200  # so long that its length takes two bytes


class Clients:
    """The server's side of a swarm: what its clients asked for, and their sockets."""

    def __init__(self) -> None:
        self.requests: list[str] = []
        self.sockets: list[ServerConnection] = []

    def take(self, socket: ServerConnection) -> None:
        assert socket.request is not None
        self.requests.append(socket.request.path)
        socket.send('{"type":"connection:established"}')
        assert '"channels": ["schedules"]' in str(socket.recv())
        self.sockets.append(socket)
        socket.send('{"type":"subscribed"}')
        for _ in socket:
            pass


@contextmanager
def served(clients: Clients) -> Iterator[int]:
    with serve(clients.take, "127.0.0.1", 0, compression=None, close_timeout=0.1) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.socket.getsockname()[1]
        server.shutdown()
        thread.join()


@pytest.fixture
def clients() -> Clients:
    return Clients()


@pytest.fixture
def swarm(clients: Clients) -> Iterator[Swarm]:
    with served(clients) as port:
        swarm = Swarm(port, "schedules")
        swarm.open(["ann", "ben", "cid"])
        yield swarm
        swarm.close()


def test_clients_come_in_with_their_tokens(clients: Clients, swarm: Swarm) -> None:
    assert len(swarm) == 3
    assert sorted(clients.requests) == ["/ws?token=ann", "/ws?token=ben", "/ws?token=cid"]


def test_every_message_of_every_client_is_counted_whatever_comes_between(clients: Clients, swarm: Swarm) -> None:
    for number, socket in enumerate(clients.sockets):
        for _ in range(5):
            socket.send(EVENT)
        if number == 1:
            socket.ping(b"now?")
            socket.send(EVENT + " ")
        else:
            socket.send(EVENT)
    swarm.receive_all(6)
    assert swarm.completed() == 6
    assert swarm.bytes == 18 * (len(EVENT) + 4) + 1
    assert swarm.sample == EVENT.encode()


def test_a_ping_is_answered_with_its_payload(clients: Clients, swarm: Swarm) -> None:
    answered = clients.sockets[0].ping(b"1234")
    while not answered.wait(0):
        swarm.receive(0.1)


def test_a_message_too_many_is_an_error(clients: Clients, swarm: Swarm) -> None:
    for socket in clients.sockets:
        socket.send(EVENT)
    clients.sockets[0].send(EVENT)
    while swarm.messages < 4:
        swarm.receive(1.0)
    with pytest.raises(LoadError, match="some clients had more than the 1 messages that were published"):
        swarm.receive_all(1)


def test_a_client_that_is_sent_away_is_an_error(clients: Clients, swarm: Swarm) -> None:
    clients.sockets[0].close(4001, "go")
    with pytest.raises(LoadError, match=r"0x88: b'\\x0f\\xa1go'"):
        swarm.receive_all(1)


def test_a_refused_upgrade_is_told() -> None:
    with serve(lambda _: None, "127.0.0.1", 0, origins=[Origin("https://elsewhere.example")]) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        swarm = Swarm(server.socket.getsockname()[1], "schedules")
        with pytest.raises(LoadError, match=r"refused an upgrade: HTTP/1\.1 "):
            swarm.open(["ann"])
        swarm.close()
        server.shutdown()
        thread.join()
