"""`tidings serve`: what it serves, and the one sentence with which it does not."""

import asyncio
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from typer.testing import CliRunner, Result

from tests.transports.client import opened, signed_in
from tests.transports.servers import STOP_TIMEOUT, serving
from tidings.cli import app

pytestmark = pytest.mark.anyio

APP = "tests.transports.app:app"
SECRET = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI3In0.n_dFuBwc5Y"

BROKEN = {
    "syntax": "def main(:\n",
    "missing": "import a_package_that_nobody_has\n",
    "raising": "raise ValueError('no DATABASE_URL\\nmore of it')\n",
    "unset": """
from pydantic import BaseModel

class Settings(BaseModel):
    database: str
    workers: list[int]

def read():
    return Settings.model_validate({"workers": [1, "hush"]})

read()
""",
    "crowded": """
from pydantic import TypeAdapter

TypeAdapter(list[int]).validate_python(["hush"] * 8)
""",
    "failing": """
from contextlib import asynccontextmanager
from starlette.applications import Starlette

@asynccontextmanager
async def lifespan(app):
    raise RuntimeError("unable to open the database data/app.db")
    yield

app = Starlette(lifespan=lifespan)
""",
    "ruleless": """
from fastapi import FastAPI
from tidings import Channel, ConnectionManager, Event

class Said(Event, type="said"): ...
class Talk(Channel[Said], name="talk"): ...

manager = ConnectionManager(channels=[Talk], authenticate=lambda handshake, token: None)
app = FastAPI()
app.include_router(manager.router("/ws"))
""",
    "unmigrated": """
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import create_async_engine
from tidings import ConnectionManager, DatabaseBroker

broker = DatabaseBroker(create_async_engine("sqlite+aiosqlite:///app.db"))
manager = ConnectionManager(authenticate=lambda handshake, token: None, broker=broker)
app = FastAPI()
app.include_router(manager.router("/ws"))
""",
    "hidden": """
from fastapi import FastAPI
from tidings import ConnectionManager

def made():
    app = FastAPI()
    app.include_router(ConnectionManager(authenticate=lambda handshake, token: None).router("/ws"))
    return app

app = made()
""",
}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    for name, source in BROKEN.items():
        (tmp_path / f"{name}.py").write_text(source)
    return tmp_path


@pytest.fixture
def here(broken: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The broken applications are in the current directory. What is imported from there is forgotten."""
    monkeypatch.chdir(broken)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield
    for name in BROKEN:
        sys.modules.pop(name, None)


def serve(*arguments: str, **environment: str) -> Result:
    """The command in this process, for what ends before anything is served."""
    return CliRunner(env={"TERMINAL_WIDTH": "100", **environment}).invoke(app, ["serve", *arguments])


def serve_apart(*arguments: str, directory: Path) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own."""
    command = [sys.executable, "-m", "tidings.cli", "serve", *arguments]
    return subprocess.run(command, cwd=directory, check=False, capture_output=True, text=True, timeout=60)


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        ("app", "'app' does not name an application: write module:attribute, as in main:app"),
        ("absent:app", r"there is no module 'absent' in .+ or on sys.path"),
        ("absent.inner:app", r"there is no module 'absent' in .+ or on sys.path"),
        ("ruleless:nothing", "module 'ruleless' has no attribute 'nothing'"),
        ("syntax:app", r"syntax cannot be imported: SyntaxError: .+"),
        ("missing:app", r"missing cannot be imported: .*No module named 'a_package_that_nobody_has' .+, line 1\)"),
        (
            "unset:app",
            r"unset cannot be imported: ValidationError: Settings\.database: Field required; Settings\.workers\.1: "
            r"Input should be a valid integer, [a-z ]+ \(.+unset\.py, line 9\)",
        ),
        (
            "crowded:app",
            r"crowded cannot be imported: ValidationError: list\[int\]\.0: .+list\[int\]\.4: .+; and 3 more "
            r"\(.+crowded\.py, line 4\)",
        ),
        ("raising:app", r"raising cannot be imported: ValueError: no DATABASE_URL .+raising.py, line 1\)"),
    ],
)
def test_what_cannot_be_imported_is_one_sentence(target: str, sentence: str) -> None:
    result = serve(target, "--port", "0")
    assert (result.exit_code, result.stdout) == (1, "")
    assert re.fullmatch(f"tidings serve: {sentence}\n", result.stderr), result.stderr


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        ("failing:app", r"RuntimeError: unable to open the database data/app.db .+failing.py, line 7\)"),
        ("ruleless:app", r"DeclarationError: nobody could follow Talk: .+"),
        (
            "unmigrated:app",
            r"TablesMissing: the database lacks tables of tidings \(no such table: tidings_channels\): "
            r"run a migration that calls tidings\.brokers\.database\.migration\.upgrade\(op\) .+",
        ),
    ],
)
def test_what_does_not_start_is_one_sentence(broken: Path, target: str, sentence: str) -> None:
    result = serve_apart(target, "--port", "0", directory=broken)
    *log, last = result.stderr.splitlines()
    assert result.returncode == 1
    assert re.fullmatch(f"tidings serve: the application does not start: {sentence}", last), last
    assert all(line.startswith("INFO:") for line in log), log


