"""The client against real servers, on both transports: cuts, restarts, expiry, refusals, resets, slow consumers."""

import asyncio
import itertools
import logging
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.client.app import LOG_EVENTS, Act, Me, NotePosted, Notes, Post, Secret
from tests.transports.servers import serving
from tidings.client import (
    ChannelRefused,
    Client,
    Disconnected,
    Position,
    Received,
    RequestRefused,
    Reset,
    State,
    Status,
    Subscription,
    connect,
)
from tidings.client.connection import Socket

TRANSPORTS = ["uvicorn-native", "uvicorn-asgi"]
APP = "tests.client.app:app"
DEADLINE = 60.0  # seconds; only a failure waits so long

users = (f"user{number}" for number in itertools.count())


@pytest.fixture(scope="module", params=TRANSPORTS)
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    with serving(request.param, APP) as server:
        yield f"{server.url}/ws"
        assert "Traceback" not in server.log


class Cable:
    """Connects where `url` says at that time, and can be cut."""

    def __init__(self, url: str) -> None:
        self.url, self.made = url, 0
        self.plugged = asyncio.Event()
        self.socket: Socket | None = None

    async def connect(self, url: str) -> Socket:
        self.socket = await connect(self.url.replace("http", "ws"), proxy=None)
        self.made += 1
        self.plugged.set()
        return self.socket

    def cut(self) -> None:
        """Abort TCP, with whatever is on its way."""
        if self.socket is not None:
            self.socket.abort()
            self.plugged.clear()


@asynccontextmanager
async def client_of(cable: Cable | str, user: str | None = None, **options: Any) -> AsyncIterator[Client]:
    """A client whose waits are next to nothing. Whatever a test awaits in the block has a deadline."""
    cable = Cable(cable) if isinstance(cable, str) else cable
    options = {"get_token": lambda: user or "publisher", "random": lambda: 0.001} | options
    async with asyncio.timeout(DEADLINE), Client(cable.url, connect=cable.connect, **options) as client:
        yield client


async def notes(events: Subscription[NotePosted], last: int) -> list[int | str]:
    """What comes up to the note with this number; a reset is its reason."""
    seen: list[int | str] = []
    while not seen or seen[-1] != last:
        item = await anext(events)
        seen.append(item.reason if isinstance(item, Reset) else item.event.note_id)
    return seen


class TestSubscriptions:
    async def test_events_come_typed_and_in_order_with_their_positions(self, url: str) -> None:
        async with client_of(url) as client, client.subscribe(Notes()) as events:
            start = events.position
            assert start is not None
            assert await client.request(Post(first=1, last=3)) == {"published": 3}
            for number in (1, 2, 3):
                item = await anext(events)
                assert isinstance(item, Received)
                assert item.event == NotePosted(note_id=number)
                assert (item.channel, item.key) == ("notes", f"note:{number}")
                assert item.position == events.position == Position(start.epoch, start.offset + number, item.id)

    async def test_the_users_own_channel_on_every_connection_of_the_user(self, url: str) -> None:
        user = next(users)
        async with client_of(url, user) as first, client_of(url, user) as second:
            own = Me(user_id=user)
            async with first.subscribe(own) as mine, second.subscribe(own) as mine_too:
                await first.request(Post(first=1, last=2, user_id=user))
                assert [await notes(mine, 2), await notes(mine_too, 2)] == [[1, 2], [1, 2]]

    async def test_a_channel_by_name(self, url: str) -> None:
        async with client_of(url) as client, client.subscribe("notes") as events:
            client.send(Post(first=5, last=5))
            item = await anext(events)
            assert isinstance(item, Received)
            assert item.event == {"note_id": 5, "text": ""}

    async def test_what_is_left_says_nothing_more_and_can_be_entered_again(self, url: str) -> None:
        async with client_of(url) as client:
            async with client.subscribe(Notes()) as events:
                pass
            await client.request(Post(first=1, last=1))
            assert [item async for item in events] == []
            async with client.subscribe(Notes(), position=events.position) as again:
                assert await notes(again, 1) == [1]


