"""Each line of the guide's defects ("Python server"): one scenario, seen on the guide's own code and on ours.

`original` is the guide's endpoint and manager, `migrated` its endpoint with our manager, `routed` declared
channels with our endpoint. Who comes in, and how much they may do, is in `test_trust_defects`.
"""

import ast
import builtins
import contextlib
import json
import sys
from pathlib import Path
from types import FrameType
from typing import Any, Self

import msgspec
import pytest

from tests.guide.application import ENDPOINT, migrated, original, routed
from tests.guide.live import Me, Schedule, ScheduleCreated, Schedules
from tests.guide.tabs import House, Message, Scenario, Tab, created, numbers, seen, settled
from tests.stage import HAND_TURNED
from tidings import ChannelError, EventError, WSEventType


@pytest.fixture(scope="module")
def anyio_backend() -> Any:
    return HAND_TURNED


# ---- One connection per user: second tab steals delivery; disconnect scans all users.


async def test_one_connection_per_user_second_tab_steals_delivery() -> None:
    async def two_tabs(house: House) -> Any:
        first, second = await house.tab("7"), await house.tab("7")
        await house.manager.send_to_user(7, created(1))
        await settled()
        both = [numbers(first), numbers(second)]
        second.leave()
        await settled()
        await house.manager.send_to_user(7, created(2))
        await settled()
        return both, numbers(first)

    assert await seen(original, two_tabs) == ([[], [1]], [])
    assert await seen(migrated, two_tabs) == ([[1], [1]], [2])
    assert await seen(routed, two_tabs) == ([[1], [1]], [2])


# ---- Dict mutated during awaited broadcast: 1 of 5 delivered.


async def test_dict_mutated_during_awaited_broadcast() -> None:
    async def one_comes_meanwhile(house: House) -> Any:
        tabs = [await house.tab("7", "schedules") for _ in range(5)]
        tabs[0].get_stuck()
        publishing = await house.begun(house.manager.broadcast_to_channel("schedules", created(1)))
        await house.tab("8")
        tabs[0].go_on()
        await settled()
        return sum(numbers(tab) == [1] for tab in tabs), type(publishing.exception())

    assert await seen(original, one_comes_meanwhile) == (1, RuntimeError)
    assert await seen(migrated, one_comes_meanwhile) == (5, type(None))
    assert await seen(routed, one_comes_meanwhile) == (5, type(None))


# ---- One dead socket aborts the broadcast (1 of 4) and fails the publishing request.


async def test_one_dead_socket_aborts_the_broadcast_and_fails_the_publisher() -> None:
    async def one_is_dead(house: House) -> Any:
        tabs = [await house.tab("7", "schedules") for _ in range(4)]
        tabs[1].die()
        publishing = await house.begun(house.notify(Schedule(id=1, staff_id=8)))
        return [numbers(tab) for tab in tabs], publishing.exception() is None

    assert await seen(original, one_is_dead) == ([[1], [], [], []], False)
    assert await seen(migrated, one_is_dead) == ([[1], [], [1], [1]], True)
    assert await seen(routed, one_is_dead) == ([[1], [], [1], [1]], True)


# ---- Sequential sends without timeout, queue or bound; JSON re-encoded per recipient; concurrent senders unordered.


async def test_sequential_sends_wait_for_a_stuck_reader() -> None:
    async def one_is_stuck(house: House) -> Any:
        tabs = [await house.tab("7", "schedules") for _ in range(3)]
        tabs[0].get_stuck()
        publishing = await house.begun(house.manager.broadcast_to_channel("schedules", created(1)))
        meanwhile = [numbers(tab) for tab in tabs], publishing.done()
        tabs[0].go_on()
        await settled()
        return meanwhile, numbers(tabs[0])

    assert await seen(original, one_is_stuck) == (([[], [], []], False), [1])
    assert await seen(migrated, one_is_stuck) == (([[], [1], [1]], True), [1])
    assert await seen(routed, one_is_stuck) == (([[], [1], [1]], True), [1])


