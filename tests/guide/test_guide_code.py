"""The guide's endpoint and notify code, unchanged but for import paths, on our manager: real servers and clients."""

import itertools
import os
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest

from bench.servers import guide_manager
from tests.guide import live
from tests.guide.application import ENDPOINT
from tests.transports.client import DEADLINE, Client, opened
from tests.transports.servers import SERVERS, serving
from tidings import WSEventType

GUIDE = (
    Path(os.environ.get("TIDINGS_SHARED", Path(__file__).parents[3] / "shared"))
    / "seed"
    / "websocket-implementation-guide.md"
)
ORIGINAL = Path(guide_manager.__file__)
IMPORTED = "python.websocket.types"

_users = itertools.count(100)


@pytest.fixture(scope="module", params=SERVERS)
def server(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a server that runs the guide's endpoint."""
    with serving(request.param, "tests.guide.served:app") as running:
        yield running.url
        assert "never retrieved" not in running.log, "a task of ours failed, and nobody looked"


@pytest.fixture
def user() -> int:
    """A user whom no other test has."""
    return next(_users)


@asynccontextmanager
async def tab(server: str, user: int, *channels: str) -> AsyncIterator[Client]:
    """A connection that was greeted and has subscribed."""
    async with opened(server, f"?token={user}") as client:
        assert (await client.next())["type"] == "connection:established"
        if channels:
            await client.send("subscribe", {"channels": list(channels)})
            assert (await client.next())["type"] == "subscribed"
        yield client


@asynccontextmanager
async def office(server: str) -> AsyncIterator["Office"]:
    async with httpx2.AsyncClient(base_url=server, timeout=DEADLINE) as http:
        yield Office(http)


class Office:
    """The application over HTTP."""

    def __init__(self, http: httpx2.AsyncClient) -> None:
        self.http = http

    async def create(self, number: int, staff_id: int) -> None:
        """Create a schedule, which calls `notify_schedule_created`."""
        (await self.http.post("/schedules", json={"id": number, "staff_id": staff_id})).raise_for_status()

    async def connections(self, user: int) -> int:
        return int((await self.http.get(f"/connections/{user}")).raise_for_status().text)

    async def gone(self, user: int) -> None:
        """Wait until the user has no connection any more."""
        (await self.http.get(f"/gone/{user}")).raise_for_status()


# ---- The text is the guide's.


@pytest.mark.skipif(not GUIDE.is_file(), reason=f"the guide is not at {GUIDE} (TIDINGS_SHARED=…)")
def test_the_code_is_the_guides_byte_for_byte() -> None:
    manager, endpoint, notify = re.findall(rb"```python\n(.*?)```", GUIDE.read_bytes(), re.DOTALL)

    def ours(block: bytes, module: bytes) -> bytes:
        assert block.count(IMPORTED.encode()) == 1
        return block.replace(IMPORTED.encode(), module)

    assert ORIGINAL.read_bytes() == ours(manager, b"bench.servers.guide_types")
    assert ENDPOINT.read_bytes() == ours(endpoint, b"tests.guide.live") + b"\n" + ours(notify, b"tests.guide.live")


def test_the_event_types_are_the_guides_and_the_applications() -> None:
    assert live.WSEventType.SCHEDULE_CREATED.value == "schedule:created"
    assert live.WSEventType.PING.value == WSEventType.PING.value == "ping"


# ---- The endpoint.


async def test_it_greets(server: str, user: int) -> None:
    async with opened(server, f"?token={user}") as client:
        greeting = await client.next()
    assert greeting["type"] == "connection:established"
    assert greeting["payload"]["user_id"] == str(user)
    assert greeting["payload"]["connection_id"]
    assert greeting.keys() >= {"type", "payload", "timestamp", "id"}


async def test_it_subscribes_and_answers_as_the_guide_does(server: str, user: int) -> None:
    async with tab(server, user) as client:
        await client.send("subscribe", {"channels": ["schedules", "timeoff"]})
        answer = await client.next()
    assert (answer["type"], answer["payload"]) == ("subscribed", {"channels": ["schedules", "timeoff"], "total": 2})
    assert answer.keys() == {"type", "payload", "timestamp", "id"}


async def test_it_answers_a_ping(server: str, user: int) -> None:
    async with tab(server, user) as client:
        await client.send("ping")
        answer = await client.next()
    assert (answer["type"], answer["payload"]) == ("pong", {})


async def test_who_unsubscribes_hears_no_more(server: str, user: int) -> None:
    async with office(server) as http, tab(server, user, "schedules") as client:
        await client.send("unsubscribe", {"channels": ["schedules"]})
        await client.send("ping")
        assert (await client.next())["type"] == "pong"
        await http.create(1, user + 10_000)
        await client.send("ping")
        assert (await client.next())["type"] == "pong"


# ---- Broadcasting.


async def test_a_created_schedule_reaches_subscribers_and_every_tab_of_the_staff_member(server: str, user: int) -> None:
    staff = user + 20_000
    async with (
        office(server) as http,
        tab(server, user, "schedules") as one,
        tab(server, user + 30_000, "timeoff", "schedules") as two,
        tab(server, user + 40_000, "timeoff") as other,
        tab(server, staff) as first_tab,
        tab(server, staff) as second_tab,
    ):
        await http.create(5, staff)
        events = [await client.next() for client in (one, two, first_tab, second_tab)]
        await other.send("ping")
        assert (await other.next())["type"] == "pong"
    assert {event["type"] for event in events} == {"schedule:created"}
    assert all(event["payload"] == {"schedule": {"id": 5, "staff_id": staff, "version": 1}} for event in events)
    assert [event["channel"] for event in events] == ["schedules", "schedules", f"user:{staff}", f"user:{staff}"]
    assert len({event["id"] for event in events}) == 1


async def test_schedules_arrive_in_the_order_of_their_creation(server: str, user: int) -> None:
    async with office(server) as http, tab(server, user, "schedules") as client:
        for number in range(20):
            await http.create(number, user + 50_000)
        assert [(await client.next())["payload"]["schedule"]["id"] for _ in range(20)] == list(range(20))


# ---- The end of a connection, whichever way it comes.


async def _closes(client: Client) -> None:
    await client.socket.close()


async def _closes_with_a_code_of_its_own(client: Client) -> None:
    await client.socket.close(4999, "enough")


async def _is_cut_off(client: Client) -> None:
    client.socket.transport.abort()


async def _sends_no_json(client: Client) -> None:
    await client.socket.send("{")


async def _leaves_the_type_out(client: Client) -> None:
    await client.socket.send('{"payload": {}}')


async def _names_no_channels(client: Client) -> None:
    await client.socket.send('{"type": "subscribe", "payload": {}}')


async def _gives_text_for_a_list(client: Client) -> None:
    await client.socket.send('{"type": "subscribe", "payload": {"channels": "schedules"}}')


async def _sends_binary(client: Client) -> None:
    await client.socket.send(b"{}")


ENDS = [
    _closes,
    _closes_with_a_code_of_its_own,
    _is_cut_off,
    _sends_no_json,
    _leaves_the_type_out,
    _names_no_channels,
    _gives_text_for_a_list,
    _sends_binary,
]


@pytest.mark.parametrize("end", ENDS)
async def test_a_connection_is_cleaned_up_however_it_ends(
    server: str, user: int, end: Callable[[Client], Awaitable[None]]
) -> None:
    leaver = user + 60_000
    async with (
        office(server) as http,
        tab(server, user, "schedules") as stays,
        tab(server, leaver, "schedules") as client,
    ):
        assert await http.connections(leaver) == 1
        await end(client)
        await http.gone(leaver)
        await http.create(1, leaver)
        assert (await stays.next())["type"] == "schedule:created"
        assert await http.connections(user) == 1


async def test_the_second_tab_stays_when_the_first_is_closed(server: str, user: int) -> None:
    async with office(server) as http, tab(server, user) as second:
        async with tab(server, user):
            assert await http.connections(user) == 2
        await http.create(1, user)
        assert (await second.next())["channel"] == f"user:{user}"
