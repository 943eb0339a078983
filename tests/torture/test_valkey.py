"""The Valkey server of the fault runs."""

from torture.valkey import running


def test_what_was_written_outlives_a_crash_where_it_keeps_an_append_only_file() -> None:
    with running(appendonly="yes") as kept, running() as forgotten:
        for server in (kept, forgotten):
            with server.client() as client:
                client.set("answer", 42)
            server.restart()
        with kept.client() as client:
            assert client.get("answer") == b"42"
        with forgotten.client() as client:
            assert client.get("answer") is None


def test_a_password_stands_in_the_url() -> None:
    with running(requirepass="correct-horse") as server, server.client() as client:
        assert client.ping()
