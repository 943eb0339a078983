"""The README's program does what the README says."""

import re
import sys
from pathlib import Path
from types import ModuleType

from starlette.testclient import TestClient

README = Path(__file__).parents[1] / "README.md"


def test_the_first_program_delivers_a_note() -> None:
    [source] = re.findall(r"```python\n# main\.py\n(.*?)```", README.read_text(), re.DOTALL)
    program = ModuleType("readme_main")
    sys.modules["readme_main"] = program  # FastAPI and Pydantic look annotations up in the module
    exec(compile(source, README, "exec"), program.__dict__)
    with TestClient(program.app) as client, client.websocket_connect("/ws?token=ann") as socket:
        assert socket.receive_json()["type"] == "connection:established"
        socket.send_json({"type": "subscribe", "payload": {"channels": ["notes"]}, "id": "1"})
        assert socket.receive_json()["type"] == "subscribed"
        client.post("/notes", json={"id": 7, "text": "hello"}).raise_for_status()
        event = socket.receive_json()
        assert (event["type"], event["payload"]["note"]["text"], event["key"]) == ("note:posted", "hello", "note:7")


def test_both_commands_stand_in_the_readme_and_in_the_makefile() -> None:
    makefile = (README.parent / "Makefile").read_text()
    for command in ("demo", "test"):
        assert f"make {command}" in README.read_text()
        assert re.search(rf"^{command}:", makefile, re.MULTILINE)
