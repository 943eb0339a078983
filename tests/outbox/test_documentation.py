"""The program in docs/durable.md runs as it stands there, and so does its migration."""

from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine, inspect
from starlette.testclient import TestClient

from tests.pages import ROOT, files, imported, installed

PAGE = ROOT / "docs" / "durable.md"


def program(name: str) -> Any:
    """A file of the page, as a module."""
    module = ModuleType("durable_page")
    exec(compile(files(PAGE)[name], name, "exec"), module.__dict__)
    return module


def test_a_shift_that_is_posted_is_heard_and_still_there_for_who_comes_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    main = program("main.py")
    subscribe: dict[str, Any] = {"type": "subscribe", "payload": {"channels": ["shifts"]}, "id": "1"}
    with TestClient(main.app) as client:
        with client.websocket_connect("/ws?token=ann") as socket:
            assert socket.receive_json()["type"] == "connection:established"
            socket.send_json(subscribe)
            subscribed = socket.receive_json()
            assert client.post("/shifts", params={"name": "Early"}).json() == {"id": 1, "name": "Early"}
            event = socket.receive_json()
            assert (event["type"], event["key"]) == ("shift:created", "shift:1")
            assert event["payload"] == {"shift": {"id": 1, "name": "Early"}}
        with client.websocket_connect("/ws?token=ben") as socket:
            assert socket.receive_json()["type"] == "connection:established"
            subscribe["payload"]["positions"] = subscribed["payload"]["positions"]
            socket.send_json(subscribe)
            assert socket.receive_json()["payload"]["recovered"] == {"shifts": True}
            assert socket.receive_json()["id"] == event["id"]


def test_the_migration_makes_the_tables_and_takes_them_away(tmp_path: Path) -> None:
    migration = program("versions/0001_tidings.py")
    engine = create_engine(f"sqlite:///{tmp_path}/app.db")
    with engine.begin() as connection, Operations.context(MigrationContext.configure(connection)):
        migration.upgrade()
        assert set(inspect(connection).get_table_names()) == set(program("main.py").broker.metadata.tables)
        migration.downgrade()
        assert inspect(connection).get_table_names() == []
    engine.dispose()


def test_what_the_page_has_installed_is_what_it_imports() -> None:
    assert imported(files(PAGE).values()) <= installed(PAGE)
    assert "aiosqlite" in installed(PAGE)