def test_a_port_in_use_is_one_sentence() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        result = serve(APP, "--port", port)
    expected = f"port {port} of 127.0.0.1 is in use: stop what listens there, or choose another one with --port"
    assert (result.exit_code, result.stderr) == (1, f"tidings serve: {expected}\n")


def test_an_address_of_another_machine_is_one_sentence() -> None:
    result = serve(APP, "--host", "192.0.2.1", "--port", "0")
    assert result.exit_code == 1
    assert result.stderr.startswith("tidings serve: cannot listen on 192.0.2.1, port 0: ")
    assert len(result.stderr.splitlines()) == 1


class TestWorkers:
    REFUSAL = "MemoryBroker keeps its logs in one process, so 2 workers would each serve a part of the events: "

    def test_a_broker_of_one_process_is_refused_before_anything_starts(self) -> None:
        result = serve(APP, "--port", "0", "--workers", "2")
        assert result.exit_code == 1
        assert result.stderr.startswith(f"tidings serve: {self.REFUSAL}serve with --workers 1")
        assert len(result.stderr.splitlines()) == 1

    def test_the_environment_counts_too(self) -> None:
        result = serve(APP, "--port", "0", WEB_CONCURRENCY="2")
        assert result.exit_code == 1
        assert self.REFUSAL in result.stderr

    def test_a_manager_that_only_the_lifespan_shows_is_refused_at_start(self, broken: Path) -> None:
        result = serve_apart("hidden:app", "--port", "0", "--workers", "2", directory=broken)
        assert result.returncode == 1
        assert self.REFUSAL in result.stderr
        assert "Traceback" not in result.stderr
        assert "workers do not start" in result.stderr.splitlines()[-1]


WAITING = """
from fastapi import FastAPI, Request

app = FastAPI()

@app.get("/wait")
async def wait(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
"""


async def test_workers_that_stop_are_connected_to_no_longer_while_they_finish(tmp_path: Path) -> None:
    (tmp_path / "waiting.py").write_text(WAITING)
    with serving("uvicorn-native", "waiting:app", "--workers", "2", directory=tmp_path) as server:
        reader, held = await asyncio.open_connection("127.0.0.1", server.port)
        held.write(b"GET /none HTTP/1.1\r\nHost: test\r\n\r\n")
        assert b" 404 " in await reader.readline()
        held.write(b"GET /wait HTTP/1.1\r\nHost: test\r\n\r\n")
        server.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(20.0):  # the server waits longer (--grace) for the request that is held
            while await accepted(server.port):
                pass
        held.close()
        assert await asyncio.to_thread(server.process.wait, STOP_TIMEOUT) in {0, -signal.SIGTERM}


async def accepted(port: int) -> bool:
    """Whether the kernel takes a connection at this port."""
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


