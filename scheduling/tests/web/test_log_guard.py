import logging

import pytest

from scheduling.server.web.log_guard import guard_logs, redacted


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("GET /calendar/c2Vj-cmV0_.ics HTTP/1.1", "GET /calendar/… HTTP/1.1"),
        ("https://rota.example/calendar/c2Vj.ics?x=1", "https://rota.example/calendar/…?x=1"),
        ("GET /calendar/c2Vj", "GET /calendar/…"),
        ("GET /Calendar%2Fc2Vj.ics", "GET /Calendar%2F…"),
        ("GET /calendar//c2Vj.ics", "GET /calendar//…"),
        ("DELETE /api/calendar/links/7", "DELETE /api/calendar/links/7"),
        ("GET /calendar", "GET /calendar"),
    ],
)
def test_the_secret_part_is_taken_out(text: str, clean: str):
    assert redacted(text) == clean


@pytest.mark.parametrize(
    ("name", "message", "arguments"),
    [
        ("uvicorn.access", '%s - "%s %s HTTP/%s" %d', ("127.0.0.1:1", "GET", "/calendar/c2Vj.ics", "1.1", 200)),
        ("hypercorn.access", "%(r)s", ({"r": "GET /calendar/c2Vj.ics 1.1"},)),
        ("granian.access", "GET /calendar/c2Vj.ics", ()),
    ],
)
def test_each_servers_way_to_log_is_known(
    name: str, message: str, arguments: tuple[object, ...], caplog: pytest.LogCaptureFixture
):
    guard_logs()
    caplog.set_level(logging.INFO)
    logging.getLogger(name).info(message, *arguments)
    assert "GET" in caplog.text
    assert "/calendar/…" in caplog.text
    assert "c2Vj" not in caplog.text
