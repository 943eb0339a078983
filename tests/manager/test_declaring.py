"""What a manager is told before it serves, and managers beside one another."""

from typing import Any

import pytest

from tests.stage import (
    HeldBroker,
    Me,
    Notes,
    Room,
    Shouted,
    Stage,
)
from tidings import (
    Channel,
    ConnectionManager,
    DeclarationError,
    User,
)
from tidings.protocol.codes import CloseCode


class TestDeclare:
    def test_a_rule_needs_a_declared_channel(self) -> None:
        with pytest.raises(DeclarationError, match=r"add it to ConnectionManager\(channels="):
            ConnectionManager(channels=[Notes]).authorize(Room)

    def test_a_second_rule_and_a_second_handler_are_refused(self) -> None:
        manager = ConnectionManager(channels=[Notes])
        manager.authorize(Notes)(lambda channel, user: True)
        with pytest.raises(DeclarationError, match="one channel, one rule"):
            manager.authorize(Notes)(lambda channel, user: True)
        manager.on(Shouted)(lambda shouted, user: None)
        with pytest.raises(DeclarationError, match="'shouted' has a handler already"):
            manager.on(Shouted)(lambda shouted, user: None)

    async def test_a_channel_without_a_rule_is_refused_at_start(self) -> None:
        manager = ConnectionManager(channels=[Notes, Room, Me])
        manager.authorize(Notes)(lambda channel, user: True)
        with pytest.raises(DeclarationError, match=r"nobody could follow Room: add a rule, @manager.authorize\(Room\)"):
            manager.start("asgi")

    def test_declaring_gives_the_function_back(self) -> None:
        manager = ConnectionManager(channels=[Notes, Room])

        def rule(channel: Channel[Any], user: User) -> bool:
            return True

        assert manager.authorize(Notes, Room)(rule) is rule

    def test_a_router_needs_to_know_who_connects(self) -> None:
        with pytest.raises(DeclarationError, match="authenticate="):
            ConnectionManager().router()

    async def test_a_manager_that_was_not_told_how_to_authenticate_lets_nobody_in(self) -> None:
        stage = Stage()
        stage.manager = ConnectionManager(channels=[Notes])
        client = stage.opened("ann")
        await stage.settled()
        assert client.closed_with() == CloseCode.UNAUTHORIZED


class TestSeveral:
    async def test_managers_do_not_know_each_other(self) -> None:
        one, other = Stage(), Stage()
        clients = [await stage.subscribed("ann", "notes") for stage in (one, other)]
        await one.post(1)
        assert [client.numbers() for client in clients] == [[1], []]

    async def test_managers_that_share_a_broker_share_its_logs(self) -> None:
        broker = HeldBroker()
        one, other = Stage(broker=broker), Stage(broker=broker)
        clients = [await stage.subscribed("ann", "notes") for stage in (one, other)]
        await one.post(1)
        await other.post(2)
        assert [client.numbers() for client in clients] == [[1, 2], [1, 2]]
        clients[0].connection.lost()
        await one.post(3)
        assert clients[1].numbers() == [3]
