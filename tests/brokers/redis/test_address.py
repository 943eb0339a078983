"""URLs of servers, and what is said of those that are none."""

import pytest

from tidings.brokers.redis.address import address
from tidings.brokers.redis.checking import RedisUnfit, fit


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("redis://localhost", "redis://localhost:6379"),
        ("redis://user:secret@host:1234/5", "redis://host:1234"),
        ("rediss://:secret@host", "rediss://host:6379"),
        ("unix:///run/redis.sock?db=2", "unix:///run/redis.sock"),
        ("redis+sentinel://a,b:1234/main/2", "redis+sentinel://a:26379,b:1234/main"),
        ("rediss+cluster://user:secret@a,b:1234", "rediss+cluster://a:6379,b:1234"),
        ("redis+cluster://[::1]:7000", "redis+cluster://::1:7000"),
    ],
)
def test_a_url_names_a_server_and_its_text_has_no_password(url: str, text: str) -> None:
    assert str(address(url)) == text
    assert "secret" not in repr(address(url))


def test_what_the_url_says_is_used() -> None:
    found = address("redis+sentinel://user:p%40ss@a:1/main/3?sentinel_password=other")
    assert found.options == {"username": "user", "password": "p@ss", "db": 3, "sentinel_password": "other"}
    assert (found.hosts, found.service) == ((("a", 1),), "main")
    assert address("rediss+cluster://a").options == {"ssl": True}


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://:secret@host", "it is none"),
        ("redis+other://:secret@host", "it is none"),
        ("unix+cluster:///x", "it is none"),
        ("redis://", "the host is missing"),
        ("redis://:secret@host:port", "Port could not be cast"),
        ("redis://:secret@host/one", "the database 'one' is no number"),
        ("redis+sentinel://:secret@host:26379", "the service's name is missing"),
        ("redis+cluster://:secret@host,", "a host is missing"),
        ("redis+cluster://:secret@host/2", "a cluster has no databases"),
        ("", "it is none"),
    ],
)
def test_a_bad_url_is_refused_with_the_forms_and_without_its_password(url: str, reason: str) -> None:
    with pytest.raises(ValueError, match="must be one of redis://") as caught:
        address(url)
    assert reason in str(caught.value)
    assert "secret" not in str(caught.value)


GOOD = {"redis_version": "7.2.4", "maxmemory_policy": "noeviction", "cluster_enabled": "0"}


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"redis_version": "6.2.14"}, "runs redis 6.2.14: use Redis 7, Valkey 8 or later"),
        ({"redis_version": "7.2.4", "valkey_version": "7.2.5"}, "runs valkey 7.2.5: use"),
        ({"maxmemory_policy": "volatile-ttl"}, r"maxmemory-policy volatile-ttl"),
        ({"cluster_enabled": "1"}, "is a node of a cluster"),
    ],
)
def test_a_server_that_is_not_fit_is_refused(facts: dict[str, str], reason: str) -> None:
    fit(GOOD, address("redis://host"))
    fit(GOOD | {"valkey_version": "8.0.1"}, address("redis://host"))
    with pytest.raises(RedisUnfit, match=reason):
        fit(GOOD | facts, address("redis://host"))


def test_a_server_alone_is_no_cluster() -> None:
    with pytest.raises(RedisUnfit, match=r"is no cluster: write redis://"):
        fit(GOOD, address("redis+cluster://host"))
