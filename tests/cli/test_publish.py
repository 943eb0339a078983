"""`tidings publish`: what it publishes, and what it says where it cannot."""

import asyncio
import json

import pytest
from typer.testing import CliRunner, Result

from tests.brokers.conftest import redis_broker
from tidings.cli import app
from tidings.protocol.log import Position
from torture.valkey import free_port, running

MODULE = "tests.publishing.test_publisher"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["publish", *arguments])


def test_an_event_is_published_and_its_id_told(redis_url: str) -> None:
    for _ in range(2):
        done = run(MODULE, "notes:3", "noted", '{"text": "a"}', "--url", redis_url, "--id", "once")
        assert (done.exit_code, done.output) == (0, "once\n")

    async def look() -> list[bytes]:
        broker = redis_broker(redis_url)
        top = await broker.follow("notes:3")
        entries = await broker.since("notes:3", Position(top.epoch, 0, ""), 10) or []
        await broker.close()
        return [entry.message for entry in entries]

    [message] = asyncio.run(look())
    assert json.loads(message)["payload"] == {"text": "a"}


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("nosuch.module", "notes:3", "noted"), "nosuch.module cannot be imported"),
        (
            (MODULE, "pages:3", "noted"),
            "has the name 'pages:3': it declares notes:{page}",
        ),
        ((MODULE, "notes:x", "noted"), "has the name 'notes:x'"),
        ((MODULE, "notes:3", "other"), "notes:3 does not carry 'other': it carries noted"),
        ((MODULE, "notes:3", "noted", "{"), "the payload is not JSON"),
        ((MODULE, "notes:3", "noted", "[]"), "write the event's fields as a JSON object"),
        ((MODULE, "notes:3", "noted", "{}"), "noted: text: Field required"),
        ((MODULE, "notes:3", "noted", '{"text":"a"}', "--id", ""), "1 to 64 printable ASCII characters"),
        ((MODULE, "notes:3", "noted", '{"text":"a"}', "--url", "http://x"), "Can't load plugin"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(arguments: tuple[str, ...], reason: str) -> None:
    done = run(*arguments)
    assert done.exit_code == 1
    assert done.output.startswith("tidings publish: ")
    assert reason in done.output
    assert len(done.output.strip().splitlines()) == 1


def test_a_server_that_refuses_is_told_without_a_traceback() -> None:
    with running(requirepass="one") as server:
        url = f"redis://:secret@127.0.0.1:{server.port}"
        done = run(MODULE, "notes:3", "noted", '{"text":"a"}', "--url", url)
    assert done.exit_code == 1
    assert done.output.startswith("tidings publish: the event was not published: RedisUnfit: redis://127.0.0.1:")
    assert "write redis://user:password@host" in done.output
    assert len(done.output.strip().splitlines()) == 1
    assert "secret" not in done.output


def test_a_server_that_is_away_is_told_once() -> None:
    done = run(MODULE, "notes:3", "noted", '{"text":"a"}', "--url", f"redis://127.0.0.1:{free_port()}")
    assert done.exit_code == 1
    assert done.output.startswith("tidings publish: the event was not published: ConnectionError: ")
    assert len(done.output.strip().splitlines()) == 1
