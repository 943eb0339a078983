"""The application's side: declaring, publishing, the guide's methods, and upgrades."""

import asyncio
import gc
import json
import sys
import weakref
from collections.abc import MutableMapping
from typing import Any

import pytest
from starlette.websockets import WebSocketDisconnect

from tests.stage import (
    HAND_TURNED,
    HeldBroker,
    Me,
    Message,
    NotePosted,
    Notes,
    Room,
    Shouted,
    Stage,
    authenticate,
    hand,
)
from tidings import (
    Channel,
    ChannelError,
    ConnectionManager,
    DeclarationError,
    EventError,
    Handshake,
    Limits,
    Refused,
    User,
    create_ws_message,
)
from tidings.handshake import NO_HANDSHAKE, Refusal
from tidings.protocol.codes import CloseCode


@pytest.fixture(scope="module")
def anyio_backend() -> Any:
    return HAND_TURNED


class RecordingSocket:
    """A WebSocket as an application's own endpoint has it. `stuck` holds what is sent, `broken` is a client gone."""

    def __init__(self) -> None:
        self.scope: MutableMapping[str, Any] = {"path": "/ws", "headers": []}
        self.accepted = False
        self.sent: list[Message] = []
        self.closed: tuple[int, str | None] | None = None
        self.broken: Exception | None = None
        self.free = asyncio.Event()
        self.free.set()

    async def accept(self) -> None:
        self.accepted = True

    async def receive(self) -> MutableMapping[str, Any]:
        raise NotImplementedError("the endpoint reads, not the manager")

    async def send(self, message: MutableMapping[str, Any]) -> None:
        raise NotImplementedError

    async def send_text(self, data: str) -> None:
        await self.free.wait()
        if self.broken is not None:
            raise self.broken
        self.sent.append(json.loads(data))

    async def close(self, code: int = 1000, reason: str | None = None) -> None:
        self.closed = code, reason

    def take(self) -> list[Message]:
        """What was sent since the last look."""
        taken, self.sent = self.sent, []
        return taken


def note(number: int) -> dict[str, Any]:
    return create_ws_message("note:posted", {"note_id": number})


