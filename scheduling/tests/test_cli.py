"""The commands as a person runs them: what they print, and how they end."""

import asyncio
import os
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx2
import pytest
import typer
from sqlalchemy import URL
from typer.testing import CliRunner

from scheduling.server.cli import app, prepare, told
from scheduling.server.client import ApiError
from scheduling.server.demo import TEAM
from scheduling.server.domain.staff import Staff
from scheduling.server.services.passwords import Passwords
from scheduling.server.settings import Settings
from scheduling.server.store.database import Database
from scheduling.tests.inrc2.ward_files import write_ward


def run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, arguments, env={"NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "200"})
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout, result.stderr


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def demo(port: int, data: Path, build: Path) -> Iterator[subprocess.Popen[str]]:
    """`scheduling demo`, as a process of its own; it is up at the end of its welcome or has ended."""
    code = "from scheduling.server.cli import app; app()"
    arguments = ["demo", "--port", str(port), "--data", str(data), "--web", str(build)]
    environment = {**os.environ, "NO_COLOR": "1", "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def up(process: subprocess.Popen[str], port: int) -> str:
    """The demo's welcome, once it takes connections."""
    assert process.stdout is not None
    welcome = ""
    while "Ctrl+C" not in welcome:
        line = process.stdout.readline()
        assert line, f"the demo ended: {process.stderr and process.stderr.read()}"
        welcome += line
    # It listens within milliseconds of its welcome.
    while process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
    return welcome


def browser(port: int) -> httpx2.Client:
    return httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=60)


def test_migrate_makes_a_database(tmp_path: Path):
    path = tmp_path / "new" / "scheduling.sqlite3"
    status, out, _ = run("migrate", str(path))
    assert (status, out) == (0, f"{path} is up to date.\n")
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM staff").fetchone() == (0,)


@pytest.mark.parametrize("variable", ["SCHEDULING_DATABASE", "DATABASE_URL"])
def test_migrate_goes_where_the_environment_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str):
    path = tmp_path / "scheduling.sqlite3"
    monkeypatch.setenv("DATABASE_URL", str(tmp_path / "another.sqlite3"))
    monkeypatch.setenv(variable, f"sqlite:///{path}")
    assert run("migrate")[:2] == (0, f"{path} is up to date.\n")
    assert [found.name for found in tmp_path.iterdir()] == [path.name]


def test_a_demo_on_postgres_is_filled_once(
    tmp_path: Path, postgres_url: URL, monkeypatch: pytest.MonkeyPatch, passwords: Passwords, build: Path
):
    monkeypatch.setenv("DATABASE_URL", postgres_url.set(drivername="postgresql").render_as_string(hide_password=False))
    data = tmp_path / "data"
    first, settings = (prepare(data, build, passwords) for _ in range(2))
    assert first == settings
    assert [found.name for found in data.iterdir()] == ["secret"]
    assert len(asyncio.run(people(settings))) == len(TEAM)


async def people(settings: Settings) -> list[Staff]:
    store = await Database(settings.database).open()
    async with store.read() as tx:
        found = await tx.staff.all()
    await store.close()
    return found


def test_a_database_that_cannot_be_opened_is_one_sentence(tmp_path: Path, build: Path):
    data = tmp_path / "data"
    data.mkdir()
    (data / "scheduling.sqlite3").write_text("Dear Sir or Madam, " * 100)
    for arguments in (
        ("migrate", str(data / "scheduling.sqlite3")),
        ("demo", "--port", str(free_port()), "--data", str(data), "--web", str(build)),
    ):
        status, out, err = run(*arguments)
        assert (status, out) == (1, "")
        assert err == f"error: The database {data / 'scheduling.sqlite3'} cannot be opened: file is not a database.\n"


def test_a_dashboard_that_is_not_built_is_one_sentence(tmp_path: Path):
    status, out, err = run("demo", "--data", str(tmp_path / "data"), "--web", str(tmp_path))
    assert (status, out) == (1, "")
    assert err == f"error: The dashboard is not built: there is no {tmp_path / 'index.html'}. `make demo` builds it.\n"


