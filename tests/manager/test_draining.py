"""A manager that stops: everybody is told, is served until its turn, and the last has gone in time."""

from typing import Any

import pytest

from tests.stage import HAND_TURNED, Client, Stage, hand
from tidings import Handshake, Limits
from tidings.protocol.codes import CloseCode
from tidings.protocol.draining import TICK, plan

CLIENTS, WITHIN = 200, 25.0
WAITS = [plan(CLIENTS, WITHIN).wait(place) for place in range(CLIENTS)]

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def anyio_backend() -> Any:
    return HAND_TURNED


async def crowd() -> tuple[Stage, list[Client]]:
    stage = Stage(limits=Limits(connections_per_user=CLIENTS))
    return stage, [await stage.subscribed("ann", "notes") for _ in range(CLIENTS)]


async def test_each_is_told_its_own_time_and_closed_then() -> None:
    stage, clients = await crowd()
    stage.manager.drain(WITHIN)
    await stage.turns()
    assert [client.one()["payload"]["reconnect_after"] for client in clients] == WAITS
    for passed in range(round(WAITS[-1] / TICK) + 1):
        open_still = [client.closed_with() is None for client in clients]
        assert open_still == [wait > (passed + 0.5) * TICK for wait in WAITS]
        await hand().advance(TICK)
    assert {client.closed_with() for client in clients} == {CloseCode.SERVICE_RESTART}
    await stage.settled()


async def test_events_go_on_until_the_close() -> None:
    stage, clients = await crowd()
    stage.manager.drain(WITHIN)
    await stage.turns()
    await hand().advance(TICK)
    served = [client for client in clients if client.closed_with() is None]
    assert 0 < len(served) < CLIENTS
    await stage.post(1)
    assert {tuple(client.numbers()) for client in served} == {(1,)}
    await stage.manager.stop()


async def test_nobody_comes_in_and_to_drain_again_changes_nothing() -> None:
    stage, clients = await crowd()
    stage.manager.drain(WITHIN)
    refusal = stage.manager.refusal(Handshake(path="/ws"))
    assert refusal is not None
    assert refusal.status == 503
    await stage.turns()
    stage.manager.drain(0.0)
    await stage.turns()
    assert {len(client.read()) for client in clients} == {1}
    await stage.manager.stop()


async def test_to_stop_closes_at_once_who_is_still_here() -> None:
    stage, clients = await crowd()
    stage.manager.drain(WITHIN)
    await stage.turns()
    await stage.manager.stop()
    assert {client.closed_with() for client in clients} == {CloseCode.SERVICE_RESTART}
    await stage.settled()


async def test_who_goes_by_itself_is_passed_over() -> None:
    stage, clients = await crowd()
    stage.manager.drain(WITHIN)
    await stage.turns()
    clients[-1].connection.lost()
    await hand().advance(WITHIN)
    assert [client.closed_with() is None for client in clients] == [False] * (CLIENTS - 1) + [True]
    await stage.settled()
