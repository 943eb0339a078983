"""One client: its opening, its cursors, its limits and its clock, on a transport that records."""

import asyncio
import gc
import json
import weakref
from collections.abc import Callable
from typing import Any

import pytest

from tests.stage import HAND_TURNED, Client, Gate, HeldBroker, Message, Notes, Room, Shouted, Stage, authenticate, hand
from tidings import Handshake, Limits, User
from tidings.broker import Deliver
from tidings.protocol.codes import CloseCode
from tidings.protocol.log import Entry


@pytest.fixture(scope="module")
def anyio_backend() -> Any:
    return HAND_TURNED


def position(message: Message) -> dict[str, Any]:
    """Where a reader of this event is."""
    return {name: message[name] for name in ("epoch", "offset", "id")}


def held_authentication(gate: Gate) -> Callable[..., Any]:
    async def held(handshake: Handshake, token: str | None) -> User | None:
        await gate.passed()
        return authenticate(handshake, token)

    return held


class TestOpening:
    async def test_auth_is_answered_with_who_and_where_one_is(self) -> None:
        stage = Stage()
        client = stage.opened()
        id = client.send("auth", {"token": "ann"})
        await stage.settled()
        message = client.one()
        assert (message["type"], message["reply_to"]) == ("connection:established", id)
        payload = message["payload"]
        assert payload.pop("positions").keys() == {"user:ann"}
        assert payload == {
            "connection_id": client.connection.id,
            "user_id": "ann",
            "protocol": 1,
            "ping_interval": 25.0,
            "recovered": {"user:ann": False},
        }

    async def test_a_token_in_the_url_needs_no_message(self) -> None:
        stage = Stage()
        client = stage.opened("ann")
        await stage.settled()
        message = client.one()
        assert message["type"] == "connection:established"
        assert "reply_to" not in message

    @pytest.mark.parametrize(("token", "code"), [("nobody", "unauthorized"), ("old", "token_expired")])
    async def test_a_refused_token_is_told_then_closed_for_good(self, token: str, code: str) -> None:
        stage = Stage()
        client = stage.opened()
        id = client.send("auth", {"token": token})
        await stage.settled()
        assert client.closed_with() == CloseCode.UNAUTHORIZED
        message = client.one()
        assert (message["payload"]["code"], message["reply_to"]) == (code, id)

    async def test_a_token_whose_time_is_over_is_refused_whoever_let_it_pass(self) -> None:
        stage = Stage()
        client = stage.opened(f"ann@{stage.now() - 1}")
        await stage.settled()
        assert client.closed_with() == CloseCode.UNAUTHORIZED
        assert client.error() == "token_expired"

    async def test_authenticate_may_be_plain_or_async_and_gets_handshake_and_token(self) -> None:
        asked: list[tuple[str, str | None]] = []

        async def later(handshake: Handshake, token: str | None) -> User:
            asked.append((handshake.path, token))
            return User("ann")

        stage = Stage(authenticate=later)
        await stage.signed_in("some token")
        assert asked == [("/ws", "some token")]

    @pytest.mark.parametrize("failure", [RuntimeError("secret"), TimeoutError("secret"), asyncio.CancelledError()])
    async def test_an_authenticate_that_fails_is_an_internal_error_and_reason_to_come_back(
        self, failure: BaseException
    ) -> None:
        def failing(handshake: Handshake, token: str | None) -> User:
            raise failure

        stage = Stage(authenticate=failing)
        client = stage.opened("ann")
        await stage.settled()
        assert client.closed_with() == CloseCode.INTERNAL_ERROR
        text = json.dumps(client.one())
        assert "internal_error" in text
        assert "secret" not in text

    async def test_an_authenticate_that_takes_too_long_is_given_up(self) -> None:
        gate = Gate()
        stage = Stage(authenticate=held_authentication(gate), limits=Limits(rule_timeout=3.0))
        client = stage.opened("ann")
        await gate.reached()
        await hand().advance(3.0)
        await stage.settled()
        assert client.closed_with() == CloseCode.INTERNAL_ERROR

    @pytest.mark.parametrize("user", [User(""), User("a:b"), User("x" * 129), User(None), User(True), User("a b")])  # type: ignore[arg-type]
    async def test_a_user_without_a_usable_id_is_refused(self, user: User) -> None:
        stage = Stage(authenticate=lambda handshake, token: user)
        client = stage.opened("ann")
        await stage.settled()
        assert client.closed_with() == CloseCode.UNAUTHORIZED

    async def test_an_id_of_128_characters_is_one(self) -> None:
        await Stage().signed_in("x" * 128)

    @pytest.mark.parametrize("expires_at", ["tomorrow", float("nan"), True, object()])
    async def test_an_expiry_that_is_no_time_lets_nobody_in(self, expires_at: Any) -> None:
        stage = Stage(authenticate=lambda handshake, token: User("ann", expires_at=expires_at))
        client = stage.opened("ann")
        await stage.settled()
        assert client.closed_with() == CloseCode.INTERNAL_ERROR
        assert stage.manager.connections("ann") == 0

    @pytest.mark.parametrize(("needed", "kept"), [(True, True), (False, False)])
    async def test_the_upgrade_request_is_kept_only_where_somebody_may_ask_for_it(
        self, needed: bool, kept: bool
    ) -> None:
        class Tokens:
            needs_handshake = needed

            def __call__(self, handshake: Handshake, token: str | None) -> User:
                return User("ann")

        client = await Stage(authenticate=Tokens()).signed_in("ann")
        assert (client.connection.handshake is not None) == kept

    @pytest.mark.parametrize("message", ["subscribe", "unsubscribe"])
    async def test_before_a_token_nothing_else_is_taken(self, message: str) -> None:
        client = Stage().opened()
        client.send(message, {"channels": ["notes"]})
        assert client.error() == "not_authenticated"
        client.send("ping")
        assert client.one()["type"] == "pong"

    async def test_what_comes_meanwhile_waits_in_order_but_pings_do_not(self) -> None:
        gate = Gate()
        stage = Stage(authenticate=held_authentication(gate))
        client = stage.opened("ann")
        await gate.reached()
        subscribed = client.send("subscribe", {"channels": ["notes"]})
        unsubscribed = client.send("unsubscribe", {"channels": ["notes"]})
        pinged = client.send("ping")
        assert client.one()["reply_to"] == pinged
        gate.open()
        await stage.settled()
        established, *answers = client.read()
        assert established["type"] == "connection:established"
        assert [message["reply_to"] for message in answers] == [subscribed, unsubscribed]

    async def test_what_waited_behind_a_refused_token_is_dropped_with_the_connection(self) -> None:
        gate = Gate()
        stage = Stage(authenticate=held_authentication(gate))
        client = stage.opened("nobody")
        await gate.reached()
        client.send("subscribe", {"channels": ["notes"]})
        gate.open()
        await stage.settled()
        assert client.error() == "unauthorized"

    async def test_a_second_auth_right_behind_the_first_refreshes(self) -> None:
        stage = Stage()
        client = stage.opened("ann")
        client.send("auth", {"token": "ann"})
        await stage.settled()
        assert [message["type"] for message in client.read()] == ["connection:established"] * 2


