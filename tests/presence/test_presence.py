"""One node: who is on a channel, what they say, and who may see it. Time is turned by hand."""

from contextlib import AsyncExitStack

import msgspec
import pytest

from tests.presence.watching import (
    LOG,
    Changed,
    Lobby,
    Plain,
    Shifts,
    authenticate,
    entries,
    node,
    present,
    watching,
)
from tidings import (
    Channel,
    ChannelError,
    ConnectionManager,
    DeclarationError,
    Limits,
    MemoryBroker,
    Refused,
    UserChannel,
)
from tidings.protocol.codes import ErrorCode
from tidings.publishing.envelope import create_ws_message
from tidings.testing import FakeClock, connected

clock = FakeClock()


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, object]]:
    return "asyncio", {"loop_factory": clock.new_loop}


@pytest.fixture
def manager() -> ConnectionManager:
    return node(MemoryBroker(), clock)


async def test_who_comes_and_goes_is_shown(manager) -> None:
    async with watching(manager, "watcher") as watcher, present(manager, "anna"):
        await clock.advance(1)
        assert watcher.read().shown == {"anna": 1}
        async with present(manager, "ben"), present(manager, "anna"):
            await clock.advance(1)
            assert watcher.read().shown == {"anna": 2, "ben": 1}
        await clock.advance(11)
        assert watcher.read().shown == {"anna": 1}


async def test_a_late_watcher_is_told_all(manager) -> None:
    async with present(manager, "anna") as anna, present(manager, "ben"):
        await anna.request("presence:update", {"channel": "shifts", "metadata": {"shift": 12}})
        await clock.advance(60)
        async with watching(manager, "watcher") as watcher:
            await clock.advance(0)
            assert watcher.read().types == ["presence:state"]
            assert watcher.roster.ready
            assert watcher.shown == {"anna": 1, "ben": 1}
            assert watcher.metadata == {"anna": [{"shift": 12, "note": ""}]}


async def test_a_burst_is_few_messages() -> None:
    broker = MemoryBroker()
    manager = node(broker, clock, limits=Limits(message_size=16_384))
    async with watching(manager, "watcher") as watcher, AsyncExitStack() as stack:
        await clock.advance(1)
        for number in range(400):
            await stack.enter_async_context(present(manager, f"a-user-with-a-name-{number}"))
        await clock.advance(1)
        assert len(watcher.read().shown) == 400
        said = [entry for entry in await entries(broker) if entry["type"] == "presence:changed"]
        assert len(said) == 2
        assert max(len(msgspec.json.encode(entry["payload"])) for entry in said) <= 16_384


async def test_who_unsubscribes_is_gone_at_once(manager) -> None:
    async with watching(manager, "watcher") as watcher, present(manager, "anna") as anna:
        await clock.advance(1)
        await anna.unsubscribe(Shifts())
        await clock.advance(0.2)
        assert watcher.read().shown == {}


async def test_a_reload_says_nothing() -> None:
    broker = MemoryBroker()
    manager = node(broker, clock)
    async with watching(manager, "watcher") as watcher:
        async with present(manager, "anna") as anna:
            await anna.request("presence:update", {"channel": "shifts", "metadata": {"shift": 12}})
            await clock.advance(1)
        said = len(await entries(broker))
        await clock.advance(9)
        async with present(manager, "anna") as anna:
            await anna.request("presence:update", {"channel": "shifts", "metadata": {"shift": 12}})
            await clock.advance(60)
            assert len(await entries(broker)) == said
            assert watcher.read().shown == {"anna": 1}


async def test_metadata_is_of_each_connection_and_ends_with_it(manager) -> None:
    async with watching(manager, "watcher") as watcher, present(manager, "anna") as one:
        await one.request("presence:update", {"channel": "shifts", "metadata": {"shift": 12}})
        async with present(manager, "anna") as other:
            await other.request("presence:update", {"channel": "shifts", "metadata": {"shift": 13, "new": 1}})
            await clock.advance(1)
            assert watcher.read().metadata == {"anna": [{"shift": 12, "note": ""}, {"shift": 13, "note": ""}]}
            await other.request("presence:update", {"channel": "shifts", "metadata": None})
            await clock.advance(1)
            assert watcher.read().metadata == {"anna": [{"shift": 12, "note": ""}]}
        await clock.advance(11)
        assert watcher.read().shown == {"anna": 1}


