"""What an application publishes, by its own events or the guide's dictionaries."""

import sys
from typing import Any

import pytest

from tests.manager.recording import note
from tests.stage import (
    Me,
    NotePosted,
    Notes,
    Room,
    Shouted,
    Stage,
    authenticate,
)
from tidings import (
    ChannelError,
    ConnectionManager,
    EventError,
    Limits,
    create_ws_message,
)


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
            (
                {"note_id": 1},
                [Notes()],
                TypeError,
                r"^publish\({.+}\): write an instance .+, or broadcast_to_channel for",
            ),
            (
                Notes(),
                [NotePosted(note_id=1)],
                TypeError,
                r"^publish\(Notes\(\)\): the event comes before its channels",
            ),
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