class Encodings:
    """Counts how often JSON is written on this thread: `json.dumps`, and the encoders of msgspec and Pydantic."""

    def __init__(self) -> None:
        self.count = 0

    def __enter__(self) -> Self:
        sys.setprofile(self._look)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)

    def _look(self, frame: FrameType, event: str, called: Any) -> None:
        if event == "call":
            self.count += frame.f_code is json.dumps.__code__
        elif event == "c_call":
            owner = type(getattr(called, "__self__", None))
            self.count += called is msgspec.json.encode or owner is msgspec.json.Encoder or called.__name__ == "to_json"


async def test_json_is_encoded_again_for_each_recipient() -> None:
    def readers(count: int) -> Scenario:
        async def encoded(house: House) -> tuple[int, int]:
            """How often JSON is written for them, and how many texts they are given."""
            tabs = [await house.tab("7", "schedules") for _ in range(count)]
            with Encodings() as encodings:
                await house.manager.broadcast_to_channel("schedules", created(1))
                await settled()
            texts = {id(frame) for tab in tabs for frame in tab.frames}
            assert all(numbers(tab) == [1] for tab in tabs)
            return encodings.count, len(texts)

        return encoded

    assert await seen(original, readers(1)) == (1, 1)
    assert await seen(original, readers(10)) == (10, 10)
    for ours in (migrated, routed):
        for_one, _ = await seen(ours, readers(1))
        assert for_one > 0
        assert await seen(ours, readers(10)) == (for_one, 1)


async def test_concurrent_senders_are_unordered() -> None:
    async def two_publish(house: House) -> list[int]:
        stuck, reader = await house.tab("7", "schedules"), await house.tab("8", "schedules")
        stuck.get_stuck()
        await house.begun(house.manager.broadcast_to_channel("schedules", created(1)))
        stuck.says("unsubscribe", {"channels": ["schedules"]})
        await settled()
        await house.begun(house.manager.broadcast_to_channel("schedules", created(2)))
        stuck.go_on()
        await settled()
        return numbers(reader)

    assert await seen(original, two_publish) == [2, 1]
    assert await seen(migrated, two_publish) == [1, 2]
    assert await seen(routed, two_publish) == [1, 2]


# ---- Cleanup only on `WebSocketDisconnect`: malformed JSON or missing keys leak; the greeting is outside `try`.

BROKEN = ["{", "[]", '{"payload": {}}', '{"type": "subscribe"}', '{"type": "subscribe", "payload": {"channels": 5}}']


@pytest.mark.parametrize("text", BROKEN)
async def test_malformed_json_or_missing_keys_leak_the_connection(text: str) -> None:
    async def says_it(house: House) -> tuple[bool, int]:
        tab = await house.tab("7")
        tab.says_text(text)
        await settled()
        return tab.ended(), house.connected()

    assert await seen(original, says_it) == (True, 1)
    assert await seen(migrated, says_it) == (True, 0)
    assert await seen(routed, says_it) == (False, 1)


@pytest.mark.parametrize("text", BROKEN)
async def test_malformed_json_or_missing_keys_end_the_connection_unanswered(text: str) -> None:
    async def says_it(house: House) -> list[str]:
        tab = await house.tab("7")
        tab.says_text(text)
        tab.says("ping")
        await settled()
        return [message["type"] for message in tab.heard()]

    assert await seen(original, says_it) == []
    assert await seen(routed, says_it) == ["connection:error", "pong"]


async def test_the_greeting_is_outside_try() -> None:
    async def gone_before_the_greeting(house: House) -> tuple[bool, int]:
        tab = Tab("7")
        tab.die()
        await house.visited(tab)
        tab.leave()
        await settled()
        return tab.ended(), house.connected()

    assert await seen(original, gone_before_the_greeting) == (True, 1)
    assert await seen(migrated, gone_before_the_greeting) == (True, 0)
    assert await seen(routed, gone_before_the_greeting) == (True, 0)