@pytest.mark.parametrize("transport", ["native", "asgi"])
class TestServing:
    async def test_it_says_what_serves(self, transport: str) -> None:
        with serving(f"uvicorn-{transport}") as server:
            async with signed_in(server.url, "ann") as client:
                assert await client.alive()
            lines = [line for line in server.log.splitlines() if "tidings:" in line]
            assert len(lines) == 1
            assert f"{transport} transport, MemoryBroker" in lines[0]
            assert f"Listening on {server.url}" in server.log

    async def test_no_token_reaches_a_log(self, transport: str) -> None:
        with serving(f"uvicorn-{transport}", level="trace") as server:
            async with opened(server.url, f"?token=ann!{SECRET}") as client:
                assert (await client.next())["type"] == "connection:established"
            async with opened(server.url) as client:
                await client.ask("auth", {"token": f"ann!{SECRET}"})
            log = server.log
        assert "connection:established" not in log
        assert SECRET not in log
        assert "token=…" in log

    async def test_at_the_end_clients_are_told_to_come_back(self, transport: str) -> None:
        with serving(f"uvicorn-{transport}") as server:
            async with signed_in(server.url, "ann") as client:
                server.process.send_signal(signal.SIGTERM)
                assert (await client.next())["type"] == "connection:closing"
                assert await client.closed() == 1012
            assert server.process.wait(STOP_TIMEOUT) in {0, -signal.SIGTERM}
            assert "Traceback" not in server.log


RELOADED = """
from tests.transports.app import app

@app.get("/version")
async def version() -> int:
    return {version}
"""


async def test_it_reloads(tmp_path: Path) -> None:
    source = tmp_path / "reloaded.py"
    source.write_text(RELOADED.format(version=1))
    with serving("uvicorn-native", "reloaded:app", "--reload", directory=tmp_path) as server:
        async with httpx2.AsyncClient(base_url=server.url, timeout=STOP_TIMEOUT) as client:
            assert (await client.get("/version")).json() == 1
            async with asyncio.timeout(STOP_TIMEOUT):
                while await version(client) == 1:
                    source.write_text(RELOADED.format(version=2))  # again: the watcher may start after the server


async def version(client: httpx2.AsyncClient) -> int:
    """What the server says it is; 1 where it was stopped while it was asked."""
    try:
        return int((await client.get("/version", headers={"Connection": "close"})).text)
    except httpx2.TransportError:
        return 1


async def test_a_module_is_found_in_the_current_directory(tmp_path: Path) -> None:
    (tmp_path / "here.py").write_text("from tests.transports.app import app\n")
    with serving("uvicorn-native", "here:app", directory=tmp_path) as server:
        async with signed_in(server.url, "ann") as client:
            assert await client.alive()


COLLECTED = """
import gc
from fastapi import FastAPI

{choice}
app = FastAPI()

@app.get("/collector")
async def collector() -> dict[str, object]:
    return {{"threshold": gc.get_threshold()[0], "is_left_out": gc.get_freeze_count() > 0}}
"""


@pytest.mark.parametrize(
    ("choice", "threshold", "is_left_out"),
    [("", 10_000, True), ("gc.set_threshold(500)", 500, False)],
    ids=["none of its own", "its own"],
)
async def test_the_collector_leaves_the_application_out(
    tmp_path: Path, choice: str, threshold: int, is_left_out: bool
) -> None:
    (tmp_path / "collected.py").write_text(COLLECTED.format(choice=choice))
    with serving("uvicorn-native", "collected:app", directory=tmp_path) as server:
        async with httpx2.AsyncClient(base_url=server.url, timeout=STOP_TIMEOUT) as client:
            found = (await client.get("/collector")).json()
    assert found == {"threshold": threshold, "is_left_out": is_left_out}


def test_help_has_examples() -> None:
    result = serve("--help")
    assert result.exit_code == 0
    assert "tidings serve main:app --host 0.0.0.0 --port 80" in result.stdout
