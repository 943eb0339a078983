"""The fixture `tidings`: what it sees, from where, and what it says when a test is wrong."""

import asyncio
import threading

import httpx2
import pytest
from fastapi import BackgroundTasks, FastAPI
from fastapi.testclient import TestClient

from tidings import Channel, ConnectionManager, Event, EventError, UserChannel, create_ws_message
from tidings.testing import Publications, recording

pytest_plugins = ["pytester"]


class Happened(Event, type="happened"):
    what: str


class Changed(Event, type="changed"):
    what: str


class News(Channel[Happened | Changed], name="news"): ...


class Room(Channel[Happened], name="room:{room_id}"):
    room_id: int


class Me(UserChannel[Happened]): ...


@pytest.fixture
def manager() -> ConnectionManager:
    return ConnectionManager(channels=[News, Room, Me])


@pytest.fixture
def app(manager: ConnectionManager) -> FastAPI:
    app = FastAPI()

    @app.post("/async")
    async def from_a_coroutine(what: str) -> None:
        await manager.publish(Happened(what=what), News(), Me(user_id=3))

    @app.post("/plain")
    def from_a_thread(what: str) -> None:
        manager.sync.publish(Happened(what=what), Room(room_id=1))

    @app.post("/later")
    async def after_the_answer(what: str, tasks: BackgroundTasks) -> None:
        tasks.add_task(manager.publish, Happened(what=what), News())

    return app


@pytest.fixture
def client(app: FastAPI) -> TestClient:
    return TestClient(app)


# ---- what it sees


def test_one_event_of_an_http_call(client: TestClient, tidings: Publications) -> None:
    client.post("/async?what=tea")
    event = tidings.only(Happened, on=News())
    assert event == Happened(what="tea")
    assert tidings.only(Happened, on=Me(user_id=3)) is event
    assert tidings.only(Happened) is event
    tidings.none(on=Room(room_id=1))


def test_plain_endpoints_and_background_tasks_too(client: TestClient, tidings: Publications) -> None:
    client.post("/plain?what=tea")
    client.post("/later?what=milk")
    assert tidings.only(Happened, on="room:1").what == "tea"
    assert tidings.only(Happened, on=News()).what == "milk"
    assert [event.what for event in tidings.all(Happened)] == ["tea", "milk"]


async def test_on_the_tests_own_loop(app: FastAPI, tidings: Publications) -> None:
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://test") as client:
        await client.post("/async", params={"what": "tea"})
        await client.post("/plain", params={"what": "milk"})
    assert [event.what for event in tidings.all(Happened)] == ["tea", "milk"]


async def test_a_direct_publish(manager: ConnectionManager, tidings: Publications) -> None:
    await manager.publish(Happened(what="tea"), News())
    assert tidings.only(Happened, on=News()).what == "tea"