@pytest.mark.parametrize(
    ("channel", "metadata", "code", "reason"),
    [
        ("shifts", {"shift": "the first"}, ErrorCode.INVALID_METADATA, "shift: Input should be a valid integer"),
        ("shifts", {"note": "x" * 1_024}, ErrorCode.INVALID_METADATA, "bytes as JSON, more than 1024"),
        ("lobby:1", {}, ErrorCode.INVALID_METADATA, "no metadata"),
        ("plain", {"shift": 1}, ErrorCode.NO_PRESENCE, "declared without presence"),
        ("lobby:2", {}, ErrorCode.NOT_SUBSCRIBED, "subscribe to 'lobby:2' first"),
        ("nowhere", {}, ErrorCode.NOT_SUBSCRIBED, "subscribe"),
    ],
)
async def test_metadata_is_refused_with_the_reason(manager, channel, metadata, code, reason) -> None:
    async with present(manager, "anna") as anna:
        await anna.subscribe(Plain(), Lobby(number=1))
        with pytest.raises(Refused, match=reason) as refused:
            await anna.request("presence:update", {"channel": channel, "metadata": metadata})
        assert (refused.value.code, refused.value.channel) == (code, channel)


async def test_it_is_seen_by_those_who_may_follow_the_channel(manager) -> None:
    async with connected(manager, user="mallory") as mallory:
        for name, code in {
            LOG: ErrorCode.FORBIDDEN,
            "presence:plain": ErrorCode.NO_PRESENCE,
            "presence:nowhere": ErrorCode.NO_PRESENCE,
            "presence:user:anna": ErrorCode.NO_PRESENCE,
            f"presence:{LOG}": ErrorCode.NO_PRESENCE,
            "!nodes": ErrorCode.INVALID_CHANNEL,
        }.items():
            with pytest.raises(Refused) as refused:
                await mallory.subscribe(name)
            assert refused.value.code == code


async def test_who_is_revoked_neither_sees_nor_is_shown(manager) -> None:
    async with watching(manager, "watcher") as watcher, present(manager, "anna") as anna:
        await anna.subscribe(LOG)
        await clock.advance(1)
        assert watcher.read().shown == {"anna": 1}
        await manager.revoke("anna", Shifts())
        left = await anna.expect("unsubscribed")
        assert left["payload"]["channels"] == ["shifts", LOG]
        await clock.advance(1)
        assert watcher.read().shown == {}


async def test_a_place_that_is_kept_goes_with_the_right_to_it(manager) -> None:
    async with watching(manager, "watcher") as watcher:
        async with present(manager, "anna"):
            await clock.advance(1)
        await manager.disconnect_user("anna")
        await clock.advance(1)
        assert watcher.read().shown == {}


async def test_who_is_disconnected_by_the_application_is_gone_at_once(manager) -> None:
    async with watching(manager, "watcher") as watcher, present(manager, "anna") as anna:
        await clock.advance(1)
        await manager.disconnect_user("anna")
        await anna.expect_closed()
        await clock.advance(0.2)
        assert watcher.read().seen[-2:] == [{"anna": 1}, {}]


async def test_the_application_sees_it(manager) -> None:
    async with present(manager, "anna") as anna, present(manager, "anna"), present(manager, "ben"):
        await anna.request("presence:update", {"channel": "shifts", "metadata": {"shift": 12}})
        await clock.advance(1)
        users = await manager.presence(Shifts())
        assert [(user.user_id, user.connections, user.metadata) for user in users] == [
            ("anna", 2, [{"shift": 12, "note": ""}]),
            ("ben", 1, []),
        ]
    with pytest.raises(DeclarationError, match="Plain is declared without presence"):
        await manager.presence(Plain())