# ---- `channels: "schedules"` subscribes to seven letters; no validation.


async def test_channels_as_text_subscribes_to_its_letters() -> None:
    async def subscribes_to_text(house: House) -> Any:
        tab = await house.tab("7")
        answers = await house.asked(tab, "subscribe", {"channels": "schedules"})
        with contextlib.suppress(ChannelError):  # `routed` has no channel "s"
            await house.manager.broadcast_to_channel("s", created(1))
        await settled()
        return [message["type"] for message in answers], numbers(tab)

    assert await seen(original, subscribes_to_text) == (["subscribed"], [1])
    assert await seen(migrated, subscribes_to_text) == ([], [])
    assert await seen(routed, subscribes_to_text) == (["connection:error"], [])


@pytest.mark.parametrize("name", ["", "no spaces", "x" * 300, "undeclared"])
async def test_channel_names_are_not_validated(name: str) -> None:
    async def subscribes(house: House) -> list[str]:
        tab = await house.tab("7")
        await house.asked(tab, "subscribe", {"channels": [name]})
        answers = await house.asked(tab, "subscribe", {"channels": ["schedules", name]})
        return [message["payload"].get("code") or message["payload"]["channels"] for message in answers]

    assert await seen(original, subscribes) == [["schedules", name]]
    code = "unknown_channel" if name == "undeclared" else "invalid_channel"
    assert await seen(routed, subscribes) == [code, ["schedules"]]


# ---- Staff subscribed to `schedules` receive each event twice.


async def test_staff_subscribed_to_schedules_receive_twice() -> None:
    async def hears_of_the_own_schedule(house: House) -> list[Message]:
        tab = await house.tab("7", "schedules")
        await house.notify(Schedule(id=1, staff_id=7))
        await settled()
        return tab.heard("schedule:created")

    twice = await seen(original, hears_of_the_own_schedule)
    assert len(twice) == 2
    assert twice[0] == twice[1], "nothing tells where they belong: a handler hears both"
    for ours in (migrated, routed):
        events = await seen(ours, hears_of_the_own_schedule)
        assert {event["channel"]: event["offset"] for event in events} == {"schedules": 1, "user:7": 1}
        assert len(events) == 2
        assert len({event["id"] for event in events}) == 1, "one id: a client's handlers hear it once (spec, section 6)"


# ---- `user_id` type mismatch (`staff_id` versus `current_user.id`) loses messages silently.


async def test_user_id_type_mismatch_loses_messages() -> None:
    async def is_sent_to(house: House) -> list[int]:
        tab = await house.tab("7")  # `current_user.id` is a number
        await house.manager.send_to_user("7", created(1))
        await settled()
        return numbers(tab)

    assert await seen(original, is_sent_to) == []
    assert await seen(migrated, is_sent_to) == [1]
    assert await seen(routed, is_sent_to) == [1]


# ---- ORM objects in the payload may not serialise.


class Row:
    """As an ORM gives it: attributes, no dictionary."""

    def __init__(self, id: int, staff_id: int) -> None:
        self.id, self.staff_id, self.version = id, staff_id, 1


async def test_orm_objects_in_the_payload() -> None:
    async def is_sent_a_row(house: House) -> None:
        message = {**created(1), "payload": {"schedule": Row(1, 7)}}
        tab = await house.tab("7", "schedules")
        try:
            await house.manager.broadcast_to_channel("schedules", message)
        finally:
            await settled()
            assert not tab.ended()

    with pytest.raises(TypeError, match="Row is not JSON serializable"):
        await seen(original, is_sent_a_row)
    with pytest.raises(EventError, match="a Row in the payload is not JSON; publish a declared event"):
        await seen(migrated, is_sent_a_row)

    async def is_published(house: House) -> list[int]:
        tab = await house.tab("8", "schedules")
        event = ScheduleCreated.model_validate({"schedule": Row(1, 7)})
        await house.manager.publish(event, Schedules(), Me(user_id=7))
        await settled()
        return numbers(tab)

    assert await seen(routed, is_published) == [1]