def test_publishes_of_several_threads_and_loops(manager: ConnectionManager, tidings: Publications) -> None:
    def publish(number: int) -> None:
        asyncio.run(manager.publish(Happened(what=str(number)), Room(room_id=number)))

    threads = [threading.Thread(target=publish, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(event.what for event in tidings.all(Happened)) == [str(number) for number in range(8)]


async def test_every_manager_is_seen(tidings: Publications) -> None:
    for name in ("one", "other"):
        await ConnectionManager(channels=[News], ids=lambda: "same").publish(Happened(what=name), News())
    assert [event.what for event in tidings.all(on=News())] == ["one", "other"]


async def test_what_was_refused_was_not_published(manager: ConnectionManager, tidings: Publications) -> None:
    with pytest.raises(EventError):
        await manager.publish(Changed(what="x"), Room(room_id=1))  # type: ignore[misc]
    tidings.none()


async def test_one_id_is_one_event(manager: ConnectionManager, tidings: Publications) -> None:
    await manager.publish(Happened(what="tea"), News(), id="1")
    await manager.publish(Happened(what="tea"), Me(user_id=3), id="1")
    assert tidings.only(Happened).what == "tea"
    assert tidings.all(on="user:3") == [Happened(what="tea")]


async def test_the_guides_messages(tidings: Publications) -> None:
    manager = ConnectionManager()
    message = create_ws_message("schedule:created", {"schedule": {"id": 7}}, "1")
    await manager.broadcast_to_channel("schedules", message)
    await manager.send_to_user(3, message)
    assert tidings.only("schedule:created")["payload"] == {"schedule": {"id": 7}}
    assert tidings.all("schedule:created", on="user:3") == [message]


async def test_the_guides_messages_on_declared_channels_are_events(
    manager: ConnectionManager, tidings: Publications
) -> None:
    await manager.broadcast_to_channel("news", create_ws_message("happened", {"what": "tea"}))
    assert tidings.only(Happened, on=News()) == Happened(what="tea")


async def test_clear_begins_anew(manager: ConnectionManager, tidings: Publications) -> None:
    await manager.publish(Happened(what="tea"), News())
    tidings.clear()
    tidings.none()
    await manager.publish(Happened(what="milk"), News())
    assert tidings.only(Happened).what == "milk"


async def test_recording_is_for_other_runners_and_ends(manager: ConnectionManager) -> None:
    with recording() as outer, recording() as inner:
        await manager.publish(Happened(what="tea"), News())
    await manager.publish(Happened(what="late"), News())
    assert outer.only(Happened) == inner.only(Happened) == Happened(what="tea")


# ---- what it says


@pytest.fixture
def two_events(manager: ConnectionManager, tidings: Publications) -> None:
    manager.sync.publish(Happened(what="tea"), News(), Me(user_id=3))
    manager.sync.publish(Changed(what="milk"), News())


def test_only_refuses_a_second_event_and_shows_both(two_events: None, tidings: Publications) -> None:
    with pytest.raises(AssertionError) as failed:
        tidings.only(Happened, on=News())
    assert str(failed.value).splitlines() == [
        "expected exactly one event on news, Happened (happened); 2 published:",
        '  1. happened on news, user:3: {"what": "tea"}',
        '  2. changed on news: {"what": "milk"}',
    ]


def test_only_refuses_an_event_of_another_kind(two_events: None, tidings: Publications) -> None:
    assert tidings.only(Happened, on=Me(user_id=3)).what == "tea"
    with pytest.raises(AssertionError, match=r"on user:3, Changed \(changed\); 2 published"):
        tidings.only(Changed, on=Me(user_id=3))


def test_only_refuses_nothing(tidings: Publications) -> None:
    with pytest.raises(
        AssertionError, match=r"^expected exactly one event on news, Happened \(happened\); nothing was"
    ):
        tidings.only(Happened, on=News())


def test_only_shows_what_went_elsewhere(two_events: None, tidings: Publications) -> None:
    with pytest.raises(AssertionError, match="happened on news, user:3"):
        tidings.only(Happened, on=Room(room_id=1))


def test_none_refuses_an_event(two_events: None, tidings: Publications) -> None:
    tidings.none(Changed, on=Me(user_id=3))
    with pytest.raises(AssertionError, match=r"expected no event; 2 published"):
        tidings.none()
    with pytest.raises(AssertionError, match=r"expected no event that is Changed \(changed\) on news; 2 published"):
        tidings.none(Changed, on=News())


async def test_a_long_story_is_cut(manager: ConnectionManager, tidings: Publications) -> None:
    for _ in range(50):
        await manager.publish(Happened(what="x" * 5_000), News())
    with pytest.raises(AssertionError) as failed:
        tidings.none()
    assert "50 published" in str(failed.value)
    assert "and 30 more" in str(failed.value)
    assert len(str(failed.value)) < 6_000


def test_a_class_in_place_of_a_channel_is_pointed_out(tidings: Publications) -> None:
    with pytest.raises(TypeError, match=r"on=News\(…\)"):
        tidings.none(on=News)  # type: ignore[arg-type]


# ---- as a plugin, the way an application meets it

SUITE = """
    import pytest
    from tidings import Channel, ConnectionManager, Event

    class Happened(Event, type="happened"):
        what: str

    class News(Channel[Happened], name="news"): ...

    manager = ConnectionManager(channels=[News])

    @pytest.mark.anyio
    async def test_seen(tidings):
        await manager.publish(Happened(what="tea"), News())
        assert tidings.only(Happened, on=News()).what == "tea"

    def test_not_seen_by_the_next(tidings):
        tidings.none()

    def test_without_the_fixture():
        manager.sync.publish(Happened(what="tea"), News())

    def test_wrong(tidings):
        tidings.only(Happened, on=News())
"""


def test_a_suite_needs_no_more_than_the_installed_package(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(SUITE)
    pytester.makeconftest("import pytest\n@pytest.fixture\ndef anyio_backend(): return 'asyncio'")
    outcome = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    outcome.assert_outcomes(passed=3, failed=1)
    outcome.stdout.fnmatch_lines(["E * expected exactly one event on news, Happened (happened); nothing was published"])
    outcome.stdout.no_fnmatch_line("*raise AssertionError*")
