"""What an upgrade request said."""

import json

import pytest

from tidings import Handshake, User
from tidings.handshake import Refusal


@pytest.mark.parametrize(
    ("query", "token"),
    [
        ("token=abc", "abc"),
        ("a=1&token=a%2Bb%20c&b=2", "a+b c"),
        ("token=first&token=second", "first"),
        ("token=", ""),
        ("", None),
        ("tokens=abc", None),
        ("%ff=%zz&token=%e2%82%ac", "€"),
    ],
)
def test_the_token_is_that_of_the_query_unquoted(query: str, token: str | None) -> None:
    assert Handshake(path="/ws", query_string=query).token == token


def test_headers_are_found_by_their_lower_case_name_the_first_of_each() -> None:
    handshake = Handshake(
        path="/ws", headers=[("host", "a.example"), ("origin", "https://b.example"), ("host", "c.example")]
    )
    assert (handshake.host, handshake.origin) == ("a.example", "https://b.example")
    assert handshake.header("cookie") is None


def test_nothing_secret_is_shown() -> None:
    handshake = Handshake(
        path="/ws",
        query_string="token=secret",
        headers=[("cookie", "session=secret")],
        state={"password": "secret"},
    )
    assert "secret" not in repr(handshake)
    assert "/ws" in repr(handshake)


def test_a_user_can_be_hashed_whatever_its_claims() -> None:
    assert hash(User("ann", claims={"roles": ["a"]})) == hash(User("ann"))


def test_a_refusal_is_told_as_problem_details() -> None:
    assert json.loads(Refusal(403, "not here").problem()) == {
        "title": "Forbidden",
        "status": 403,
        "detail": "not here",
    }
