"""What a manager counts of what happens to its connections and its events."""

from inspect import isawaitable
from typing import Any

import pytest

from tests.stage import HAND_TURNED, Hearing, NotePosted, Notes, Stage, position
from tidings import ConnectionManager, Handshake, Limits, MemoryBroker
from tidings.broker import Broker
from tidings.metrics import Histogram
from tidings.protocol.events import Draft
from tidings.protocol.log import Entry


@pytest.fixture(scope="module")
def anyio_backend() -> Any:
    return HAND_TURNED


async def gauges(manager: ConnectionManager) -> dict[str, float]:
    found: dict[str, float] = {}
    for ask in manager.metrics.gauges.values():
        answer = ask()
        found.update(await answer if isawaitable(answer) else answer)
    return found


def test_a_histogram_counts_each_value_in_the_first_range_that_reaches_it():
    histogram = Histogram((1, 10))
    for value in (0, 1, 2, 10, 11):
        histogram.observe(value)
    assert (histogram.counts, histogram.total) == ([2, 2, 1], 24)


async def test_connections_and_what_they_follow():
    stage = Stage()
    first, second = [await stage.subscribed(user, "notes") for user in ("7", "8")]
    second.send("subscribe", {"channels": ["room:1"]})
    await stage.settled()
    metrics = stage.manager.metrics
    assert (metrics.opened, sum(metrics.establish_seconds.counts)) == (2, 2)
    now = await gauges(stage.manager)
    assert (now["connections"], now["subscriptions"], now["channels"], now["slow_readers"]) == (2, 5, 4, 0)
    assert "control_age_seconds" not in now  # with the logs of one process there is nothing to read
    first.connection.lost()
    first.connection.lost()
    stage.manager.disconnect(second.connection.id)
    second.connection.lost()
    assert metrics.closed == {"lost": 1, "1000": 1}
    assert (await gauges(stage.manager))["connections"] == 0


async def test_events_and_their_deliveries():
    stage = Stage()
    for user in ("7", "8", "9"):
        await stage.subscribed(user, "notes")
    await stage.post(1, 4)
    metrics = stage.manager.metrics
    assert metrics.deliveries == 12
    assert [sum(it.counts) for it in (metrics.publish_seconds, metrics.delivery_seconds)] == [4, 4]
    assert metrics.publishes == {"appended": 4, "committed": 0, "failed": 0}


async def test_an_event_that_the_broker_refuses():
    class Full(MemoryBroker):
        async def append(self, channel: str, draft: Draft) -> Entry:
            raise ConnectionError("full")

    stage = Stage(broker=Full())
    with pytest.raises(ConnectionError):
        await stage.post(1)
    assert stage.manager.metrics.publishes["failed"] == 1
    assert sum(stage.manager.metrics.publish_seconds.counts) == 0


async def test_a_slow_reader_what_it_is_sent_later_and_what_is_left_out():
    stage = Stage()
    slow = await stage.subscribed("slow", "notes", room=1)
    for _ in range(5):
        await stage.manager.publish(NotePosted(note_id=1), Notes())
    assert (await gauges(stage.manager))["slow_readers"] == 1
    assert slow.numbers() == [1, 1]
    await stage.settled()
    assert slow.numbers() == [1]
    metrics = stage.manager.metrics
    assert (metrics.slowed, metrics.deliveries, metrics.replayed, metrics.conflated) == (1, 2, 1, 2)
    assert (await gauges(stage.manager))["slow_readers"] == 0


async def test_recoveries_by_outcome_with_the_length_of_the_replay():
    stage = Stage(broker=None)
    before = await stage.subscribed("7", "notes")
    await stage.post(1, 6)
    message = before.read()[1]
    after = await stage.subscribed("8", "notes", notes=position(message))
    await stage.settled()
    assert after.numbers() == [3, 4, 5, 6]
    await stage.subscribed("9", "notes", notes={**position(message), "epoch": "another"})
    metrics = stage.manager.metrics
    assert (metrics.recoveries, metrics.resets) == ({"recovered": 1, "reset": 1}, 1)
    assert (metrics.replay_events.total, metrics.replayed) == (4, 4)


async def test_refusals_by_reason_and_nothing_else_of_what_was_said():
    stage = Stage(rule=lambda channel, user: False)
    client = await stage.signed_in("7")
    client.send("subscribe", {"channels": ["notes", "nowhere"]})
    client.connection.receive("no JSON")
    await stage.settled()
    stage.manager.metrics.refused("a code of the application's own")
    expected = {"forbidden": 1, "unknown_channel": 1, "invalid_json": 1, "application": 1}
    assert stage.manager.metrics.refusals == expected


async def test_upgrades_that_are_refused_by_status():
    stage = Stage(limits=Limits(connections=1))
    headers = [("origin", "https://elsewhere.example"), ("host", "here.example")]
    assert stage.manager.refusal(Handshake(path="/ws", headers=headers))
    await stage.signed_in("7")
    assert stage.manager.refusal(Handshake(path="/ws"))
    assert stage.manager.metrics.upgrades_refused == {"403": 1, "503": 1}


async def test_the_lag_is_what_the_broker_says():
    class Behind(MemoryBroker):
        async def behind(self) -> int:
            return 7

    broker: Broker = Behind()
    broker.attach(Hearing(lambda channel, entry: None))
    assert (await gauges(Stage(broker=broker).manager))["broker_lag"] == 7
