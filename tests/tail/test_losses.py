"""What the log says when many logs have lost something at once."""

import pytest

from tests.brokers.conftest import redis_broker
from tests.brokers.follower import Follower, draft
from tidings.protocol.log import Position
from tidings.tail.losses import Losses
from torture.valkey import running


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.message for record in caplog.records if record.name == "tidings"]


async def test_the_first_is_named_and_the_others_are_counted(caplog: pytest.LogCaptureFixture) -> None:
    losses = Losses()
    for _ in range(2):
        for number in range(10_000):
            top, seen = Position("E", 0, ""), Position("E", 1, "a")
            losses.note(f"notes:{number}", "was rolled back", top=top, seen=seen)
        losses.close()
    first = "the log of notes:0 was rolled back: it is at ('E', 0, ''), and was read here up to ('E', 1, 'a')"
    others = "9999 further logs have lost what was read of them here; their readers start anew"
    assert warnings(caplog) == [first, others] * 2


async def test_a_server_that_was_emptied_is_told_in_few_lines(caplog: pytest.LogCaptureFixture) -> None:
    names = [f"notes:{number}" for number in range(100)]
    with running() as server:
        broker = redis_broker(server.url, compare=0.2)
        follower = Follower(broker)
        for name in names:
            await broker.follow(name)
            await broker.append(name, draft("a"))
        with server.client() as client:
            client.flushall()
        await follower.until(lambda: {name for name, _ in follower.resets} == set(names))
        await broker.close()
    told = warnings(caplog)
    assert "the log of notes:" in told[0]
    assert len(told) < 20
