"""A whole ward is entered while four screens watch: each ends with exactly the rows of the database."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx2
import pytest
from websockets.sync.client import ClientConnection, connect

from scheduling.tests.conftest import Json
from scheduling.tests.inrc2.test_entry import DATA
from scheduling.tests.test_cli import browser, demo, free_port, run, up

MONA = {"email": "manager@example.com", "password": "demo"}


def ask(socket: ClientConnection, kind: str, until: str, **payload: Any) -> Iterator[Json]:
    """Send one message; what comes before its answer."""
    socket.send(json.dumps({"type": kind, "payload": payload, "id": kind}))
    while (message := json.loads(socket.recv(timeout=60)))["type"] != until:
        yield message


def rows(http: httpx2.Client, path: str) -> dict[int, Json]:
    return {row["id"]: row for row in http.get(f"/api/{path}").json()}


@pytest.mark.skipif(not DATA.is_dir(), reason=f"the competition's data is not at {DATA} (TIDINGS_SHARED=…)")
def test_four_screens_end_with_the_rows_of_the_database(tmp_path: Path, build: Path):
    port = free_port()
    with ExitStack() as stack:
        process = stack.enter_context(demo(port, tmp_path / "data", build))
        up(process, port)
        http = stack.enter_context(browser(port))
        token = http.post("/api/auth/login", json=MONA).json()["access_token"]
        http.headers["Authorization"] = f"Bearer {token}"
        before = {path: rows(http, path) for path in ("schedules", "timeoff")}
        # Read all the time (`max_queue`): who does not for long is dropped, as a reader that has stopped.
        url = f"ws://127.0.0.1:{port}/ws"
        screens = [stack.enter_context(connect(url, max_queue=None)) for _ in range(4)]
        for screen in screens:
            assert list(ask(screen, "auth", "connection:established", token=token)) == []
            assert list(ask(screen, "subscribe", "subscribed", channels=["schedules", "timeoff"])) == []

        arguments = ("--url", f"http://127.0.0.1:{port}", "--first-monday", "2026-11-23", "--rate", "1000")
        status, out, err = run("import-inrc2", str(DATA / "n012w8"), *arguments)
        assert (status, err) == (0, "")
        assert f"{'schedules:':<19}{413:>5} entered" in out

        after = {path: rows(http, path) for path in ("schedules", "timeoff")}
        for screen in screens:
            seen = {path: dict(known) for path, known in before.items()}
            for event in ask(screen, "ping", "pong"):
                for entity, row in event["payload"].items():
                    path = {"schedule": "schedules", "timeoff": "timeoff"}[entity]
                    assert row["id"] not in seen[path], "an event came twice"
                    seen[path][row["id"]] = row
            assert seen == after