class TestRecovery:
    async def test_through_forty_cuts_each_note_comes_once_and_in_order(self, url: str) -> None:
        cable, dice = Cable(url), random.Random(7)
        async with client_of(cable) as reader, client_of(url) as writer, reader.subscribe(Notes()) as events:
            next_note = 1
            for _ in range(40):
                await cable.plugged.wait()
                batch = dice.randint(1, 10)
                posting = asyncio.create_task(writer.request(Post(first=next_note, last=next_note + batch - 1)))
                for _ in range(dice.randint(0, 20)):
                    await asyncio.sleep(0)
                cable.cut()
                await posting
                next_note += batch
            assert await notes(events, next_note - 1) == list(range(1, next_note))
        assert cable.made >= 40

    async def test_a_cut_in_the_middle_of_a_long_replay(self, url: str) -> None:
        cable = Cable(url)
        async with client_of(url) as writer:
            async with writer.subscribe(Notes()) as before:
                start = before.position
            await writer.request(Post(first=1, last=400, size=2_000))
            async with client_of(cable, inbox=10) as reader, reader.subscribe(Notes(), position=start) as events:
                seen = await notes(events, 57)
                cable.cut()
                seen += await notes(events, 211)
                cable.cut()
                assert seen + await notes(events, 400) == list(range(1, 401))

    async def test_the_own_channel_recovers_with_the_token(self, url: str) -> None:
        user, cable = next(users), Cable(url)
        async with (
            client_of(cable, user) as reader,
            client_of(url) as writer,
            reader.subscribe(Me(user_id=user)) as events,
        ):
            for first in (1, 6, 11):
                cable.cut()
                await writer.request(Post(first=first, last=first + 4, user_id=user))
            assert await notes(events, 15) == list(range(1, 16))

    async def test_another_process_goes_on_from_a_position(self, url: str) -> None:
        async with client_of(url) as writer:
            async with client_of(url) as reader, reader.subscribe(Notes()) as events:
                await writer.request(Post(first=1, last=9))
                assert await notes(events, 4) == [1, 2, 3, 4]
                kept = events.position
            assert kept is not None
            kept = Position(**kept.document())  # type: ignore[arg-type]
            async with client_of(url) as reader, reader.subscribe(Notes(), position=kept) as events:
                assert await notes(events, 9) == [5, 6, 7, 8, 9]

    async def test_away_longer_than_the_log_reaches_one_reset_and_then_what_is_new(self, url: str) -> None:
        cable = Cable(url)
        async with client_of(url) as writer, client_of(cable) as reader, reader.subscribe(Notes()) as events:
            await writer.request(Post(first=1, last=1))
            assert await notes(events, 1) == [1]
            cable.url = "ws://127.0.0.1:1/ws"  # where nobody listens
            cable.cut()
            await writer.request(Post(first=2, last=LOG_EVENTS + 2))
            cable.url = url
            await reader.connected()
            item = await anext(events)
            assert isinstance(item, Reset)
            await writer.request(Post(first=9_000, last=9_001))
            assert await notes(events, 9_001) == [9_000, 9_001]

    async def test_a_position_of_nowhere_is_reset(self, url: str) -> None:
        nowhere = Position("another", 7, "x")
        async with client_of(url) as client, client.subscribe(Notes(), position=nowhere) as events:
            assert isinstance(await anext(events), Reset)
            await client.request(Post(first=1, last=1))
            assert await notes(events, 1) == [1]

    @pytest.mark.parametrize("transport", TRANSPORTS)
    async def test_a_restart_is_survived_and_the_lost_history_is_a_reset(self, transport: str) -> None:
        seen: list[Status] = []
        with serving(transport, APP) as first:
            cable = Cable(f"{first.url}/ws")
            async with client_of(cable, on_status=seen.append) as client, client.subscribe(Notes()) as events:
                await client.request(Post(first=1, last=1))
                assert await notes(events, 1) == [1]
                with serving(transport, APP) as second:
                    cable.url = f"{second.url}/ws"
                    first.process.terminate()
                    assert isinstance(await anext(events), Reset)  # its log was in memory
                    await client.request(Post(first=2, last=2))
                    assert await notes(events, 2) == [2]
        assert State.OFFLINE in [status.state for status in seen]

    async def test_a_slow_consumer_ends_with_the_last_of_every_note(self, url: str) -> None:
        async with client_of(url) as writer, client_of(url, inbox=5) as reader, reader.subscribe(Notes()) as events:
            for _ in range(3):
                await writer.request(Post(first=1, last=100, size=20_000))
            await writer.request(Post(first=999, last=999))
            seen = await notes(events, 999)
            assert list(dict.fromkeys(seen)) == [*range(1, 101), 999]


