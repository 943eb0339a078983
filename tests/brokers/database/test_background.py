"""The thread that a broker works on."""

import asyncio

from sqlalchemy import Engine
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.brokers.conftest import database_broker
from tests.brokers.follower import draft


def test_it_ends_with_the_broker_though_the_loop_of_the_followers_was_closed_under_it(
    engine: Engine | AsyncEngine,
) -> None:
    broker = database_broker(engine)
    loop = asyncio.new_event_loop()
    loop.run_until_complete(broker.follow("notes"))
    loop.close()  # and the tasks on it never end
    asyncio.run(asyncio.wait_for(broker.close(), 20))


def test_it_begins_again_after_its_end(engine: Engine | AsyncEngine) -> None:
    broker = database_broker(engine)
    for offset in (1, 2):
        assert asyncio.run(broker.append("notes", draft(str(offset)))).position.offset == offset
        asyncio.run(broker.close())
