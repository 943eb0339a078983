"""What servers may log of connections."""

import json
import logging
import re
import sys
from collections.abc import Iterator

import httpx2
import pytest
from uvicorn.logging import AccessFormatter
from websockets.frames import Frame, Opcode

from tests.transports.client import opened
from tests.transports.servers import serving
from tidings.cli.json_lines import JsonLines
from tidings.transports.logs import guard_logs, redacted

SECRET = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI3In0.n_dFuBwc5Y"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"/ws?token={SECRET}", "/ws?token=…"),
        (f"/ws?a=1&token={SECRET}&b=2", "/ws?a=1&token=…&b=2"),
        (f"token={SECRET}", "token=…"),
        (f"b'token={SECRET}'", "b'token=…'"),
        (f'{{"payload":{{"token":"{SECRET}"}}}}', '{"payload":{"token":"…"}}'),
        (f'{{"token" : "{SECRET}"', '{"token" : "…"'),
        (f"{{'token': '{SECRET}'}}", "{'token': '…'}"),
        (f"< authorization: Bearer {SECRET}", "< authorization: …"),
        (f"< Cookie: session={SECRET}; theme=dark", "< Cookie: …"),
        ("/ws?page=token&x=1", "/ws?page=token&x=1"),
        ("/tokens?mytoken=1", "/tokens?mytoken=1"),
    ],
)
def test_tokens_are_left_out(text: str, expected: str) -> None:
    assert redacted(text) == expected


@pytest.fixture
def records() -> Iterator[list[logging.LogRecord]]:
    """What handlers of uvicorn's loggers get to see."""
    guard_logs()
    seen: list[logging.LogRecord] = []
    handler = logging.Handler()
    handler.emit = seen.append  # type: ignore[assignment,method-assign]
    loggers = [logging.getLogger(name) for name in ("uvicorn.error", "uvicorn.access")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)
    yield seen
    for logger, level in zip(loggers, levels, strict=True):
        logger.removeHandler(handler)
        logger.setLevel(level)


def test_uvicorns_own_line(records: list[logging.LogRecord]) -> None:
    url = f"/other?token={SECRET}"
    logging.getLogger("uvicorn.error").info('%s - "WebSocket %s" [accepted]', "127.0.0.1:1", url)
    assert [record.getMessage() for record in records] == ['127.0.0.1:1 - "WebSocket /other?token=…" [accepted]']


def test_the_access_log_keeps_its_form(records: list[logging.LogRecord]) -> None:
    arguments = ("127.0.0.1:1", "GET", f"/ws?token={SECRET}", "1.1", 404)
    logging.getLogger("uvicorn.access").info('%s - "%s %s HTTP/%s" %d', *arguments)
    line = AccessFormatter('%(client_addr)s "%(request_line)s" %(status_code)s', use_colors=False).format(records[0])
    assert line == '127.0.0.1:1 "GET /ws?token=… HTTP/1.1" 404 Not Found'


def test_a_probe_that_finds_all_well_is_no_line(records: list[logging.LogRecord]) -> None:
    asked = [("/readyz", 200), ("/healthz", 200), ("/readyz", 503), ("/readyz/more", 200)]
    for path, status in asked:
        logging.getLogger("uvicorn.access").info('%s - "%s %s HTTP/%s" %d', "127.0.0.1:1", "GET", path, "1.1", status)
    kept = ['127.0.0.1:1 - "GET /readyz HTTP/1.1" 503', '127.0.0.1:1 - "GET /readyz/more HTTP/1.1" 200']
    assert [record.getMessage() for record in records] == kept


def test_frames_are_counted_not_shown(records: list[logging.LogRecord]) -> None:
    logging.getLogger("uvicorn.error").debug("< %s", Frame(Opcode.TEXT, f'"{SECRET}"'.encode()))
    assert records[0].getMessage() == f"< TEXT [{len(SECRET) + 2} bytes]"


def test_a_connection_is_one_line(records: list[logging.LogRecord]) -> None:
    for message in ("connection open", "connection closed"):
        logging.getLogger("uvicorn.error").info(message)
    assert records == []