class TestRefusals:
    async def test_a_channel_that_the_rule_refuses(self, url: str) -> None:
        async with client_of(url) as client:
            with pytest.raises(ChannelRefused) as refused:
                async with client.subscribe(Secret()):
                    pass
            assert (refused.value.channel, refused.value.code) == ("secret", "forbidden")
            with pytest.raises(ChannelRefused, match="unknown_channel"):
                await anext(client.subscribe("no:such:channel"))

    async def test_a_subscription_that_is_revoked(self, url: str) -> None:
        user = next(users)
        async with client_of(url, user) as client, client.subscribe(Notes()) as events:
            await client.request(Act(what="revoke", user_id=user))
            with pytest.raises(ChannelRefused, match="unsubscribed: forbidden"):
                await anext(events)

    async def test_a_token_that_is_refused(self, url: str) -> None:
        cable = Cable(url)
        async with client_of(cable, "nobody") as client:
            with pytest.raises(Disconnected, match="unauthorized"):
                await client.connected()
            assert client.status.state is State.REFUSED
        assert cable.made == 1

    async def test_the_token_stands_in_no_log_however_much_is_logged(
        self, url: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.DEBUG):
            async with client_of(url, "hidden-token") as client:
                await client.connected()
        assert "hidden-token" not in caplog.text

    async def test_a_user_that_the_application_disconnects(self, url: str) -> None:
        user, cable = next(users), Cable(url)
        async with client_of(cable, user) as client, client_of(url) as other, client.subscribe(Notes()) as events:
            await other.request(Act(what="disconnect", user_id=user))
            with pytest.raises(Disconnected, match="4403"):
                await anext(events)
        assert cable.made == 1

    async def test_an_application_message_that_is_refused(self, url: str) -> None:
        async with client_of(url) as client:
            with pytest.raises(RequestRefused, match="invalid_message: 1 comes before 2"):
                await client.request(Post(first=2, last=1))

    async def test_a_redirect_is_not_followed_with_the_token(self, url: str) -> None:
        async def redirect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(f"HTTP/1.1 302 Found\r\nLocation: {url}\r\nContent-Length: 0\r\n\r\n".encode())
            await writer.drain()
            writer.close()

        server = await asyncio.start_server(redirect, "127.0.0.1", 0)
        cable = Cable(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/ws")
        told = asyncio.Event()

        def note(status: Status) -> None:
            if status.state is State.REFUSED:
                told.set()

        async with server, client_of(cable, on_status=note) as client:
            await told.wait()
            assert client.status.reason == "the server refused the upgrade with HTTP 302"
        assert cable.made == 0


class TestExpiry:
    async def test_a_token_that_expires_is_renewed_on_the_connection(self, url: str) -> None:
        cable, given = Cable(url), iter(["ann@3", "ann@60"])
        renewed = asyncio.Event()

        async def get_token() -> str:
            token = next(given)
            if token == "ann@60":
                renewed.set()
            return token

        async with client_of(cable, get_token=get_token) as client, client.subscribe(Notes()) as events:
            await renewed.wait()
            await client.request(Post(first=1, last=1))
            assert await notes(events, 1) == [1]
        assert cable.made == 1

    async def test_without_a_refresh_it_comes_back_with_a_new_token_and_misses_nothing(self, url: str) -> None:
        cable, calls = Cable(url), itertools.count(1)
        offline = asyncio.Event()

        def get_token() -> str:
            if next(calls) == 2:
                raise OSError("no new token now")
            return "ann@3"

        def note(status: Status) -> None:
            if status.state is State.OFFLINE:
                offline.set()

        reading = client_of(cable, get_token=get_token, on_status=note)
        async with client_of(url) as writer, reading as client, client.subscribe(Notes()) as events:
            await offline.wait()
            await writer.request(Post(first=1, last=2))
            assert await notes(events, 2) == [1, 2]
        assert cable.made >= 2