# ---- `SUBSCRIBED.total` is wrong; no unsubscribe ack; pong breaks the envelope; request ids, unknown types ignored.


async def test_subscribed_total_is_wrong() -> None:
    async def subscribes_twice(house: House) -> list[int]:
        tab = await house.tab("7")
        answers = [
            await house.asked(tab, "subscribe", {"channels": [name]}) for name in ("schedules", "team:1:schedules")
        ]
        return [answer["payload"]["total"] for [answer] in answers]

    assert await seen(original, subscribes_twice) == [1, 1]
    assert await seen(routed, subscribes_twice) == [1, 2]


async def test_no_unsubscribe_ack() -> None:
    async def unsubscribes(house: House) -> list[Any]:
        tab = await house.tab("7", "schedules")
        answers = await house.asked(tab, "unsubscribe", {"channels": ["schedules"]})
        return [(answer["type"], answer["payload"]) for answer in answers]

    assert await seen(original, unsubscribes) == []
    assert await seen(routed, unsubscribes) == [("unsubscribed", {"channels": ["schedules"]})]


async def test_pong_breaks_the_envelope() -> None:
    async def pings(house: House) -> set[str]:
        [pong] = await house.asked(await house.tab("7"), "ping")
        assert pong["type"] == "pong"
        return set(pong)

    assert await seen(original, pings) == {"type", "payload"}
    assert await seen(migrated, pings) == {"type", "payload", "timestamp", "id"}
    assert await seen(routed, pings) == {"type", "payload", "timestamp", "id", "reply_to"}


@pytest.mark.parametrize("type", ["subscribe", "ping"])
async def test_request_ids_are_ignored(type: str) -> None:
    async def asks(house: House) -> bool:
        tab = await house.tab("7")
        id = tab.says(type, {"channels": ["schedules"]})
        await settled()
        [answer] = tab.heard()
        return answer.get("reply_to") == id

    assert not await seen(original, asks)
    assert await seen(routed, asks)


async def test_unknown_types_are_ignored() -> None:
    async def says_something_unknown(house: House) -> list[str]:
        answers = await house.asked(await house.tab("7"), "subscrib", {"channels": ["schedules"]})
        return [answer["payload"]["code"] for answer in answers]

    assert await seen(original, says_something_unknown) == []
    assert await seen(routed, says_something_unknown) == ["unknown_type"]


# ---- Missing imports (`Query`, `json`, `uuid`, `Schedule`).


def _undefined(source: Path) -> set[str]:
    """Names that a module reads and nowhere binds."""
    nodes = list(ast.walk(ast.parse(source.read_text())))
    names = [node for node in nodes if isinstance(node, ast.Name)]
    bound = {node.id for node in names if isinstance(node.ctx, ast.Store)} | set(vars(builtins))
    for node in nodes:
        if isinstance(node, ast.Import | ast.ImportFrom):
            bound |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            bound.add(node.name)
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
    return {node.id for node in names if isinstance(node.ctx, ast.Load)} - bound


def test_missing_imports() -> None:
    missing = _undefined(ENDPOINT)
    assert {"Query", "json", "uuid", "Schedule"} <= missing
    # All that is left for the application to supply: its own names, FastAPI's, and the standard library's.
    assert missing == {"Query", "json", "uuid", "Schedule", "app", "manager", "get_current_user_from_token"}
    assert {kind.name for kind in WSEventType} >= {"CONNECTION_ESTABLISHED", "SUBSCRIBE", "SUBSCRIBED", "PING", "PONG"}
