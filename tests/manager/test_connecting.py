"""Who is let in, and an endpoint of the application's own."""

import asyncio
import gc
import weakref
from typing import Any

import pytest
from starlette.exceptions import WebSocketException
from starlette.websockets import WebSocketDisconnect

from tests.manager.recording import RecordingSocket
from tests.stage import (
    Notes,
    Stage,
    hand,
)
from tidings import (
    ConnectionManager,
    Handshake,
    Limits,
    Refused,
    User,
)
from tidings.handshake import NO_HANDSHAKE, Refusal
from tidings.protocol.codes import CloseCode


class TestConnect:
    """`manager.connect` in the application's own endpoint."""

    async def test_it_accepts_greets_and_delivers(self) -> None:
        stage, socket = Stage(), RecordingSocket()
        id = await stage.manager.connect(socket, 7)
        await stage.manager.subscribe(id, ["notes"])
        await stage.post(1)
        await stage.turns()
        greeting, event = socket.take()
        assert socket.accepted
        assert (greeting["type"], greeting["payload"]["connection_id"]) == ("connection:established", id)
        assert greeting["payload"]["user_id"] == "7"
        assert event["payload"]["note_id"] == 1
        assert stage.manager.connections(7) == 1

    async def test_disconnect_leaves_nothing(self) -> None:
        stage, socket = Stage(), RecordingSocket()
        id = await stage.manager.connect(socket, "ann")
        await stage.manager.subscribe(id, ["notes"])
        stage.manager.disconnect(id)
        stage.manager.disconnect(id)
        await stage.settled()
        assert socket.closed == (1000, "")
        assert stage.manager.connections("ann") == 0
        assert stage.broker.following == {}

    @pytest.mark.parametrize("failure", [None, LookupError("in the endpoint"), asyncio.CancelledError()])
    async def test_it_ends_with_the_task_that_called_it_however_that_ends(self, failure: BaseException | None) -> None:
        stage, socket = Stage(), RecordingSocket()

        async def endpoint() -> None:
            id = await stage.manager.connect(socket, "ann")
            await stage.manager.subscribe(id, ["notes"])
            if failure is not None:
                raise failure

        await asyncio.gather(asyncio.create_task(endpoint()), return_exceptions=True)
        await stage.settled()
        assert stage.manager.connections("ann") == 0
        assert stage.broker.following == {}

    @pytest.mark.parametrize("user_id", [None, "", "a b", True])
    async def test_a_user_id_that_is_none_is_refused_before_the_socket_is_accepted(self, user_id: Any) -> None:
        stage, socket = Stage(), RecordingSocket()
        with pytest.raises(Refused, match="1 to 128 characters"):
            await stage.manager.connect(socket, user_id)
        assert not socket.accepted

    async def test_origins_and_limits_hold_before_the_socket_is_accepted(self) -> None:
        stage = Stage(limits=Limits(connections=1))
        foreign = RecordingSocket()
        foreign.scope["headers"] = [(b"origin", b"https://elsewhere.example"), (b"host", b"app.example")]
        with pytest.raises(WebSocketException, match="elsewhere"):
            await stage.manager.connect(foreign, "ann")
        await stage.manager.connect(RecordingSocket(), "ann")
        late = RecordingSocket()
        with pytest.raises(WebSocketException):
            await stage.manager.connect(late, "bob")
        assert [foreign.accepted, late.accepted] == [False, False]

    async def test_a_user_with_an_end_is_closed_at_it(self) -> None:
        stage, socket = Stage(), RecordingSocket()
        await stage.manager.connect(socket, User("ann", expires_at=stage.now() + 10))
        await hand().advance(8)
        assert stage.manager.connections("ann") == 1
        await hand().advance(3)
        await stage.settled()
        assert socket.closed is not None
        assert socket.closed[0] == CloseCode.EXPIRED

    async def test_who_was_disconnected_is_let_in_by_an_endpoint_that_asks_anew(self) -> None:
        stage = Stage()
        await stage.manager.connect(RecordingSocket(), "ann")
        await stage.manager.disconnect_user("ann")
        assert stage.manager.connections("ann") == 0
        await hand().advance(1)
        old, new = RecordingSocket(), RecordingSocket()
        await stage.manager.connect(old, User("ann", issued_at=stage.now() - 1))
        await stage.settled()
        assert old.closed is not None
        assert old.closed[0] == CloseCode.UNAUTHORIZED
        await stage.manager.connect(new, "ann")
        assert stage.manager.connections("ann") == 1

    async def test_a_server_that_stops_meanwhile_leaves_nothing(self) -> None:
        stage, socket = Stage(), RecordingSocket()
        stage.broker.follow_gate.close()
        connecting = asyncio.create_task(stage.manager.connect(socket, "ann"))
        await stage.broker.follow_gate.reached()
        await stage.manager.stop()
        stage.broker.follow_gate.open()
        await connecting
        await stage.settled()
        assert socket.closed is not None
        assert socket.closed[0] == CloseCode.SERVICE_RESTART
        assert stage.broker.following == {}

    def test_a_manager_that_was_stopped_takes_connections_on_the_next_event_loop(self) -> None:
        manager = ConnectionManager()

        async def serve() -> tuple[object, object]:
            before = manager.refusal(NO_HANDSHAKE)
            await manager.stop()
            return before, manager.refusal(NO_HANDSHAKE)

        for _ in range(2):
            before, after = asyncio.run(serve())
            assert before is None
            assert isinstance(after, Refusal)
            assert after.status == 503

    @pytest.mark.parametrize("failure", [WebSocketDisconnect(1006), RuntimeError("closed"), OSError("reset")])
    async def test_a_client_that_has_gone_is_forgotten_and_the_others_go_on(self, failure: Exception) -> None:
        stage = Stage()
        sockets = [RecordingSocket() for _ in range(3)]
        for number, socket in enumerate(sockets):
            id = await stage.manager.connect(socket, f"user{number}")
            await stage.manager.subscribe(id, ["notes"])
        await stage.turns()
        sockets[1].broken = failure
        await stage.post(1, 2)
        await stage.turns()
        assert [len(socket.take()) for socket in sockets] == [3, 1, 3]
        assert [stage.manager.connections(f"user{number}") for number in range(3)] == [1, 0, 1]

    async def test_a_socket_that_takes_nothing_becomes_a_cursor_and_reads_on(self) -> None:
        stage = Stage(limits=Limits(write_buffer=2_000))
        stuck, quick = RecordingSocket(), RecordingSocket()
        for socket, user in ((stuck, "stuck"), (quick, "quick")):
            await stage.manager.subscribe(await stage.manager.connect(socket, user), ["notes"])
        await stage.turns()
        stuck.free.clear()
        for number in range(1, 101):
            await stage.post(number)
            await stage.turns(3)
        assert [message["payload"].get("note_id") for message in quick.take()][1:] == list(range(1, 101))
        stuck.free.set()
        await stage.turns(500)
        assert [message["payload"].get("note_id") for message in stuck.take()][1:] == list(range(1, 101))

    async def test_an_ended_endpoint_leaves_nothing_of_its_socket(self) -> None:
        stage = Stage()

        async def endpoint() -> weakref.ref[RecordingSocket]:
            socket = RecordingSocket()
            await stage.manager.connect(socket, "ann")
            return weakref.ref(socket)

        gone = await asyncio.create_task(endpoint())
        await stage.settled()
        await hand().advance(30)
        gc.collect()
        assert gone() is None


