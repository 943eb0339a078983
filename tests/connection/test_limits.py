"""One client: what it may send, and what may wait for it."""

from typing import Any

import pytest

from tests.stage import HAND_TURNED, Gate, Stage, hand, held_authentication
from tidings import Limits
from tidings.protocol.codes import CloseCode


@pytest.fixture(scope="module")
def anyio_backend() -> Any:
    return HAND_TURNED


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
