"""Origins: listed ones, the server's own, loopback in development, and nothing that only looks like them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidings.protocol import origins

LISTED = origins.listed(["https://app.example", "http://staging.example:8080", "https://[2001:db8::1]"])


@pytest.mark.parametrize(
    "origin",
    [
        None,  # not a browser
        "https://app.example",
        "https://app.example:443",
        "https://APP.example",
        "http://staging.example:8080",
        "https://[2001:DB8::1]",
    ],
)
def test_listed_origins_and_programs_may_connect(origin):
    assert origins.allowed(origin, "api.example", LISTED, scheme="wss")


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "",
        "https://app.example.evil.test",  # suffix
        "https://evilapp.example",  # prefix
        "https://evil.app.example",  # another subdomain
        "https://app.example:8443",  # port
        "https://app.example:0443",  # port, written otherwise
        "https://app.example:",
        "https://app.example:99999",
        "http://app.example",  # scheme
        "HTTPS://app.example",  # no browser writes it so
        "https://app.example.",  # another name
        "https://app.example/",
        "https://app.example@evil.test",
        "https://evil.test#https://app.example",
        "https://app.example https://evil.test",  # two values
        "https://app.example, https://evil.test",
        "https://app\u212e.example",
        "https://app.ex\u0430mple",  # Cyrillic a
        "https://app.example\u0000",
        "https://app.example\n",
        "https://\u017ftaging.example:8080",  # long s, which folds to s
        "https://localhost",
        "http://127.0.0.1:8000",
        "file://",
        "chrome-extension://app.example",
        "https://",
        "https://*",
    ],
)
def test_anything_else_may_not(origin):
    assert not origins.allowed(origin, "api.example", LISTED, scheme="wss")


@pytest.mark.parametrize(
    ("origin", "host", "scheme", "expected"),
    [
        ("https://api.example", "api.example", "wss", True),
        ("https://api.example", "API.example:443", "wss", True),
        ("https://api.example:8443", "api.example:8443", "wss", True),
        ("http://api.example", "api.example", "ws", True),
        ("http://api.example", "api.example:80", "ws", True),
        ("https://api.example", "api.example", "ws", True),  # behind a proxy that terminates TLS
        ("http://api.example", "api.example", "wss", False),
        ("http://api.example:8000", "api.example", "ws", False),
        ("http://api.example", "api.example:8000", "ws", False),
        ("https://api.example", "other.example", "wss", False),
        ("https://api.example", None, "wss", False),
        ("https://api.example", "", "wss", False),
        ("https://api.example", "api.example/", "wss", False),
        ("null", "null", "ws", False),
    ],
)
def test_the_same_origin_is_the_same_scheme_host_and_port(origin, host, scheme, expected):
    assert origins.allowed(origin, host, frozenset(), scheme=scheme) is expected


@pytest.mark.parametrize(
    "origin",
    [
        "http://localhost:5173",
        "https://LOCALHOST",
        "http://app.localhost:3000",
        "http://127.0.0.1:5173",
        "http://127.8.8.8",
        "http://[::1]:5173",
    ],
)
def test_in_development_and_only_there_any_loopback_page_may_connect(origin):
    assert origins.allowed(origin, "127.0.0.1:8000", frozenset(), development=True)
    assert not origins.allowed(origin, "api.example", frozenset(), development=False)


@pytest.mark.parametrize(
    "origin",
    [
        "http://localhost.evil.test",
        "http://evillocalhost",
        "http://127.0.0.1.evil.test",
        "http://192.168.0.7",
        "null",
    ],
)
def test_development_does_not_open_the_door_to_names_that_look_like_loopback(origin):
    assert not origins.allowed(origin, "127.0.0.1:8000", frozenset(), development=True)


@pytest.mark.parametrize(
    ("entry", "instead"),
    [
        ("app.example", "'https://app.example'"),
        ("app.example:8443", "'https://app.example:8443'"),
        ("https://app.example/", "'https://app.example'"),
        ("https://app.example/path?x", "'https://app.example'"),
        ("*", "List your own"),
        ("null", "List your own"),
        ("", "'https://app.example'"),
        ("ws://app.example", "'https://app.example'"),
        ("https://*.example", "'https://app.example'"),
        ("https://app.example:99999", "'https://app.example'"),
    ],
)
def test_an_entry_that_can_never_match_is_refused_at_start_with_what_to_write(entry, instead):
    with pytest.raises(ValueError, match="origin") as refused:
        origins.listed([entry])
    assert instead in str(refused.value)


def test_one_text_instead_of_a_list_is_refused():
    with pytest.raises(TypeError, match=r"origins=\['https://app\.example'\]"):
        origins.listed("https://app.example")


def test_the_advice_names_the_line_to_add():
    assert 'ConnectionManager(origins=["https://app.example:8443"])' in origins.advice("https://APP.example:8443")


def test_the_advice_quotes_hostile_text():
    said = origins.advice("https://x\r\nSet-Cookie: a=b" + "\ud800" * 1000)
    assert said.isprintable()
    assert said.isascii()
    assert len(said) < 600


@given(st.text(), st.one_of(st.none(), st.text()))
def test_no_text_breaks_the_check(origin, host):
    assert origins.allowed(origin, host, LISTED, development=True) in {True, False}
    assert origins.advice(origin)


@given(st.from_regex(r"https?://[a-z0-9.-]{1,20}(:[1-9][0-9]{0,3})?", fullmatch=True))
def test_an_origin_prints_as_it_can_be_read_again(text):
    origin = origins.parse(text)
    assert origin is not None
    assert origins.parse(str(origin)) == origin