async def test_a_reader_that_knows_the_roster_is_not_told_it_again(manager) -> None:
    async with present(manager, "anna"), AsyncExitStack() as stack:
        watcher = await stack.enter_async_context(watching(manager, "watcher"))
        await clock.advance(1)
        known = watcher.read().client.positions[LOG]
        async with present(manager, "ben"):
            await clock.advance(1)
            async with watching(manager, "other", position=known) as other:
                await clock.advance(1)
                assert other.read().types == ["presence:changed"]


async def test_nobody_is_told_while_this_process_may_deliver_nothing(manager) -> None:
    async with present(manager, "anna"), watching(manager, "first"), connected(manager, user="watcher") as client:
        await clock.advance(1)
        audiences = manager._hub.audiences
        audiences.hold()
        id = client.send("subscribe", {"channels": [LOG]})
        await clock.advance(5)
        assert not [message for message in client.messages() if message.get("reply_to") != id]
        audiences.resume()
        await clock.advance(1)
        assert "presence:state" in [message["type"] for message in client.messages()]


async def test_who_subscribes_again_is_told_again(manager) -> None:
    async with watching(manager, "watcher") as watcher:
        await clock.advance(1)
        await watcher.client.subscribe(LOG)
        await clock.advance(1)
        assert watcher.read().types.count("presence:state") == 2


async def test_a_reset_is_followed_by_the_roster() -> None:
    broker = MemoryBroker(events=2)
    manager = node(broker, clock)
    async with present(manager, "anna"), AsyncExitStack() as stack:
        watcher = await stack.enter_async_context(watching(manager, "watcher"))
        await clock.advance(1)
        known = watcher.read().client.positions[LOG]
        for number in range(4):
            await stack.enter_async_context(present(manager, f"user-{number}"))
            await clock.advance(1)
        async with watching(manager, "other", position=known) as other:
            await clock.advance(1)
            assert other.read().types == ["presence:state"]
            assert other.shown == watcher.read().shown


async def test_a_long_roster_comes_in_parts(manager) -> None:
    async with AsyncExitStack() as stack:
        for number in range(100):
            anna = await stack.enter_async_context(present(manager, f"user-{number}"))
            await anna.request("presence:update", {"channel": "shifts", "metadata": {"note": "x" * 990}})
        await clock.advance(1)
        async with watching(manager, "watcher") as watcher:
            await clock.advance(1)
            assert watcher.read().types == ["presence:state"] * 2
            assert len(watcher.shown) == 100


async def test_what_nobody_needs_is_followed_no_longer() -> None:
    broker = MemoryBroker()
    manager = node(broker, clock)
    async with watching(manager, "watcher"), present(manager, "anna"):
        await clock.advance(1)
    assert broker._followers[LOG] == 1
    await clock.advance(30)
    assert broker._followers == {}
    async with present(manager, "anna"), watching(manager, "watcher") as watcher:
        await clock.advance(1)
        assert watcher.read().shown == {"anna": 1}


async def test_nobody_else_writes_to_it(manager) -> None:
    with pytest.raises(ChannelError, match="only tidings itself writes to it"):
        await manager.broadcast_to_channel(LOG, create_ws_message("shift:changed", {"shift": 1}))
    with pytest.raises(ChannelError, match="only tidings itself writes to it"):
        await ConnectionManager().broadcast_to_channel("presence:x", create_ws_message("note", {}))


def test_declarations_that_cannot_be() -> None:
    from pydantic import BaseModel

    class Needy(BaseModel):
        shift: int

    class Me(UserChannel[Changed], presence=True): ...

    class Free(Channel[Changed], name="{anything}:x"):
        anything: str

    with pytest.raises(DeclarationError, match="'shift' a default"):
        type("Bad", (Channel,), {}, name="bad", presence=Needy)
    with pytest.raises(DeclarationError, match="neither True nor a Pydantic model"):
        type("Bad", (Channel,), {}, name="bad", presence=7)
    with pytest.raises(DeclarationError, match="names what presence itself keeps"):
        type("Bad", (Channel,), {}, name="presence:bad")
    with pytest.raises(DeclarationError, match="only the user could see"):
        ConnectionManager(channels=[Me], authenticate=authenticate)
    assert Free.parse("presence:x") is None
