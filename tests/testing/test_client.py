"""The in-process client on both transports: what it takes, how it waits, what it says."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Annotated, Any, Literal, cast

import pytest
from fastapi import Depends, FastAPI, WebSocket

from tidings import Channel, ConnectionManager, ErrorCode, Event, Handshake, Refused, TidingsError, User, UserChannel
from tidings.testing import Client, UpgradeRefused, connected, lifespan
from tidings.testing.client import MAX_INBOX

Transport = Literal["asgi", "native"]


class Happened(Event, type="happened", key="what"):
    what: str


class Changed(Event, type="changed"):
    what: str


class Ask(Event, type="ask"):
    what: str


class News(Channel[Happened | Changed], name="news"): ...


class Secret(Channel[Happened], name="secret"): ...


class Me(UserChannel[Happened]): ...


def authenticate(handshake: Handshake, token: str | None) -> User | None:
    return None if token == "nobody" else User(str(token))


@pytest.fixture
def manager() -> ConnectionManager:
    manager = ConnectionManager(channels=[News, Secret, Me], authenticate=authenticate, origins=["https://app.example"])
    manager.authorize(News)(lambda channel, user: True)
    manager.authorize(Secret)(lambda channel, user: False)

    @manager.on(Ask)
    def answer(ask: Ask, user: User) -> dict[str, str]:
        if ask.what == "no":
            raise Refused(ErrorCode.FORBIDDEN, "not that")
        return {"said": f"{ask.what} to {user.id}"}

    return manager


@pytest.fixture
def app(manager: ConnectionManager) -> FastAPI:
    app = FastAPI()
    app.include_router(manager.router("/ws"))
    return app


@pytest.fixture(params=["asgi", "native"])
def transport(request: pytest.FixtureRequest) -> Transport:
    return cast(Transport, request.param)


@pytest.fixture
async def client(manager: ConnectionManager, transport: Transport) -> AsyncIterator[Client]:
    async with connected(manager, token="anna", transport=transport) as client:
        yield client


def happened(what: str = "tea") -> Happened:
    return Happened(what=what)


# ---- coming in


async def test_a_token_names_the_user(manager: ConnectionManager, client: Client) -> None:
    assert client.user_id == "anna"
    assert client.connection_id in manager._hub.connections
    assert manager.connections("anna") == 1


async def test_a_token_that_is_refused(manager: ConnectionManager, transport: Transport) -> None:
    with pytest.raises(Refused) as refused:
        async with connected(manager, token="nobody", transport=transport):
            raise AssertionError("nobody came in")
    assert refused.value.code is ErrorCode.UNAUTHORIZED


async def test_a_user_needs_no_token(manager: ConnectionManager, transport: Transport) -> None:
    user = User("7", claims={"role": "manager"})
    async with connected(manager, user=user, transport=transport) as one, connected(manager, user=8) as other:
        assert (one.user_id, other.user_id) == ("7", "8")
    with pytest.raises(Refused):
        async with connected(manager, token="nobody", transport=transport):
            raise AssertionError("nobody came in")


async def test_the_last_user_leaves_the_manager_as_it_was(manager: ConnectionManager, transport: Transport) -> None:
    async with AsyncExitStack() as last:
        async with connected(manager, user=7, transport=transport):
            await last.enter_async_context(connected(manager, user=8, transport=transport))
        assert manager._hub.authentication.authenticate is not authenticate  # the second is still there
        async with connected(manager, user=9, transport=transport) as third:
            assert third.user_id == "9"
    assert manager._hub.authentication.authenticate is authenticate


async def test_a_user_that_fails_leaves_the_manager_as_it_was(manager: ConnectionManager, transport: Transport) -> None:
    headers = {"Origin": "https://evil.example"}
    with pytest.raises(UpgradeRefused):
        async with connected(manager, user=7, transport=transport, headers=headers):
            raise AssertionError("it was not refused")
    assert manager._hub.authentication.authenticate is authenticate
    with pytest.raises(LookupError):
        async with connected(manager, user=7, transport=transport):
            raise LookupError("in the block")
    assert manager._hub.authentication.authenticate is authenticate


async def test_without_either_nobody_has_come_in(manager: ConnectionManager, transport: Transport) -> None:
    async with connected(manager, transport=transport) as client:
        await client.ping()
        with pytest.raises(Refused) as refused:
            await client.subscribe(News())
        assert refused.value.code is ErrorCode.NOT_AUTHENTICATED


async def test_a_token_in_the_path_as_in_the_guide(manager: ConnectionManager, transport: Transport) -> None:
    async with connected(manager, path="/ws?token=anna", transport=transport) as client:
        assert (await client.expect("connection:established"))["payload"]["user_id"] == "anna"


async def test_an_upgrade_that_is_refused(manager: ConnectionManager, transport: Transport) -> None:
    headers = {"Origin": "https://evil.example"}
    with pytest.raises(UpgradeRefused, match=r"refused with 403: .*https://evil\.example") as refused:
        async with connected(manager, token="anna", transport=transport, headers=headers):
            raise AssertionError("it was not refused")
    assert refused.value.status == 403
    async with connected(manager, token="anna", transport=transport, headers={"Origin": "https://app.example"}):
        pass


async def test_it_leaves_nothing_behind(manager: ConnectionManager, transport: Transport) -> None:
    before = asyncio.all_tasks()
    async with connected(manager, token="anna", transport=transport) as client:
        await client.subscribe(News())
    for _ in range(10):
        await asyncio.sleep(0)
    assert not manager._hub.connections
    assert asyncio.all_tasks() == before


# ---- what came


async def test_expect_gives_the_event(manager: ConnectionManager, client: Client) -> None:
    await client.subscribe(News())
    await manager.publish(happened(), News())
    assert await client.expect(Happened, on=News()) == happened()


async def test_expect_waits_for_what_comes_later(manager: ConnectionManager, client: Client) -> None:
    await client.subscribe(News())
    waiting = asyncio.create_task(client.expect(Happened))
    for _ in range(5):
        await asyncio.sleep(0)
    assert not waiting.done()
    await manager.publish(happened(), News())
    assert await waiting == happened()


async def test_expect_leaves_what_it_does_not_want(manager: ConnectionManager, client: Client) -> None:
    await client.subscribe(News())
    await manager.publish(happened("tea"), News())
    await manager.publish(happened("milk"), Me(user_id="anna"))
    await manager.publish(Changed(what="x"), News())
    assert await client.expect(Changed) == Changed(what="x")
    assert (await client.expect(Happened, on=Me(user_id="anna"))).what == "milk"
    assert (await client.expect(Happened)).what == "tea"
    assert client.messages() == []


async def test_a_type_stands_for_the_whole_message(manager: ConnectionManager, client: Client) -> None:
    await client.subscribe(News())
    id = await manager.publish(happened(), News())
    message = await client.expect("happened", on="news")
    assert (message["id"], message["offset"], message["key"]) == (id, 1, "happened:tea")


async def test_what_does_not_come_fails_and_shows_what_came(manager: ConnectionManager, client: Client) -> None:
    await client.subscribe(News())
    await manager.publish(happened(), News())
    await manager.publish(Changed(what="x" * 1_000), News())
    with pytest.raises(AssertionError) as failed:
        await client.expect(Happened, on=Me(user_id="anna"), timeout=0.05)
    lines = str(failed.value).splitlines()
    assert lines[0] == "expected Happened (happened) on user:anna within 0.05 s; 2 messages wait:"
    assert lines[1] == '  1. happened on news: {"what": "tea"}'
    assert lines[2].startswith('  2. changed on news: {"what": "xxx')
    assert len(lines[2]) < 250


async def test_the_end_of_the_connection_ends_a_wait(manager: ConnectionManager, client: Client) -> None:
    waiting = asyncio.create_task(client.expect(Happened, timeout=100))
    await asyncio.sleep(0)
    await manager.disconnect_user("anna", "enough")
    with pytest.raises(AssertionError, match=r"the connection ended with 4403 \(enough\); no message waits"):
        await waiting
    assert await client.expect_closed() == 4403


async def test_expect_none(manager: ConnectionManager, client: Client) -> None:
    await client.subscribe(News())
    await client.expect_none()
    await manager.publish(happened(), News())
    await client.expect_none(Changed)
    await client.expect_none(Happened, on=Me(user_id="anna"))
    with pytest.raises(AssertionError, match=r"expected no Happened \(happened\) on news; 1 messages wait"):
        await client.expect_none(Happened, on=News())


async def test_expect_none_may_wait_longer(manager: ConnectionManager, client: Client) -> None:
    await client.subscribe(News())
    waiting = asyncio.create_task(client.expect_none(Happened, within=100))
    while manager._hub.connections and not waiting.done():
        await manager.publish(happened(), News())
        await asyncio.sleep(0)
    with pytest.raises(AssertionError, match="expected no Happened"):
        await waiting
    await client.ping()
    client.messages()
    await client.expect_none(Happened, within=0.01)


async def test_the_inbox_is_bounded(manager: ConnectionManager, client: Client) -> None:
    for number in range(MAX_INBOX + 5):
        client.text(f'{{"type": "stray", "payload": {{"number": {number}}}}}')
    messages = client.messages()
    assert (len(messages), messages[0]["payload"]["number"]) == (MAX_INBOX, 5)


async def test_a_class_in_place_of_a_channel_is_pointed_out(client: Client) -> None:
    with pytest.raises(TypeError, match=r"News is a class: give the channel, News\(…\)"):
        await client.expect(Happened, on=News)  # type: ignore[call-overload]


# ---- asking


async def test_a_channel_that_is_refused(manager: ConnectionManager, client: Client) -> None:
    with pytest.raises(Refused) as refused:
        await client.subscribe(Secret(), News(), "nowhere")
    assert (refused.value.code, refused.value.channel) == (ErrorCode.FORBIDDEN, "secret")
    assert client.messages() == []
    await manager.publish(happened(), News())
    await client.expect(Happened, on=News())


async def test_unsubscribe(manager: ConnectionManager, client: Client) -> None:
    await client.subscribe(News())
    await client.unsubscribe(News())
    await manager.publish(happened(), News())
    await client.expect_none()


async def test_application_messages(client: Client) -> None:
    assert await client.request(Ask(what="hello")) == {"said": "hello to anna"}
    with pytest.raises(Refused, match="not that"):
        await client.request(Ask(what="no"))
    with pytest.raises(Refused) as refused:
        await client.request("nonsense", {"a": 1})
    assert refused.value.code is ErrorCode.UNKNOWN_TYPE


async def test_positions_are_where_the_next_connection_goes_on(
    manager: ConnectionManager, transport: Transport
) -> None:
    async with connected(manager, token="anna", transport=transport) as first:
        await first.subscribe(News())
        await manager.publish(happened("1"), News())
        await first.expect(Happened)
    await manager.publish(happened("2"), News(), Me(user_id="anna"))
    async with connected(manager, token="anna", transport=transport, positions=first.positions) as second:
        assert (await second.subscribe(News(), positions=first.positions))["recovered"] == {"news": True}
        assert (await second.expect(Happened, on=News())).what == "2"
        assert (await second.expect(Happened, on=Me(user_id="anna"))).what == "2"
        await second.expect_none()


# ---- applications


async def test_an_application_with_its_lifespan(app: FastAPI, manager: ConnectionManager, transport: Transport) -> None:
    async with (
        lifespan(app) as running,
        connected(running, token="anna", transport=transport) as anna,
        connected(running, user="ben", transport=transport) as ben,
    ):
        for client in (anna, ben):
            await client.subscribe(News())
        await manager.publish(happened(), News())
        assert await anna.expect(Happened) == await ben.expect(Happened) == happened()


async def test_the_end_of_a_lifespan_sends_clients_away(app: FastAPI, manager: ConnectionManager) -> None:
    async with AsyncExitStack() as stack:
        async with lifespan(app) as running:
            client = await stack.enter_async_context(connected(running, token="anna"))
        await client.expect("connection:closing")
        assert await client.expect_closed() == 1012


async def test_an_application_without_its_lifespan(app: FastAPI, manager: ConnectionManager) -> None:
    async with connected(app, token="anna") as client:
        await client.subscribe(News())
        await manager.publish(happened(), News())
        await client.expect(Happened)


async def test_dependencies_and_their_overrides_hold(transport: Transport) -> None:
    manager, app = ConnectionManager(channels=[Secret], authenticate=authenticate), FastAPI()

    def allowed() -> bool:
        return False

    @manager.authorize(Secret)
    async def rule(channel: Secret, user: User, may: Annotated[bool, Depends(allowed)]) -> bool:
        return may

    app.include_router(manager.router("/ws"))
    async with lifespan(app) as running, connected(running, token="anna", transport=transport) as client:
        with pytest.raises(Refused):
            await client.subscribe(Secret())
    app.dependency_overrides[allowed] = lambda: True
    async with lifespan(app) as running, connected(running, token="ben", transport=transport) as client:
        await client.subscribe(Secret())


@pytest.mark.parametrize("options", [{"transport": "native", "token": "anna"}, {"user": "anna"}])
async def test_what_needs_a_lifespan_says_so(app: FastAPI, options: dict[str, Any]) -> None:
    with pytest.raises(TidingsError, match=r"async with lifespan\(app\) as running, connected\(running"):
        async with connected(app, **options):
            pass


async def test_a_path_that_nobody_serves(app: FastAPI) -> None:
    async with lifespan(app) as running:
        with pytest.raises(TidingsError, match=r"no manager's router serves '/live' .*; served: /ws"):
            async with connected(running, token="anna", transport="native", path="/live"):
                pass
        with pytest.raises(UpgradeRefused, match="403"):
            async with connected(running, token="anna", path="/live"):
                pass


async def test_what_the_endpoint_raises_is_raised() -> None:
    app = FastAPI()

    @app.websocket("/early")
    async def early(websocket: WebSocket) -> None:
        raise LookupError("before the accept")

    @app.websocket("/late")
    async def late(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.receive_text()
        raise LookupError("after the first message")

    with pytest.raises(LookupError, match="before the accept"):
        async with connected(app, path="/early"):
            pass
    with pytest.raises(LookupError, match="after the first message"):
        async with connected(app, path="/late") as client:
            await client.request("hello")


async def test_the_guides_endpoint() -> None:
    app, manager = FastAPI(), ConnectionManager()

    @app.websocket("/ws")
    async def endpoint(websocket: WebSocket) -> None:
        await manager.connect(websocket, 7)
        async for _ in websocket.iter_text():
            pass

    async with connected(app) as client:
        await client.expect("connection:established")
        assert client.user_id == "7"
        await manager.send_to_user(7, {"type": "schedule:created", "payload": {"a": 1}})
        assert (await client.expect("schedule:created"))["payload"] == {"a": 1}


# ---- the lifespan


async def test_a_start_that_fails_is_raised() -> None:
    async def connect() -> None:
        raise LookupError("no database")

    @asynccontextmanager
    async def failing(app: FastAPI) -> AsyncIterator[None]:
        await connect()
        yield

    with pytest.raises(LookupError, match="no database"):
        async with lifespan(FastAPI(lifespan=failing)):
            raise AssertionError("it had not begun")


async def test_an_end_that_fails_is_raised() -> None:
    @asynccontextmanager
    async def failing(app: FastAPI) -> AsyncIterator[None]:
        yield
        raise LookupError("not closed")

    with pytest.raises(LookupError, match="not closed"):
        async with lifespan(FastAPI(lifespan=failing)):
            pass


async def test_a_start_that_takes_too_long() -> None:
    @asynccontextmanager
    async def stuck(app: FastAPI) -> AsyncIterator[None]:
        await asyncio.Event().wait()
        yield

    with pytest.raises(TimeoutError, match=r"the application's startup took longer than 0\.05 s"):
        async with lifespan(FastAPI(lifespan=stuck), timeout=0.05):
            pass


async def test_an_application_that_knows_no_lifespan() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] == "websocket"

    with pytest.raises(AssertionError):
        async with lifespan(app):
            pass