def test_a_port_in_use_is_one_sentence(tmp_path: Path, build: Path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        status, out, err = run("demo", "--port", str(port), "--data", str(tmp_path / "data"), "--web", str(build))
    assert (status, out) == (1, "")
    assert err.startswith(f"error: Port {port} of 127.0.0.1 cannot be used: Address already in use.")
    assert err.count("\n") == 1
    assert not (tmp_path / "data").exists()


def test_a_damaged_secret_is_one_sentence(tmp_path: Path, build: Path):
    data = tmp_path / "data"
    data.mkdir()
    (data / "secret").write_text("short")
    status, _, err = run("demo", "--port", str(free_port()), "--data", str(data), "--web", str(build))
    assert status == 1
    assert err.startswith(f"error: The secret {data / 'secret'} is damaged: delete it")


def test_a_secret_that_is_no_file_is_one_sentence(tmp_path: Path, build: Path):
    secret = tmp_path / "data" / "secret"
    secret.mkdir(parents=True)
    status, out, err = run("demo", "--port", str(free_port()), "--data", str(secret.parent), "--web", str(build))
    assert (status, out) == (1, "")
    assert err == f"error: The secret {secret} cannot be read: Is a directory. Move it away, and a new one is made.\n"


def test_a_secret_that_is_no_text_is_one_sentence(tmp_path: Path, build: Path):
    secret = tmp_path / "data" / "secret"
    secret.parent.mkdir()
    secret.write_bytes(b"\xff" * 64)
    status, out, err = run("demo", "--port", str(free_port()), "--data", str(secret.parent), "--web", str(build))
    assert (status, out) == (1, "")
    assert err.startswith(f"error: The secret {secret} is damaged: delete it")
    assert err.count("\n") == 1


@pytest.mark.parametrize("table", ["locations", "staff", "schedules"])
def test_a_damaged_database_is_one_sentence(tmp_path: Path, build: Path, table: str):
    database = tmp_path / "data" / "scheduling.sqlite3"
    run("migrate", str(database))
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        [size] = connection.execute("PRAGMA page_size").fetchone()
        [page] = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()
    with database.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)
    status, out, err = run("demo", "--port", str(free_port()), "--data", str(database.parent), "--web", str(build))
    assert (status, out) == (1, "")
    assert err == (
        f"error: The database {database} cannot be used: database disk image is malformed"
        " (a damaged one must be restored or moved away).\n"
    )


