"""Committed rows reach logs in Redis."""

from sqlalchemy import Engine
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.brokers.conftest import redis_broker
from tests.brokers.follower import Follower
from tests.outbox.conftest import live
from tests.outbox.desk import Relayed, Table
from tests.stage import Notes, Room
from tests.valkey import redis_url, valkey

__all__ = ["redis_url", "valkey"]

import pytest
from sqlalchemy.orm import Session


@pytest.fixture
def driver() -> str:
    return "sqlite"


async def test_what_is_committed_is_delivered_in_order_and_what_is_rolled_back_never(
    engine: Engine | AsyncEngine, redis_url: str
) -> None:
    broker, elsewhere = redis_broker(redis_url), redis_broker(redis_url)
    desk = Relayed(live(broker=broker), engine)
    await desk.connected(desk.outbox.metadata.create_all)
    await desk.connected(Table.metadata.create_all)
    follower = Follower(elsewhere)
    await elsewhere.follow("notes")

    def scenario(session: Session) -> None:
        desk.publish(session, 1, Notes(), id="one")
        session.commit()
        desk.publish(session, 2, Notes(), id="two")
        session.rollback()
        desk.publish(session, 3, Notes(), id="three")
        desk.publish(session, 4, Room(room_id=1), id="four")
        session.commit()

    await desk.run(scenario)
    assert await desk.log() == ["one", "three"]
    assert await desk.log("room:1") == ["four"]
    assert [position.id for position in await follower.has("notes", 2)] == ["one", "three"]
    await desk.manager.stop()
    await broker.close()
    await elsewhere.close()
