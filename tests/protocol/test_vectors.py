"""The vectors of the specification, run against the Python implementation."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest

from tidings.protocol import channels, codes, messages, presence
from tidings.protocol.channels import Channel
from tidings.protocol.errors import ChannelError
from tidings.protocol.events import Draft
from tidings.protocol.log import Log, Position
from tidings.protocol.presence import Roster

VECTORS = Path(__file__).parents[2] / "spec" / "vectors"


def cases(name: str) -> list[Any]:
    document = json.loads((VECTORS / f"{name}.json").read_text())
    return [pytest.param(case, id=(case.get("name") or "empty")[:40]) for case in document["cases"]]


@pytest.mark.parametrize("case", cases("client-messages"))
def test_client_messages(case: dict[str, Any]) -> None:
    if case["accept"]:
        message = messages.read(case["text"])
        body = {
            name: value for name, value in msgspec.to_builtins(message.body).items() if value != {} and name != "type"
        }
        assert {"type": message.type, "id": message.id, "payload": body} == case["message"]
    else:
        with pytest.raises(messages.Refused) as refused:
            messages.read(case["text"])
        assert (refused.value.code, refused.value.reply_to) == (case["error"], case["reply_to"])


@pytest.mark.parametrize("case", cases("channel-names"))
def test_channel_names(case: dict[str, Any]) -> None:
    if case["accept"]:
        assert channels.check_name(case["name"]) == case["name"]
    else:
        with pytest.raises(ChannelError):
            channels.check_name(case["name"])


@pytest.mark.parametrize("case", cases("channel-patterns"))
def test_channel_patterns(case: dict[str, Any]) -> None:
    kinds = {"int": int, "str": str, "uuid": UUID}
    annotations = {name: kinds[kind] for name, kind in case["types"].items()}
    declared: Any = type("Declared", (Channel,), {"__annotations__": annotations}, name=case["pattern"])
    parsed = declared.parse(case["name"])
    assert (parsed and {name: parsed.__dict__[name] for name in annotations}) == (
        case["params"] and {name: annotations[name](value) for name, value in case["params"].items()}
    )
    assert parsed is None or parsed.name == case["name"]


def test_codes() -> None:
    table = json.loads((VECTORS / "codes.json").read_text())
    assert [str(code) for code in codes.ErrorCode] == table["errors"]
    assert {row["code"]: row["reconnect"] for row in table["close"]} == {
        row["code"]: codes.reconnects(row["code"]) for row in table["close"]
    }
    assert {row["code"] for row in table["close"] if row["name"]} == set(codes.CloseCode)


@pytest.mark.parametrize("case", cases("presence"))
def test_presence(case: dict[str, Any]) -> None:
    roster = Roster()
    for step in case["steps"]:
        message = presence.read(**step["message"])
        if message is not None:
            roster.apply(message)
        shown = [{"metadata": [], **msgspec.to_builtins(user)} for user in roster.users()]
        assert (roster.ready, shown) == (step["ready"], step["users"])


@pytest.mark.parametrize("case", cases("log"))
def test_log(case: dict[str, Any]) -> None:
    log = Log("notes", Position("E", 0, ""))
    for id in case["append"]:
        log.append(Draft("note", b"{}", "2026-11-23T08:00:00.000Z", id), now=0)
        log.trim(events=case["max_events"], size=1_000_000, before=0)
    for ask in case["since"]:
        entries = log.since(Position(**ask["position"]), limit=100)
        assert (entries is not None) == ask["covered"]
        assert [entry.position.offset for entry in entries or []] == ask["offsets"]
