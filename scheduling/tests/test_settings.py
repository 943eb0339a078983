"""What is said of an environment that the server cannot go by."""

import os

import pytest
from typer.testing import CliRunner

from tidings.cli import app

GOOD = "a secret of at least thirty-two bytes"
MAKE = (
    """it needs 32 characters or more, such as those of python -c "import secrets; print(secrets.token_urlsafe(32))\""""
)


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({}, f"SCHEDULING_SECRET is not set: {MAKE}"),
        ({"SCHEDULING_SECRET": "hush"}, f"SCHEDULING_SECRET is too short: {MAKE}"),
        (
            {"SCHEDULING_SECRET": GOOD, "SCHEDULING_MAX_BODY_SIZE": "0", "SCHEDULING_DEVELOPMENT": "perhaps"},
            "SCHEDULING_DEVELOPMENT: Input should be a valid boolean, unable to interpret input; "
            "SCHEDULING_MAX_BODY_SIZE: Input should be greater than 0",
        ),
        (
            {"SCHEDULING_SECRET": GOOD, "SCHEDULING_ORIGINS": "https://a.example"},
            'error parsing value for field "origins" from source "EnvSettingsSource": '
            """a list is written as JSON, as in SCHEDULING_ORIGINS='["https://example.com"]\'""",
        ),
        (
            {"SCHEDULING_SECRET": GOOD, "SCHEDULING_ORIGINS": '["https://a.example", 1]'},
            "SCHEDULING_ORIGINS.1: Input should be a valid string",
        ),
        (
            {"SCHEDULING_SECRET": GOOD, "DATABASE_URL": "mysql://me:hush@host/name"},
            "The database's URL cannot be read: write postgresql://user:password@host:5432/name "
            "(with %-escapes in the password), or the path of a SQLite file.",
        ),
        (
            {"SCHEDULING_SECRET": GOOD, "SCHEDULING_BROKER": "redis//me:hush@host"},
            "SCHEDULING_BROKER: the URL of RedisBroker must be one of",
        ),
        (
            {"SCHEDULING_SECRET": GOOD, "SCHEDULING_WEB_BUILD": "nowhere"},
            "SCHEDULING_WEB_BUILD: no dashboard is built in nowhere: `make build` builds it",
        ),
    ],
)
def test_serving_says_which_setting_is_wrong_and_what_would_be_right(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], sentence: str
):
    for name in os.environ:
        if name.startswith("SCHEDULING_") or name == "DATABASE_URL":
            monkeypatch.delenv(name)
    result = CliRunner(env=environment).invoke(app, ["serve", "scheduling.server.main:app", "--port", "0"])
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"tidings serve: {sentence}")
    assert result.stderr.count("\n") == 1
    assert "hush" not in result.stderr