def test_a_setting_that_cannot_be_is_one_sentence(tmp_path: Path, build: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SCHEDULING_MAX_BODY_SIZE", "much")
    status, out, err = run("demo", "--port", str(free_port()), "--data", str(tmp_path / "data"), "--web", str(build))
    assert (status, out) == (1, "")
    assert err.startswith("error: SCHEDULING_MAX_BODY_SIZE: Input should be a valid integer")
    assert err.count("\n") == 1


def test_the_demo_serves_its_team_and_keeps_its_sessions_over_a_restart(tmp_path: Path, build: Path):
    port, data = free_port(), tmp_path / "data"
    with demo(port, data, build) as process, browser(port) as http:
        welcome = up(process, port)
        for told in (f"http://127.0.0.1:{port}", "manager@example.com", "staff@example.com", "demo"):
            assert told in welcome
        assert http.get("/", headers={"Accept": "text/html"}).text == "<title>scheduling</title>"
        staff = http.post("/api/auth/login", json={"email": "staff@example.com", "password": "demo"}).json()
        assert staff["staff"]["role"] == "staff"
        signed_in = http.post("/api/auth/login", json={"email": "manager@example.com", "password": "demo"}).json()
        assert signed_in["staff"]["role"] == "manager"
        headers = {"Authorization": f"Bearer {signed_in['access_token']}"}
        schedules = http.get("/api/schedules", headers=headers).json()
        assert len(schedules) > 50
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
        assert "Traceback" not in err
        assert process.returncode == 0
    assert stat.S_IMODE((data / "secret").stat().st_mode) == 0o600
    with demo(port, data, build) as process, browser(port) as again:
        up(process, port)
        # The same secret and the same data: the token still holds, and nothing was filled in twice.
        assert again.get("/api/schedules", headers=headers).json() == schedules
        again.cookies.update(http.cookies)
        assert again.post("/api/auth/refresh").status_code == 200


def test_a_ward_is_imported_and_summed_up(tmp_path: Path, build: Path):
    port, ward = free_port(), write_ward(tmp_path / "n002w2")
    arguments = ("import-inrc2", str(ward), "--url", f"http://127.0.0.1:{port}", "--first-monday", "2026-11-23")
    with demo(port, tmp_path / "data", build) as process:
        up(process, port)
        status, out, err = run(*arguments, "--rate", "1000")
        assert (status, err) == (0, "")
        for kind, count in (("locations", 1), ("needs", 1), ("staff", 2), ("schedules", 5), ("time-off requests", 2)):
            assert f"{kind + ':':<19}{count:>5} entered, 0 already there, 0 refused" in out
        status, out, _ = run(*arguments, "--rate", "1000")
        assert status == 0
        for kind, count in (("locations", 1), ("needs", 1), ("staff", 2), ("schedules", 5), ("time-off requests", 2)):
            assert f"{kind + ':':<19}    0 entered, {count} already there, 0 refused" in out


def test_an_import_says_what_is_wrong_with_its_data(tmp_path: Path):
    ward = write_ward(tmp_path / "n002w2")
    roster = ward / "Solution_H_0-WD_1-0" / "Sol-n002w2-1-0.txt"
    roster.write_text(roster.read_text().replace("Lucy Mon Day", "Lucy Mun Day"))
    status, out, err = run("import-inrc2", str(ward), "--first-monday", "2026-11-23")
    assert (status, out) == (1, "")
    assert err == f"error: {roster}, line 7: there is no day 'Mun'; there are: Mon, Tue, Wed, Thu, Fri, Sat, Sun.\n"


def test_a_ward_of_no_weeks_is_one_sentence(tmp_path: Path):
    scenario = write_ward(tmp_path / "n002w2") / "Sc-n002w2.txt"
    scenario.write_text(scenario.read_text().replace("WEEKS = 2", "WEEKS = 0"))
    status, out, err = run("import-inrc2", str(scenario.parent), "--first-monday", "2026-11-23")
    assert (status, out) == (1, "")
    assert err == f"error: {scenario}, line 3: WEEKS is 0, but a ward has at least one.\n"


@pytest.mark.parametrize("monday", ["9999-12-27", "9999-12-20", "0001-01-01"])
def test_weeks_beyond_the_calendar_are_one_sentence(tmp_path: Path, monday: str):
    ward = write_ward(tmp_path / "n002w2")
    status, out, err = run("import-inrc2", str(ward), "--first-monday", monday)
    assert (status, out) == (1, "")
    assert err == f"error: --first-monday: 2 weeks from {monday} on leave the calendar (years 1 to 9999).\n"


def test_an_import_says_what_is_wrong_with_its_options(tmp_path: Path):
    ward = str(write_ward(tmp_path / "n002w2"))
    assert run("import-inrc2", ward, "--first-monday", "2026-11-24")[2] == (
        "error: --first-monday: 2026-11-24 is a Tuesday.\n"
    )
    status, _, err = run("import-inrc2", ward, "--first-monday", "2026-11-23", "--timezone", "Mars/Olympus")
    assert (status, err) == (1, "error: --timezone: Mars/Olympus is not an IANA time zone such as Europe/Brussels.\n")


def test_an_import_without_a_server_says_so(tmp_path: Path):
    url = f"http://127.0.0.1:{free_port()}"
    status, _, err = run(
        "import-inrc2", str(write_ward(tmp_path / "n002w2")), "--first-monday", "2026-11-23", "--url", url
    )
    assert status == 1
    assert err.startswith(f"error: The server at {url} cannot be reached")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    "url",
    ["nonsense", "", "127.0.0.1:8000", "localhost:8000", "ftp://a.example", "http://", "http://a:port", "http://[::1"],
)
def test_an_import_says_how_an_address_is_written(tmp_path: Path, url: str):
    ward = str(write_ward(tmp_path / "n002w2"))
    status, out, err = run("import-inrc2", ward, "--first-monday", "2026-11-23", "--url", url)
    assert (status, out) == (1, "")
    assert err == (
        f"error: --url: {url!r} is not the address of a server: write it with http:// or https:// and the host,"
        " such as http://127.0.0.1:8000.\n"
    )


@pytest.mark.parametrize("said", ["It is away", "It is away.", "It answered nonsense. Is the address right?"])
def test_what_goes_wrong_ends_as_a_sentence_does(capsys: pytest.CaptureFixture[str], said: str):
    with pytest.raises(typer.Exit), told():
        raise ApiError(said)
    assert capsys.readouterr().err == f"error: {said.removesuffix('.')}{'' if said.endswith('?') else '.'}\n"