class TestPublish:
    async def test_it_returns_the_events_id_one_for_all_channels(self) -> None:
        stage = Stage()
        client = await stage.subscribed("ann", "notes", "room:1")
        id = await stage.manager.publish(NotePosted(note_id=1), Notes(), Room(room_id=1), Me(user_id="ann"))
        messages = client.read()
        assert [message["channel"] for message in messages] == ["notes", "room:1", "user:ann"]
        assert {message["id"] for message in messages} == {id}
        assert [message["offset"] for message in messages] == [1, 1, 1]

    async def test_the_message_is_as_the_protocol_has_it(self) -> None:
        stage = Stage()
        client = await stage.subscribed("ann", "notes")
        id = await stage.manager.publish(NotePosted(note_id=7, text="hi", version=3), Notes())
        message = client.one()
        assert message.pop("epoch")
        assert message == {
            "type": "note:posted",
            "payload": {"note_id": 7, "text": "hi", "version": 3},
            "timestamp": "2027-01-15T08:00:00.000Z",
            "id": id,
            "channel": "notes",
            "offset": 1,
            "key": "note:7",
            "version": 3,
        }

    async def test_the_same_id_again_changes_nothing(self) -> None:
        stage = Stage()
        client = await stage.subscribed("ann", "notes", "room:1")
        for channels in ([Notes()], [Notes()], [Notes(), Room(room_id=1)]):
            assert await stage.manager.publish(NotePosted(note_id=1), *channels, id="mine") == "mine"
        assert [message["channel"] for message in client.read()] == ["notes", "room:1"]

    async def test_it_works_before_start_and_is_there_for_who_comes_with_a_position(self) -> None:
        manager = ConnectionManager(channels=[Notes], authenticate=authenticate)
        assert manager.home is None
        assert await manager.publish(NotePosted(note_id=1), Notes())

    @pytest.mark.parametrize(
        ("event", "channels", "error", "said"),
        [
            (NotePosted(note_id=1), [], ChannelError, "names no channel"),
            (Shouted(text="hi"), [Notes()], EventError, "Notes does not carry Shouted; it declares NotePosted"),
            (NotePosted(note_id=2**53), [Notes()], EventError, "note_id is 9007199254740992, beyond"),
            (NotePosted(note_id=1, text="x" * 65_536), [Notes()], EventError, "more than 65536"),
        ],
    )
    async def test_what_cannot_be_published_is_refused_before_anything_is_appended(
        self, event: Any, channels: list[Any], error: type[Exception], said: str
    ) -> None:
        stage = Stage()
        client = await stage.subscribed("ann", "notes")
        with pytest.raises(error, match=said):
            await stage.manager.publish(event, *channels)
        assert client.read() == []

    async def test_a_channel_of_another_manager_is_refused_before_anything_is_appended(self) -> None:
        stage = Stage(channels=(Notes,))
        client = await stage.subscribed("ann", "notes")
        with pytest.raises(ChannelError, match=r"add it to ConnectionManager\(channels="):
            await stage.manager.publish(NotePosted(note_id=1), Notes(), Room(room_id=1))
        assert client.read() == []

    @pytest.mark.parametrize("id", ["", "x" * 65, "ö"])
    async def test_an_id_that_no_message_may_have_is_refused(self, id: str) -> None:
        with pytest.raises(EventError, match="1 to 64 printable ASCII"):
            await Stage().manager.publish(NotePosted(note_id=1), Notes(), id=id)

    async def test_the_size_is_the_payloads_in_bytes(self) -> None:
        stage = Stage(limits=Limits(message_size=100))
        empty = len(NotePosted(note_id=1).model_dump_json())
        await stage.manager.publish(NotePosted(note_id=1, text="é" * ((100 - empty) // 2)), Notes())
        with pytest.raises(EventError, match="more than 100"):
            await stage.manager.publish(NotePosted(note_id=1, text="é" * ((100 - empty) // 2 + 1)), Notes())

    async def test_every_publication_is_an_audit_event(self) -> None:
        heard: list[tuple[Any, ...]] = []
        listening = True

        def hook(name: str, arguments: tuple[Any, ...]) -> None:
            if listening and name == "tidings.publish":
                heard.append(arguments)

        sys.addaudithook(hook)  # stays until the process ends: hence the flag
        stage = Stage()
        event = NotePosted(note_id=1)
        id = await stage.manager.publish(event, Notes(), Room(room_id=1))
        message = note(2)
        await stage.manager.broadcast_to_channel("notes", message)
        listening = False
        assert [(manager, what, names) for manager, what, _, names in heard] == [
            (stage.manager, event, ("notes", "room:1")),
            (stage.manager, message, ("notes",)),
        ]
        assert [draft.id for _, _, draft, _ in heard] == [id, message["id"]]

    async def test_one_slow_or_lost_reader_is_nobodys_concern(self) -> None:
        stage = Stage()
        slow = await stage.subscribed("slow", "notes", room=0)
        gone = await stage.subscribed("gone", "notes")
        quick = await stage.subscribed("quick", "notes")
        gone.connection.lost()
        await stage.post(1, 3)
        assert quick.numbers() == [1, 2, 3]
        assert (len(slow.transport.waiting), gone.read()) == (1, [])


class TestGuidesMethods:
    async def test_broadcast_reaches_everybody_on_the_channel(self) -> None:
        stage = Stage()
        clients = [await stage.subscribed(user, "notes") for user in ("ann", "bob")]
        await stage.manager.broadcast_to_channel("notes", note(1))
        assert [client.numbers() for client in clients] == [[1], [1]]

    @pytest.mark.parametrize("user_id", [7, "7"])
    async def test_send_to_user_reaches_all_their_connections_whatever_the_type_of_the_id(self, user_id: Any) -> None:
        stage = Stage()
        tabs = [await stage.signed_in("7") for _ in range(2)]
        other = await stage.signed_in("8")
        await stage.manager.send_to_user(user_id, note(1))
        assert [tab.numbers() for tab in tabs] == [[1], [1]]
        assert other.read() == []

    async def test_send_to_user_waits_in_the_log_for_who_is_away(self) -> None:
        stage = Stage()
        client = stage.opened("ann")
        await stage.settled()
        top = client.one()["payload"]["positions"]["user:ann"]
        client.connection.lost()
        await stage.manager.send_to_user("ann", note(1))
        client = stage.opened()
        client.send("auth", {"token": "ann", "positions": {"user:ann": top}})
        await stage.settled()
        assert client.numbers() == [1]

    async def test_send_to_connection_reaches_that_one_and_passes_over_what_is_gone(self) -> None:
        stage = Stage()
        one, other = await stage.signed_in("ann"), await stage.signed_in("ann")
        await stage.manager.send_to_connection(one.connection.id, create_ws_message("hello", {"a": 1}))
        await stage.manager.send_to_connection("no such connection", create_ws_message("hello", {}))
        assert one.one()["payload"] == {"a": 1}
        assert other.read() == []

    async def test_on_a_declared_channel_its_rules_hold(self) -> None:
        manager = Stage().manager
        with pytest.raises(EventError, match="Notes does not carry 'other'"):
            await manager.broadcast_to_channel("notes", create_ws_message("other", {}))
        with pytest.raises(EventError, match="note_id"):
            await manager.broadcast_to_channel("notes", create_ws_message("note:posted", {"note_id": "x"}))
        with pytest.raises(ChannelError, match="no channel 'nowhere' is declared"):
            await manager.broadcast_to_channel("nowhere", note(1))
        with pytest.raises(ChannelError, match="is not a channel's name"):
            await manager.broadcast_to_channel("no where", note(1))

    async def test_nobody_is_passed_over(self) -> None:
        stage = Stage()
        client = await stage.signed_in("None")
        await stage.manager.send_to_user(None, note(1))
        assert client.read() == []

    async def test_without_declarations_any_name_and_message_goes_with_one_warning(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        stage = Stage(channels=())
        for number in range(3):
            await stage.manager.broadcast_to_channel("schedules", create_ws_message("any:thing", {"n": number}))
        assert caplog.text.count("'schedules' is not declared") == 1

    async def test_the_users_own_channel_needs_no_declaration(self) -> None:
        stage = Stage(channels=(Notes,))
        client = await stage.signed_in("ann")
        await stage.manager.send_to_user("ann", create_ws_message("anything", {"a": 1}))
        assert client.one()["type"] == "anything"

    @pytest.mark.parametrize("user_id", ["", "a:b", "a b"])
    async def test_a_user_id_that_no_channel_can_have_is_refused(self, user_id: str) -> None:
        with pytest.raises(ChannelError):
            await Stage().manager.send_to_user(user_id, note(1))

    async def test_subscribe_returns_what_is_followed_and_tells_the_connection_of_the_rest(self) -> None:
        stage = Stage(rule=lambda channel, user: channel != Room(room_id=1))
        client = await stage.signed_in("ann")
        followed = await stage.manager.subscribe(client.connection.id, ["notes", "room:1", "room:2"])
        assert followed == ["notes", "room:2"]
        assert client.error() == "forbidden"
        await stage.post(1)
        await stage.manager.unsubscribe(client.connection.id, ["notes", "unknown"])
        await stage.post(2)
        assert client.numbers() == [1]

    async def test_a_connection_that_is_gone_is_passed_over(self) -> None:
        manager = Stage().manager
        assert await manager.subscribe("gone", ["notes"]) == []
        await manager.unsubscribe("gone", ["notes"])
        manager.disconnect("gone")

    @pytest.mark.parametrize("method", ["subscribe", "unsubscribe"])
    async def test_one_text_in_place_of_a_list_is_refused(self, method: str) -> None:
        stage = Stage()
        client = await stage.signed_in("ann")
        for connection_id in (client.connection.id, "gone"):
            with pytest.raises(TypeError, match=r"write \['notes'\]"):
                await getattr(stage.manager, method)(connection_id, "notes")


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
