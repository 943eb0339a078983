"""`tidings bench`: what it measures of a server that runs, and what it says where it cannot."""

import asyncio
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tests.cli.bench.app import TOGETHER
from tidings.cli import app
from tidings.cli.bench.requests import Requests
from torture.valkey import free_port

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    """The application that is measured: host and port, and its process."""
    log = tmp_path_factory.mktemp("server") / "log"
    command = [sys.executable, "-m", "tidings.cli", "serve", "tests.cli.bench.app:app", "--port", "0"]
    with log.open("wb") as written, subprocess.Popen(command, cwd=ROOT, stdout=written, stderr=written) as process:
        try:
            while not (listening := re.search(r"on http://(127\.0\.0\.1:\d+)", log.read_text())):
                assert process.poll() is None, log.read_text()
                time.sleep(0.02)
            yield listening[1], process.pid
        finally:
            process.kill()


def bench(host: str, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["bench", f"ws://{host}/ws", "--channel", "notes", *arguments])


def test_a_server_is_measured(server: tuple[str, int], tmp_path: Path) -> None:
    host, process = server
    tokens = tmp_path / "tokens"
    tokens.write_text("ann\nben\ncid\n")
    amounts = "--connections", "20", "--idle", "10", "--rate", "50", "--seconds", "0.3", "--in-flight", "4"
    more = "--tokens", str(tokens), "--post", f"http://{host}/note", "--process", str(process)
    done = bench(host, *amounts, *more, "--json")
    assert done.exit_code == 0, done.output
    figures = json.loads(done.stdout)
    assert (figures["connections"], figures["idle"], figures["in_flight"]) == (20, 10, 4)
    assert 0 < figures["p50"] <= figures["p99"] <= figures["p999"]
    for key in ("connects_per_second", "deliveries_per_second", "steady_own_share"):
        assert figures[key] > 0, key
    assert figures["cpu_per_delivery"] >= 0
    assert figures["bytes_per_connection"] is not None


def test_as_many_requests_as_are_asked_for_are_on_their_way_together(server: tuple[str, int]) -> None:
    requests = Requests(f"http://{server[0]}/together", "{}", None, connections=TOGETHER)

    async def post() -> None:
        await asyncio.gather(*(requests.post() for _ in range(TOGETHER)))

    try:
        asyncio.run(post())
    finally:
        requests.close()


@pytest.mark.parametrize(
    ("written", "said"), [(b" \n", "is empty: write a token in each line"), (b"\xff", "cannot be read: ")]
)
def test_a_file_without_tokens_is_told(tmp_path: Path, written: bytes, said: str) -> None:
    tokens = tmp_path / "tokens"
    tokens.write_bytes(written)
    done = bench("127.0.0.1:1", "--tokens", str(tokens))
    assert done.exit_code == 1
    assert done.stderr.startswith(f"tidings bench: --tokens {tokens} {said}")


def test_without_a_request_only_clients_are_measured_and_that_is_said(server: tuple[str, int]) -> None:
    done = bench(server[0], "--connections", "3", "--idle", "2", "--bearer", "ann")
    assert done.exit_code == 0, done.output
    assert re.search(r"^connected, authenticated and subscribed/s +[\d,]+$", done.stdout, re.MULTILINE)
    assert re.search(r"^memory per idle connection +needs --process$", done.stdout, re.MULTILINE)
    assert "Events were not measured: --post is what makes the application publish one." in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--bearer", "nobody"), "the server refuses: the token was refused (unauthorized)"),
        (("--bearer", "stranger"), "(forbidden)"),
        (("--bearer", "ann", "--post", "/note"), "/note is no address to post to: write one like http://"),
        (("--bearer", "ann", "--post", "http://{host}/nowhere"), "the request to /nowhere was answered with 404"),
        (("--bearer", "ann", "--post", "http://{host}/note?times=3"), "is something else happening on notes?"),
        (("--bearer", "ann", "--process", "999999999"), "--process 999999999: No such file or directory"),
    ],
)
def test_what_goes_wrong_is_said_in_a_sentence(server: tuple[str, int], arguments: tuple[str, ...], said: str) -> None:
    host = server[0]
    done = bench(host, "--connections", "2", "--seconds", "0.1", *(each.format(host=host) for each in arguments))
    assert done.exit_code == 1, done.output
    assert done.stderr.startswith("tidings bench: ")
    assert said in done.stderr


def test_a_server_that_is_not_there_and_an_address_that_is_none(tmp_path: Path) -> None:
    nowhere = bench(f"127.0.0.1:{free_port()}", "--bearer", "ann")
    assert (nowhere.exit_code, nowhere.stdout) == (1, "")
    assert "no connection to 127.0.0.1:" in nowhere.stderr
    wrong = CliRunner().invoke(app, ["bench", "http://127.0.0.1/ws", "--channel", "notes"])
    assert wrong.stderr == (
        "tidings bench: http://127.0.0.1/ws is no WebSocket's address: write one like ws://127.0.0.1:8000/ws\n"
    )