class TestUpgrade:
    @staticmethod
    def refused(manager: ConnectionManager, origin: str | None, host: str = "api.example", scheme: str = "wss") -> Any:
        headers = [("host", host)] + ([("origin", origin)] if origin is not None else [])
        return manager.refusal(Handshake(path="/ws", headers=headers, scheme=scheme))

    async def test_pages_that_are_listed_or_the_servers_own_may_connect_and_programs(self) -> None:
        manager = ConnectionManager(channels=[Notes], origins=["https://app.example"])
        for origin in ("https://app.example", "https://api.example", None):
            assert self.refused(manager, origin) is None

    @pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://app.example", ""])
    async def test_another_page_is_refused_and_the_log_has_the_line_to_add(
        self, origin: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        refusal = self.refused(ConnectionManager(channels=[Notes], origins=["https://app.example"]), origin)
        assert refusal.status == 403
        assert refusal.message in caplog.text

    async def test_development_adds_this_machines_pages(self) -> None:
        assert self.refused(ConnectionManager(development=True), "http://localhost:5173") is None
        assert self.refused(ConnectionManager(), "http://localhost:5173").status == 403

    async def test_above_the_limit_of_connections_upgrades_are_refused(self) -> None:
        stage = Stage(limits=Limits(connections=2))
        clients = [stage.opened() for _ in range(2)]
        assert self.refused(stage.manager, None).status == 503
        clients[0].connection.lost()
        assert self.refused(stage.manager, None) is None
