"""Servers under measurement: what they use is read from the system, and what goes wrong with them is said."""

import socket
import sys

import pytest

from bench.process import Server, ServerError

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the benchmark reads /proc")

OURS = ["tidings.cli", "serve", "bench.servers.ours:app", "--port", "0"]


def test_a_server_that_does_not_start_is_told_with_its_reason() -> None:
    with pytest.raises(ServerError, match=r"^mine did not start: .*No module named bench\.servers\.nowhere$"):
        Server("mine", ["bench.servers.nowhere"], None)


def test_a_port_in_use_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as first:
        port = first.getsockname()[1]
        with pytest.raises(ServerError, match=rf"^second did not start: .*{port}.*in use"):
            Server("second", [*OURS[:-1], str(port)], None)


def test_what_a_server_uses_grows_with_what_it_does() -> None:
    with Server("mine", OURS, None) as server:
        before = server.cpu
        assert before > 0
        assert server.memory > 10_000_000
        while server.cpu == before:
            server.publish(100)
        assert server.cpu > before
