"""Which messages are applied: the vectors of the specification, and what they leave out."""

import json
from pathlib import Path
from typing import Any

import pytest

from tidings.client import wire
from tidings.client.applying import Action, Phase, Reading, Step, answer, ask, leave, receive, reset
from tidings.protocol.log import Position

DOCUMENT = json.loads((Path(__file__).parents[2] / "spec" / "vectors" / "applying.json").read_text())
LIVE = Reading(Phase.LIVE, Position("e", 3, "e3"))


def at(offset: int, epoch: str = "e") -> Position:
    return Position(epoch, offset, f"{epoch}{offset}")


def step(reading: Reading, message: wire.Message) -> Step:
    channel = DOCUMENT["channel"]
    match message.body:
        case wire.Subscribed() as body:
            return answer(reading, body.positions[channel].position, recovered=body.recovered[channel])
        case wire.ChannelReset() as body:
            return reset(reading, body.position.position)
    assert message.position is not None
    return receive(reading, message.position, message.envelope.after)


@pytest.mark.parametrize("case", DOCUMENT["cases"], ids=lambda case: case["name"])
def test_vectors(case: dict[str, Any]) -> None:
    given = case["position"]
    reading = ask(Reading(Phase.OUT, given and Position(**given)))
    for expected in case["steps"]:
        action, reading = step(reading, wire.read(json.dumps(expected["message"])))
        assert reading.position is not None
        assert (action, reading.position.document()) == (expected["action"], expected["position"])


@pytest.mark.parametrize("phase", [Phase.OUT, Phase.ASKING, Phase.RESUMING, Phase.AWAITING_RESET])
def test_before_the_answer_events_are_dropped(phase: Phase) -> None:
    reading = Reading(phase, at(3))
    assert receive(reading, at(4)) == Step(Action.DROP, reading)


def test_an_answer_that_was_not_asked_for_is_dropped() -> None:
    assert answer(LIVE, at(9), recovered=True) == Step(Action.DROP, LIVE)


def test_a_reset_before_the_answer_moves_the_position_and_the_answer_is_still_awaited() -> None:
    action, reading = reset(ask(LIVE), at(7, "f"))
    assert (action, reading) == (Action.RESET, Reading(Phase.RESUMING, at(7, "f")))
    assert answer(reading, at(9, "f"), recovered=True).action is Action.CATCHING_UP


def test_a_reset_of_a_channel_that_was_left_is_dropped() -> None:
    assert reset(leave(LIVE), at(9)) == Step(Action.DROP, Reading(Phase.OUT, at(3)))


def test_a_replay_that_begins_after_a_resubscribe_is_live_only_at_the_new_top() -> None:
    asked = ask(Reading(Phase.CATCHING_UP, at(3), 5))
    reading = answer(asked, at(8), recovered=True).reading
    assert receive(reading, at(4)).action is Action.APPLY


def test_an_event_before_any_position_asks_for_one() -> None:
    assert receive(Reading(Phase.LIVE, None), at(1)).action is Action.RESUBSCRIBE