def test_bad_utf8_is_no_traceback(records: list[logging.LogRecord]) -> None:
    try:
        b"\xff".decode()
    except UnicodeDecodeError:
        logging.getLogger("uvicorn.error").exception("Invalid UTF-8 sequence received from client.")
    assert [record.exc_info for record in records] == [None]


def test_other_tracebacks_stay(records: list[logging.LogRecord]) -> None:
    try:
        raise RuntimeError("a bug")
    except RuntimeError:
        logging.getLogger("uvicorn.error").exception("Exception in ASGI application")
    assert records[0].exc_info is not None


@pytest.mark.parametrize("level", ["info", "trace"])
async def test_a_plain_uvicorn_logs_no_token(level: str) -> None:
    """Not even of the first request, which comes before any WebSocket is served."""
    with serving("uvicorn", level=level) as server:
        async with httpx2.AsyncClient(base_url=server.url, timeout=20) as http:
            assert (await http.get("/ws?token=s3cr3t")).status_code == 404
        async with opened(server.url, "?token=s3cr3t") as client:
            assert (await client.next())["type"] == "connection:established"
        log = server.log  # its file goes with the server
    assert '"GET /ws?token=… HTTP/1.1" 404' in log
    assert '"WebSocket /ws?token=…" [accepted]' in log
    assert "s3cr3t" not in log


async def lines_of(kind: str, *options: str, level: str = "info") -> list[str]:
    """What a server writes while a client comes with a token, follows a channel, is sent an event, and goes."""
    with serving(kind, "tests.transports.app:app", *options, level=level) as server:
        async with (
            httpx2.AsyncClient(base_url=server.url, timeout=20) as http,
            opened(server.url, "?token=ann!s3cr3t") as client,
        ):
            assert (await client.next())["type"] == "connection:established"
            await client.ask("auth", {"token": "ann!s3cr3t"})
            await client.subscribe("notes")
            assert (await http.post("/notes", json={"first": 1, "last": 1, "size": 40})).status_code == 200
            assert (await client.next())["payload"]["text"] == "x" * 40
            await client.ask("announce", {"text": "p4yl04d"})
            await client.socket.close(1001, "s3cr3t p4yl04d")
        async with opened(server.url, "?token=nobody!s3cr3t") as client:
            assert await client.closed() == 4401
        log = server.log
    assert "s3cr3t" not in log
    assert "p4yl04d" not in log.lower()
    assert "x" * 40 not in log
    return log.splitlines()


@pytest.mark.parametrize("transport", ["native", "asgi"])
async def test_a_connection_is_one_line_at_its_end(transport: str) -> None:
    lines = [line for line in await lines_of(f"uvicorn-{transport}") if "INFO:     connection" in line]
    ends = [re.sub(r"[0-9a-f]{32}", "ID", line.partition("connection")[2]) for line in lines]
    assert [re.sub(r"[\d.]+ s", "… s", end) for end in ends] == [
        " ID of ann ended after … s with 1001",
        " ID who had not said who they are ended after … s with 4401: the token was refused",
    ]


async def test_as_json_each_line_is_an_object() -> None:
    documents = [json.loads(line) for line in await lines_of("uvicorn-native", "--log-format", "json")]
    assert all(document.keys() >= {"time", "level", "logger", "message"} for document in documents)
    ended = [document for document in documents if document["logger"] == "tidings.connections"]
    assert [(each["user"], each["code"], each["reason"]) for each in ended] == [
        ("ann", 1001, ""),
        (None, 4401, "the token was refused"),
    ]
    assert all(each["seconds"] >= 0 and len(each["connection"]) == 32 for each in ended)
    [request] = [document for document in documents if document["logger"] == "uvicorn.access"]
    assert (request["method"], request["path"], request["status"]) == ("POST", "/notes", 200)


def test_an_exception_is_part_of_its_object() -> None:
    try:
        raise RuntimeError("a bug")
    except RuntimeError:
        record = logging.LogRecord("tidings", logging.ERROR, "f.py", 1, "error %s", ("e1",), sys.exc_info())
    record.shift = {"id": 7, "at": object}  # whatever is given as extra
    [line] = JsonLines().format(record).splitlines()
    document = json.loads(line)
    assert (document["level"], document["message"], document["shift"]["id"]) == ("error", "error e1", 7)
    assert document["exception"].endswith("RuntimeError: a bug")