class TestRefresh:
    @pytest.mark.parametrize(
        ("token", "code"), [("bob", "forbidden"), ("nobody", "unauthorized"), ("old", "token_expired")]
    )
    async def test_a_token_that_is_refused_leaves_the_old_one_in_force(self, token: str, code: str) -> None:
        stage = Stage()
        client = await stage.signed_in("ann")
        client.send("auth", {"token": token})
        await stage.settled()
        assert client.error() == code
        assert await self._usable(stage, client)

    async def test_a_failure_while_refreshing_leaves_the_old_one_in_force(self) -> None:
        tokens = ["first"]

        def once(handshake: Handshake, token: str | None) -> User:
            tokens.remove(str(token))
            return User("ann")

        stage = Stage(authenticate=once)
        client = await stage.signed_in("first")
        client.send("auth", {"token": "second"})
        await stage.settled()
        assert client.error() == "internal_error"
        assert await self._usable(stage, client)

    async def test_a_log_that_fails_while_refreshing_leaves_the_old_one_in_force(self) -> None:
        broker = HeldBroker()
        stage = Stage(broker=broker)
        client = await stage.signed_in("ann")
        broker.failure = OSError("the log is away")
        client.send("auth", {"token": "ann", "positions": {"user:ann": {"epoch": "E", "offset": 0, "id": ""}}})
        await stage.settled()
        assert client.error() == "internal_error"
        broker.failure = None
        assert await self._usable(stage, client)

    async def test_the_user_and_the_time_are_those_of_the_new_token(self) -> None:
        stage = Stage()
        client = await stage.signed_in(f"ann@{stage.now() + 100}")
        client.send("auth", {"token": f"ann@{stage.now() + 500}"})
        await stage.settled()
        assert client.one()["payload"]["expires_at"] == stage.now() + 500
        for _ in range(20):
            await hand().advance(20)
            client.connection.heard()
        assert client.closed_with() is None
        assert client.read() == []

    @staticmethod
    async def _usable(stage: Stage, client: Client) -> bool:
        client.send("subscribe", {"channels": ["notes"]})
        await stage.settled()
        return client.closed_with() is None and client.one()["type"] == "subscribed"


class TestSlowReader:
    async def test_a_reader_that_pauses_during_a_delivery_is_a_cursor_exactly_behind_the_entry(self) -> None:
        stage = Stage()
        quick = await stage.subscribed("quick", "notes")
        slow = await stage.subscribed("slow", "notes", room=2)
        await stage.post(1, 5)
        audience = slow.connection.audiences["notes"]
        cursor = audience.cursor(slow.connection)
        assert (cursor and cursor.offset, audience.position.offset) == (3, 5)
        assert audience.cursor(quick.connection) is None
        assert len(slow.transport.waiting) == 3
        assert quick.numbers() == [1, 2, 3, 4, 5]

    async def test_it_reads_on_from_the_log_and_then_live_without_loss_or_duplicate(self) -> None:
        stage = Stage()
        slow = await stage.subscribed("slow", "notes", room=2)
        await stage.post(1, 8)
        assert slow.numbers() == [1, 2, 3]
        await stage.settled()
        assert slow.numbers() == [4, 5, 6]
        await stage.settled()
        assert slow.numbers() == [7, 8]
        await stage.settled()
        await stage.post(9)
        assert slow.numbers() == [9]
        assert slow.connection.audiences["notes"].cursor(slow.connection) is None

    async def test_what_is_published_while_it_reads_on_comes_once_and_in_order(self) -> None:
        broker = HeldBroker()
        stage = Stage(broker=broker)
        slow = await stage.subscribed("slow", "notes", room=2)
        await stage.post(1, 5)
        broker.since_gate.close()
        assert slow.numbers() == [1, 2, 3]
        await broker.since_gate.reached()  # it has read 4 and 5
        await stage.post(6, 7)
        broker.since_gate.open()
        await stage.settled()
        assert slow.numbers() == [4, 5, 6]
        await stage.settled()
        assert slow.numbers() == [7]

    async def test_a_reader_paused_again_while_the_log_is_read_is_written_nothing(self) -> None:
        broker = HeldBroker()
        stage = Stage(broker=broker)
        slow = await stage.subscribed("slow", "notes", room=2)
        await stage.post(1, 5)
        broker.since_gate.close()
        assert slow.numbers() == [1, 2, 3]
        await broker.since_gate.reached()
        slow.connection.pause()
        broker.since_gate.open()
        await stage.settled()
        assert list(slow.transport.waiting) == []
        slow.connection.resume()
        await stage.settled()
        assert slow.numbers() == [4, 5]

    async def test_a_pause_and_a_resume_while_the_log_is_read_lose_nothing(self) -> None:
        broker = HeldBroker()
        stage = Stage(broker=broker)
        slow = await stage.subscribed("slow", "notes", room=2)
        await stage.post(1, 5)
        broker.since_gate.close()
        assert slow.numbers() == [1, 2, 3]
        await broker.since_gate.reached()
        slow.connection.pause()
        slow.connection.resume()
        broker.since_gate.open()
        await stage.settled()
        assert slow.numbers() == [4, 5]

    async def test_what_the_log_has_before_it_is_delivered_here_is_not_written_twice(self) -> None:
        class LateBroker(HeldBroker):
            """The log of another process: it has events before their delivery comes here."""

            def __init__(self) -> None:
                super().__init__()
                self.late: list[Entry] = []
                self._tell: Deliver = lambda channel, entry: None

            def attach(self, deliver: Deliver) -> None:
                self._tell = deliver
                super().attach(lambda channel, entry: self.late.append(entry))

            def deliver(self) -> None:
                for entry in self.late:
                    self._tell("notes", entry)
                self.late.clear()

        broker = LateBroker()
        stage = Stage(broker=broker)
        slow = await stage.subscribed("slow", "notes")
        slow.connection.pause()
        await stage.post(1, 3)
        broker.deliver()
        await stage.post(4, 6)
        slow.connection.resume()
        await stage.settled()
        assert slow.numbers() == [1, 2, 3]
        broker.deliver()
        assert slow.numbers() == [4, 5, 6]

    async def test_who_subscribes_while_paused_is_sent_the_events_later(self) -> None:
        stage = Stage()
        client = await stage.signed_in("ann")
        client.connection.pause()
        client.send("subscribe", {"channels": ["notes"]})
        await stage.settled()
        await stage.post(1, 3)
        [answer] = list(client.transport.waiting)
        assert b'"subscribed"' in answer
        assert client.numbers() == []
        await stage.settled()
        assert client.numbers() == [1, 2, 3]

    async def test_every_channel_has_its_own_cursor(self) -> None:
        stage = Stage()
        slow = await stage.subscribed("slow", "notes", "room:1", room=2)
        for number in range(1, 7):
            await stage.post(number, number, Room(room_id=1) if number % 2 else Notes())
        found: dict[str, list[int]] = {"notes": [], "room:1": []}
        for _ in range(4):
            for message in slow.read():
                found[message["channel"]].append(message["payload"]["note_id"])
            await stage.settled()
        assert found == {"notes": [2, 4, 6], "room:1": [1, 3, 5]}

    async def test_when_the_log_has_moved_on_it_is_reset_and_goes_on_from_there(self) -> None:
        stage = Stage(broker=HeldBroker(events=3))
        slow = await stage.subscribed("slow", "notes", room=2)
        await stage.post(1, 10)
        assert slow.numbers() == [1, 2, 3]
        await stage.settled()
        reset = slow.one()
        assert reset["type"] == "channel:reset"
        assert reset["payload"]["channel"] == "notes"
        assert reset["payload"]["position"]["offset"] == 10
        assert reset["payload"]["reason"]
        await stage.post(11)
        assert slow.numbers() == [11]

    async def test_a_reader_that_still_fits_the_log_is_not_reset(self) -> None:
        stage = Stage(broker=HeldBroker(events=3))
        slow = await stage.subscribed("slow", "notes", room=2)
        await stage.post(1, 6)
        assert slow.numbers() == [1, 2, 3]
        await stage.settled()
        assert slow.numbers() == [4, 5, 6]

    async def test_a_log_that_moves_on_during_the_replay_ends_it_with_a_reset(self) -> None:
        broker = HeldBroker(events=5)
        stage = Stage(broker=broker)
        slow = await stage.subscribed("slow", "notes", room=1)
        await stage.post(1, 5)
        assert slow.numbers() == [1, 2]
        await stage.settled()
        assert slow.read(1)[0]["payload"]["note_id"] == 3  # 4 waits, 5 is still to come
        await stage.post(6, 11)
        types = [(message["type"], message.get("offset")) for message in slow.read()]
        assert types == [("note:posted", 4)]
        await stage.settled()
        assert slow.one()["type"] == "channel:reset"
        await stage.post(12)
        assert slow.numbers() == [12]

    async def test_a_long_replay_is_complete_and_in_order(self) -> None:
        stage = Stage()
        slow = await stage.subscribed("slow", "notes", room=40)
        await stage.post(1, 500)
        found: list[int] = []
        while numbers := slow.numbers():
            found += numbers
            await stage.settled()
        assert found == list(range(1, 501))

    async def test_a_log_that_cannot_be_read_closes_the_connection_to_come_back(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        broker = HeldBroker()
        stage = Stage(broker=broker)
        slow = await stage.subscribed("slow", "notes", room=2)
        await stage.post(1, 5)
        broker.failure = OSError("the log is away")
        assert slow.numbers() == [1, 2, 3]
        await stage.settled()
        assert slow.closed_with() == CloseCode.INTERNAL_ERROR
        assert "the log is away" in caplog.text

    async def test_pausing_twice_and_resuming_twice_is_once(self) -> None:
        stage = Stage()
        client = await stage.subscribed("ann", "notes")
        for _ in range(2):
            client.connection.pause()
        await stage.post(1)
        for _ in range(2):
            client.connection.resume()
        await stage.settled()
        assert client.numbers() == [1]


class TestSubscribeDuringReplay:
    @staticmethod
    async def replaying(broker: HeldBroker) -> tuple[Stage, Client, dict[str, Any]]:
        """A client whose replay of notes 2..5 was read from the log and is not written yet; where note 1 is."""
        stage = Stage(broker=broker)
        reader = await stage.subscribed("reader", "notes")
        await stage.post(1, 5)
        first = position(reader.read(1)[0])
        client = await stage.signed_in("ann")
        client.send("subscribe", {"channels": ["notes"], "positions": {"notes": first}})
        await stage.settled()
        assert client.numbers() == [2, 3, 4, 5]
        client.send("unsubscribe", {"channels": ["notes"]})
        client.read()
        broker.since_gate.close()
        client.send("subscribe", {"channels": ["notes"], "positions": {"notes": first}})
        await broker.since_gate.reached()  # the look whether the log covers it
        broker.since_gate.open()
        broker.since_gate.close()
        await broker.since_gate.reached()  # the replay
        answer = client.one()["payload"]
        assert answer["recovered"] == {"notes": True}
        assert answer["positions"]["notes"]["offset"] == 5
        return stage, client, first

    async def test_unsubscribed_means_that_nothing_comes_after_it(self) -> None:
        broker = HeldBroker()
        stage, client, _ = await self.replaying(broker)
        client.send("unsubscribe", {"channels": ["notes"]})
        broker.since_gate.open()
        await stage.settled()
        await stage.post(6)
        assert client.one()["type"] == "unsubscribed"

    async def test_subscribing_again_without_a_position_starts_at_the_top(self) -> None:
        broker = HeldBroker()
        stage, client, _ = await self.replaying(broker)
        client.send("unsubscribe", {"channels": ["notes"]})
        client.send("subscribe", {"channels": ["notes"]})
        broker.since_gate.open()
        await stage.settled()
        await stage.post(6)
        unsubscribed, subscribed, event = client.read()
        assert (unsubscribed["type"], subscribed["type"]) == ("unsubscribed", "subscribed")
        assert event["payload"]["note_id"] == 6

    async def test_subscribing_again_with_a_position_starts_again_from_it(self) -> None:
        broker = HeldBroker()
        stage, client, first = await self.replaying(broker)
        client.send("subscribe", {"channels": ["notes"], "positions": {"notes": first}})
        broker.since_gate.open()
        await stage.settled()
        messages = client.read()
        answered = [message["type"] for message in messages].index("subscribed")
        assert [message["payload"]["note_id"] for message in messages[answered + 1 :]] == [2, 3, 4, 5]
        await stage.post(6)
        assert client.numbers() == [6]

    async def test_what_was_read_for_an_earlier_position_is_not_written_for_the_later_one(self) -> None:
        broker = HeldBroker()
        broker.holds_looks = False
        stage = Stage(broker=broker)
        reader = await stage.subscribed("reader", "notes")
        await stage.post(1, 5)
        positions = [position(event) for event in reader.read()]
        client = await stage.signed_in("ann")
        broker.since_gate.close()
        client.send("subscribe", {"channels": ["notes"], "positions": {"notes": positions[2]}})
        await broker.since_gate.reached()  # 4 and 5 were read
        client.send("subscribe", {"channels": ["notes"], "positions": {"notes": positions[0]}})
        broker.since_gate.open()
        await stage.settled()
        assert client.numbers() == [2, 3, 4, 5]

    async def test_subscribing_again_without_a_position_while_subscribed_changes_nothing(self) -> None:
        broker = HeldBroker()
        stage, client, _ = await self.replaying(broker)
        client.send("subscribe", {"channels": ["notes"]})
        broker.since_gate.open()
        await stage.settled()
        assert client.numbers() == [2, 3, 4, 5]
        await stage.post(6)
        assert client.numbers() == [6]

    async def test_who_subscribes_again_while_behind_learns_how_far_it_was_sent(self) -> None:
        stage = Stage()
        slow = await stage.subscribed("slow", "notes", room=2)
        await stage.post(1, 5)
        slow.send("subscribe", {"channels": ["notes"]})
        await stage.settled()
        answer = slow.read()[-1]
        assert answer["payload"]["positions"]["notes"]["offset"] == 3
        await stage.settled()
        assert slow.numbers() == [4, 5]

    async def test_events_that_are_published_during_the_replay_follow_it(self) -> None:
        broker = HeldBroker()
        stage, client, _ = await self.replaying(broker)
        await stage.post(6, 8)
        assert client.numbers() == []
        broker.since_gate.open()
        await stage.settled()
        assert client.numbers() == [2, 3, 4, 5, 6, 7, 8]

    async def test_a_connection_that_is_lost_meanwhile_is_written_nothing(self) -> None:
        broker = HeldBroker()
        stage, client, _ = await self.replaying(broker)
        client.connection.lost()
        broker.since_gate.open()
        await stage.settled()
        assert client.read() == []


class TestUnreadAnswers:
    async def test_answers_beyond_the_bound_close_a_client_that_does_not_read(self) -> None:
        stage = Stage(limits=Limits(unread_answers=1_000, message_burst=1_000))
        client = await stage.signed_in("ann", room=2)
        sent = 0
        while client.closed_with() is None:
            assert sent < 100
            client.send("ping")
            sent += 1
        assert client.closed_with() == CloseCode.SLOW
        assert sum(map(len, client.transport.waiting)) <= 1_000 + 3 * 200
        assert stage.manager.connections("ann") == 0

    async def test_what_was_read_counts_no_longer(self) -> None:
        stage = Stage(limits=Limits(unread_answers=1_000, message_burst=10_000))
        client = await stage.signed_in("ann", room=2)
        for _ in range(200):
            for _ in range(4):
                client.send("ping")
            client.read()
        assert client.closed_with() is None

    async def test_direct_messages_count_too(self) -> None:
        stage = Stage(limits=Limits(unread_answers=1_000))
        client = await stage.signed_in("ann")
        client.connection.pause()
        for _ in range(20):
            await stage.manager.send_to_connection(client.connection.id, {"type": "hello", "payload": {"x": "x" * 100}})
        assert client.closed_with() == CloseCode.SLOW

    async def test_events_do_not_count_they_wait_in_the_log(self) -> None:
        stage = Stage(limits=Limits(unread_answers=1_000))
        client = await stage.subscribed("ann", "notes", room=2)
        await stage.post(1, 200)
        assert client.closed_with() is None
        assert len(client.transport.waiting) == 3


class TestReading:
    async def test_a_client_that_does_not_read_is_not_read_from(self) -> None:
        stage = Stage()
        client = await stage.subscribed("ann", "notes", room=2)
        assert client.reads()
        await stage.post(1, 5)
        assert not client.reads()
        client.read()
        assert client.reads()

    async def test_what_waits_is_bounded_then_reading_stops_until_half_is_done(self) -> None:
        gate = Gate()
        stage = Stage(authenticate=held_authentication(gate), limits=Limits(waiting_messages=4))
        client = stage.opened("ann")
        await gate.reached()
        for number in range(4):
            assert client.reads()
            client.send("subscribe", {"channels": [f"room:{number}"]})
        assert not client.reads()
        gate.open()
        await stage.settled()
        assert client.reads()
        assert len(client.read()) == 5

    async def test_reading_stays_stopped_for_either_reason(self) -> None:
        gate = Gate()
        stage = Stage(authenticate=held_authentication(gate), limits=Limits(waiting_messages=2))
        client = stage.opened("ann")
        await gate.reached()
        for number in range(2):
            client.send("subscribe", {"channels": [f"room:{number}"]})
        client.connection.pause()
        client.connection.resume()
        assert not client.reads()
        client.connection.pause()
        gate.open()
        await stage.settled()
        assert not client.reads()
        client.connection.resume()
        assert client.reads()

    async def test_a_binary_and_an_oversized_message_are_answered(self) -> None:
        client = await Stage().signed_in("ann")
        client.connection.receive_binary(b"\x00")
        assert client.error() == "invalid_message"
        client.connection.receive_oversized()
        assert client.error() == "message_too_large"

    @pytest.mark.parametrize("letter", ["x", "é", "😀", "\ud800"])
    async def test_the_size_is_counted_in_bytes_of_utf8(self, letter: str) -> None:
        client = await Stage().signed_in("ann")
        width = len(letter.encode(errors="surrogatepass"))
        frame = '{"type":"ping","payload":{"x":"%s"}}'
        room = 65_536 - len(frame) + 2
        text = frame % (letter * (room // width) + "y" * (room % width))
        client.connection.receive(text)
        message = client.one()
        if letter == "\ud800":
            assert message["payload"]["code"] == "invalid_json"
        else:
            assert message["type"] == "pong"
        client.connection.receive(text + " ")
        assert client.error() == "message_too_large"

    async def test_bytes_are_read_as_text_is(self) -> None:
        client = await Stage().signed_in("ann")
        client.connection.receive(b'{"type":"ping","id":"7"}')
        assert client.one()["reply_to"] == "7"
        client.connection.receive(b"x" * 65_537)
        assert client.error() == "message_too_large"


class TestRate:
    LIMITS = Limits(messages_per_second=10.0, message_burst=20, refused_messages=100)

    async def test_beyond_the_burst_messages_are_refused_and_another_burst_of_them_is_answered(self) -> None:
        stage = Stage(limits=self.LIMITS)
        client = await stage.signed_in("ann")
        ids = [client.send("ping") for _ in range(39)]
        ids.append(client.send("subscribe", {"channels": ["notes"]}))
        client.send("ping")
        await stage.settled()
        messages = client.read()
        assert [message["type"] for message in messages] == ["pong"] * 20 + ["connection:error"] * 20
        assert [message["reply_to"] for message in messages] == ids
        assert {message["payload"]["code"] for message in messages[20:]} == {"rate_limited"}

    async def test_at_the_rate_nothing_is_refused(self) -> None:
        client = await Stage(limits=self.LIMITS).signed_in("ann")
        for _ in range(300):
            await hand().advance(0.1)
            client.send("ping")
            assert client.one()["type"] == "pong"

    @pytest.mark.parametrize("pause", [0.0, 0.001])
    async def test_who_goes_on_after_many_refusals_is_closed(self, pause: float) -> None:
        stage = Stage(limits=self.LIMITS)
        client = await stage.signed_in("ann")
        for _ in range(200):
            if client.closed_with() is None:
                client.send("ping")
                await hand().advance(pause)
        assert client.closed_with() == CloseCode.RATE_LIMITED
        assert stage.manager.connections("ann") == 0

    async def test_who_is_quiet_for_a_while_is_forgiven(self) -> None:
        client = await Stage(limits=self.LIMITS).signed_in("ann")
        for _ in range(5):
            for _ in range(80):
                client.send("ping")
            assert [message["type"] for message in client.read()] == ["pong"] * 20 + ["connection:error"] * 20
            await hand().advance(10.0)
        assert client.closed_with() is None

    @pytest.mark.parametrize("how", ["receive_binary", "receive_oversized"])
    async def test_messages_that_are_not_even_read_count(self, how: str) -> None:
        client = await Stage(limits=self.LIMITS).signed_in("ann")
        for _ in range(121):
            assert client.closed_with() is None
            getattr(client.connection, how)()
        assert client.closed_with() == CloseCode.RATE_LIMITED
        assert len(client.read()) == 40


class TestTime:
    @pytest.mark.parametrize("fraction", [0.0, 0.3, 0.75, 0.99])
    async def test_without_a_token_it_is_closed_within_five_seconds_pings_or_not(self, fraction: float) -> None:
        await hand().advance(fraction)
        stage = Stage()
        client = stage.opened()
        for _ in range(4):
            client.send("ping")
            await hand().advance(0.99)
            assert client.closed_with() is None
        await hand().advance(5.0 - 4 * 0.99)
        assert client.closed_with() == CloseCode.AUTH_TIMEOUT

    async def test_a_token_that_came_in_time_may_be_looked_at_for_longer(self) -> None:
        gate = Gate()
        stage = Stage(authenticate=held_authentication(gate))
        client = stage.opened("ann")
        await gate.reached()
        await hand().advance(9)
        assert client.closed_with() is None
        gate.open()
        await stage.settled()
        assert client.one()["type"] == "connection:established"

    async def test_a_log_that_does_not_answer_does_not_keep_it_for_ever(self) -> None:
        broker = HeldBroker()
        broker.follow_gate.close()
        stage = Stage(broker=broker)
        client = stage.opened("ann")
        await broker.follow_gate.reached()
        await hand().advance(15)
        assert client.closed_with() == CloseCode.INTERNAL_ERROR
        broker.follow_gate.open()
        await stage.settled()
        assert broker.following == {}

    async def test_a_handler_that_takes_too_long_is_given_up_and_the_rest_is_answered(self) -> None:
        gate = Gate()
        stage = Stage()

        @stage.manager.on(Shouted)
        async def handle(shouted: Shouted, user: User) -> None:
            await gate.passed()

        client = await stage.signed_in("ann")
        ids = [client.send("shouted", {"text": "hi"}), client.send("subscribe", {"channels": ["notes"]})]
        await gate.reached()
        await hand().advance(10)
        await stage.settled()
        refusal, answer = client.read()
        assert refusal["payload"]["code"] == "internal_error"
        assert [refusal["reply_to"], answer["reply_to"]] == ids

    async def test_a_silent_client_is_pinged_then_closed_as_idle(self) -> None:
        stage = Stage()
        client = await stage.signed_in("ann")
        await hand().advance(60)
        assert client.transport.pings >= 1
        assert client.closed_with() is None
        await hand().advance(60)
        assert client.closed_with() == CloseCode.IDLE
        assert stage.manager.connections("ann") == 0

    @pytest.mark.parametrize("fraction", [0.0, 0.3, 0.75, 0.99])
    async def test_idle_is_never_less_than_the_limit_and_at_most_an_interval_more(self, fraction: float) -> None:
        stage = Stage()
        client = await stage.signed_in("ann")
        await hand().advance(40 + fraction)
        client.connection.heard()
        await hand().advance(74.9)
        assert client.closed_with() is None
        await hand().advance(26.1)
        assert client.closed_with() == CloseCode.IDLE

    async def test_who_is_heard_is_neither_pinged_nor_closed(self) -> None:
        client = await Stage().signed_in("ann")
        for _ in range(30):
            await hand().advance(10)
            client.connection.heard()
        assert (client.transport.pings, client.closed_with()) == (0, None)

    @pytest.mark.parametrize("life", [31.0, 40.3, 100.99, 3_600.5])
    async def test_an_expiring_token_is_announced_then_the_connection_ends_never_late(self, life: float) -> None:
        stage = Stage()
        expires_at = stage.now() + life
        client = await stage.subscribed(f"ann@{expires_at}", "notes")
        while client.closed_with() is None and stage.now() < expires_at - 31:
            client.connection.heard()
            await hand().advance(min(20.0, expires_at - 31 - stage.now()) or 0.001)
        assert client.read() == []
        await hand().advance(expires_at - 30 - stage.now())
        assert client.error() == "token_expiring"
        await hand().advance(28.9)
        assert client.read() == []
        await stage.post(1)
        await hand().advance(expires_at - stage.now())
        assert client.closed_with() == CloseCode.EXPIRED
        await stage.post(2)
        *events, last = client.read()
        assert [event["payload"]["note_id"] for event in events] == [1]
        assert last["payload"]["code"] == "token_expired"

    async def test_when_less_is_left_the_announcement_comes_at_once(self) -> None:
        stage = Stage()
        client = stage.opened(f"ann@{stage.now() + 20}")
        await stage.settled()
        established, expiring = client.read()
        assert established["payload"]["expires_at"] == stage.now() + 20
        assert expiring["payload"]["code"] == "token_expiring"

    @pytest.mark.parametrize("life", [0.1, 0.7, 1.2, 1.9])
    async def test_a_token_in_its_last_second_is_not_outlived(self, life: float) -> None:
        stage = Stage()
        client = stage.opened(f"ann@{stage.now() + life}")
        await stage.settled()
        await hand().advance(life)
        assert client.closed_with() == CloseCode.EXPIRED
        assert client.read()[-1]["payload"]["code"] == "token_expired"

    async def test_a_refresh_in_time_keeps_the_connection_and_is_announced_anew(self) -> None:
        stage = Stage()
        client = await stage.signed_in(f"ann@{stage.now() + 60}")
        for _ in range(3):
            await hand().advance(40)
            assert client.error() == "token_expiring"
            client.send("auth", {"token": f"ann@{stage.now() + 60}"})
            await stage.settled()
            assert client.one()["type"] == "connection:established"
        await hand().advance(60)
        assert [message["payload"]["code"] for message in client.read()] == ["token_expiring", "token_expired"]

    async def test_a_refresh_to_a_token_without_an_end_stays(self) -> None:
        stage = Stage()
        client = await stage.signed_in(f"ann@{stage.now() + 60}")
        client.send("auth", {"token": "ann"})
        await stage.settled()
        assert "expires_at" not in client.one()["payload"]
        for _ in range(10):
            await hand().advance(20)
            client.connection.heard()
        assert (client.read(), client.closed_with()) == ([], None)

    async def test_a_token_that_expires_while_it_is_being_refreshed_ends_the_connection(self) -> None:
        gate = Gate()
        gate.open()
        stage = Stage(authenticate=held_authentication(gate))
        client = await stage.signed_in(f"ann@{stage.now() + 40}")
        await hand().advance(35)
        gate.close()
        client.send("auth", {"token": f"ann@{stage.now() + 60}"})
        await gate.reached()
        await hand().advance(5)
        assert client.closed_with() == CloseCode.EXPIRED
        gate.open()
        await stage.settled()
        assert [message["payload"]["code"] for message in client.read()] == ["token_expiring", "token_expired"]


class TestEnd:
    async def test_nothing_is_taken_or_written_after_the_close(self) -> None:
        stage = Stage()
        client = await stage.subscribed("ann", "notes")
        client.connection.close(CloseCode.FORBIDDEN, "go")
        client.connection.close(CloseCode.NORMAL, "again")
        client.send("ping")
        client.connection.receive_binary(b"")
        client.connection.receive_oversized()
        client.connection.pause()
        client.connection.resume()
        await stage.post(1)
        await stage.settled()
        assert (client.closed_with(), client.read()) == (CloseCode.FORBIDDEN, [])
        assert client.connection.closed

    async def test_lost_is_idempotent_and_closes_nothing(self) -> None:
        stage = Stage()
        client = await stage.subscribed("ann", "notes")
        for _ in range(2):
            client.connection.lost()
        assert client.transport.closed is None
        assert stage.broker.following == {}

    async def test_a_reason_fits_into_a_close_frame(self) -> None:
        stage = Stage()
        client = await stage.signed_in("ann")
        stage.manager.disconnect_user("ann", "ö" * 200)
        assert client.transport.closed is not None
        assert 120 <= len(client.transport.closed[1].encode()) <= 123

    async def test_draining_asks_to_come_back_then_closes(self) -> None:
        stage = Stage()
        client = await stage.signed_in("ann")
        client.connection.drain()
        assert client.one()["type"] == "connection:closing"
        assert client.closed_with() == CloseCode.SERVICE_RESTART

    @pytest.mark.parametrize("life", ["", "@86400"])
    async def test_a_connection_that_has_gone_is_released(self, life: str) -> None:
        stage = Stage()
        client = await stage.subscribed("ann" + (life and f"@{stage.now() + 86_400}"), "notes", "room:1", room=2)
        await stage.post(1, 10)
        gone = weakref.ref(client.transport)
        client.connection.lost()
        del client
        await stage.settled()
        await hand().advance(30)  # its next look at whether it lives
        gc.collect()
        assert gone() is None
        assert stage.broker.following == {}

    async def test_refreshing_often_leaves_nothing_of_the_old_tokens(self) -> None:
        stage = Stage(limits=Limits(message_burst=2_000))
        client = await stage.signed_in(f"ann@{stage.now() + 1_000}")
        for life in range(1_001, 1_101):
            client.send("auth", {"token": f"ann@{stage.now() + life}"})
            await stage.settled()
            client.read()
        gc.collect()
        assert len(gc.get_referrers(client.connection)) < 20


class TestLostMeanwhile:
    """Whatever a connection is in the middle of when it is lost, nothing of it is left."""

    @staticmethod
    async def assert_nothing_left(stage: Stage, client: Client) -> None:
        gone = weakref.ref(client.transport)
        await stage.settled()
        await hand().advance(30)
        assert stage.broker.following == {}
        assert stage.manager.connections("ann") == 0
        client.connection = client.transport = None  # type: ignore[assignment]
        gc.collect()
        assert gone() is None

    @pytest.mark.parametrize("moment", ["at once", "a turn later"])
    @pytest.mark.parametrize("message", ["auth", "subscribe", "shouted"])
    async def test_right_behind_its_message(self, message: str, moment: str) -> None:
        async def later(handshake: Handshake, token: str | None) -> User | None:
            return authenticate(handshake, token)

        async def rule(channel: Any, user: User) -> bool:
            return True

        async def handle(shouted: Shouted, user: User) -> None:
            return None

        stage = Stage(authenticate=later, rule=rule)
        stage.manager.on(Shouted)(handle)
        client = await stage.signed_in("ann")
        payload = {"auth": {"token": "ann"}, "subscribe": {"channels": ["notes"]}, "shouted": {"text": "hi"}}[message]
        client.send(message, payload)
        if moment == "a turn later":
            await stage.turns(1)
        client.connection.lost()
        await self.assert_nothing_left(stage, client)

    async def test_while_its_token_is_being_looked_at(self) -> None:
        gate = Gate()
        stage = Stage(authenticate=held_authentication(gate))
        client = stage.opened("ann")
        await gate.reached()
        client.connection.lost()
        gate.open()
        await self.assert_nothing_left(stage, client)

    async def test_while_its_own_channel_is_being_followed(self) -> None:
        broker = HeldBroker()
        broker.follow_gate.close()
        stage = Stage(broker=broker)
        client = stage.opened("ann")
        await broker.follow_gate.reached()
        client.connection.lost()
        broker.follow_gate.open()
        await self.assert_nothing_left(stage, client)

    async def test_while_a_rule_is_being_asked(self) -> None:
        gate = Gate()

        async def rule(channel: Any, user: User) -> bool:
            await gate.passed()
            return True

        stage = Stage(rule=rule)
        client = await stage.signed_in("ann")
        client.send("subscribe", {"channels": ["room:1", "notes"]})
        await gate.reached()
        client.connection.lost()
        gate.open()
        await self.assert_nothing_left(stage, client)

    @pytest.mark.parametrize("gate", ["follow_gate", "since_gate"])
    async def test_while_a_channel_is_being_entered(self, gate: str) -> None:
        broker = HeldBroker()
        stage = Stage(broker=broker)
        client = await stage.signed_in("ann")
        getattr(broker, gate).close()
        client.send(
            "subscribe",
            {"channels": ["room:1", "notes"], "positions": {"notes": {"epoch": "E", "offset": 1, "id": "x"}}},
        )
        await getattr(broker, gate).reached()
        client.connection.lost()
        getattr(broker, gate).open()
        await self.assert_nothing_left(stage, client)

    async def test_while_it_is_being_replayed_to(self) -> None:
        broker = HeldBroker()
        stage = Stage(broker=broker)
        client = await stage.subscribed("ann", "notes", room=2)
        await stage.post(1, 10)
        broker.since_gate.close()
        client.read()
        await broker.since_gate.reached()
        client.connection.lost()
        broker.since_gate.open()
        await self.assert_nothing_left(stage, client)

    async def test_while_a_message_of_the_application_is_being_handled(self) -> None:
        gate = Gate()
        stage = Stage()

        @stage.manager.on(Shouted)
        async def handle(shouted: Shouted, user: User) -> None:
            await gate.passed()

        client = await stage.signed_in("ann")
        client.send("shouted", {"text": "hi"})
        client.send("subscribe", {"channels": ["notes"]})
        await gate.reached()
        client.connection.lost()
        gate.open()
        await self.assert_nothing_left(stage, client)

    async def test_while_it_is_refused_more_than_it_reads(self) -> None:
        stage = Stage(limits=Limits(unread_answers=100))
        client = await stage.signed_in("ann")
        client.connection.pause()
        client.send("subscribe", {"channels": ["no*pe", "room:1", "unknown", "notes"]})
        await stage.settled()
        assert client.closed_with() == CloseCode.SLOW
        await self.assert_nothing_left(stage, client)

    async def test_while_the_application_subscribes_it(self) -> None:
        gate = Gate()

        async def rule(channel: Any, user: User) -> bool:
            await gate.passed()
            return True

        stage = Stage(rule=rule)
        client = await stage.signed_in("ann")
        work = asyncio.create_task(stage.manager.subscribe(client.connection.id, ["notes"]))
        await gate.reached()
        client.connection.lost()
        gate.open()
        await work
        await self.assert_nothing_left(stage, client)
