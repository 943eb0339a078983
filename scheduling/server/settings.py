"""What a deployment decides, from `SCHEDULING_…` in the environment."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

from pydantic import AliasChoices, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

PREFIX = "SCHEDULING_"
DATABASE_VARIABLES = (f"{PREFIX}DATABASE", "DATABASE_URL")
"""Which say where the database is; the first that is set holds."""
BROKER_VARIABLE = f"{PREFIX}BROKER"
WEB_VARIABLE = f"{PREFIX}WEB_BUILD"
WEB_BUILD = Path(__file__).parents[1] / "web" / "dist"


class Settings(BaseSettings):
    """All settings. `secret` signs the access tokens and has no default."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, validate_by_name=True, env_ignore_empty=True)

    secret: Annotated[SecretStr, Field(min_length=32)]
    database: Annotated[
        str, BeforeValidator(str), Field(validation_alias=AliasChoices(*DATABASE_VARIABLES), repr=False)
    ] = "scheduling.sqlite3"
    """Where everything is kept: `postgresql://user:password@host/name`, or the path of a SQLite file."""
    broker: SecretStr | None = None
    """`redis://host:6379`: the logs of events are there. None: they are tables of the database."""
    web_build: Path | None = WEB_BUILD
    """The built dashboard; None serves the API alone."""
    origins: list[str] = []
    """Which pages, beside those of this very server, may open the WebSocket."""
    development: bool = False
    """Lets pages of any loopback address open the WebSocket too."""
    access_token_lifetime: Annotated[timedelta, Field(gt=timedelta())] = timedelta(minutes=15)
    event_retention: Annotated[timedelta, Field(gt=timedelta(), le=timedelta(days=365))] = timedelta(days=1)
    """How long events are kept in the database. A browser that was away for longer fetches everything anew.

    They hold what they tell of: who works when and where, notes, requests for time off and their reasons. What is
    deleted or corrected in the application's own tables stays readable in them for this long.
    """
    answer_retention: Annotated[timedelta, Field(gt=timedelta(), le=timedelta(days=365))] = timedelta(days=1)
    """How long the answer to a change is kept: sent again meanwhile, as an answer may be lost, it is not done again.

    Answers hold what was changed, with the same personal data as the events.
    """
    presence_grace: Annotated[timedelta, Field(ge=timedelta(), le=timedelta(minutes=5))] = timedelta(seconds=10)
    """For so long a manager whose page was closed, or is loaded again, is still shown to the others."""
    max_body_size: Annotated[int, Field(gt=0)] = 262_144
    """Bytes that a request may bring."""


class UnusableSettings(Exception):
    """What is wrong in the environment; the message names each variable, and never a value, which may be secret."""


def named_database() -> str | None:
    """The database that the environment names, if it names one."""
    return next((named for each in DATABASE_VARIABLES if (named := os.environ.get(each))), None)


def read_settings(**given: Any) -> Settings:
    """The settings of this process's environment, but for those that are `given`. Raises UnusableSettings."""
    try:
        return Settings(**given)
    except ValidationError as error:
        told = (_told(each["loc"], each["type"], each["msg"]) for each in error.errors())
        raise UnusableSettings("; ".join(told)) from error
    except SettingsError as error:
        example = f"{PREFIX}ORIGINS='[\"https://example.com\"]'"
        raise UnusableSettings(f"{error}: a list is written as JSON, as in {example}") from error


def _told(loc: tuple[int | str, ...], kind: str, message: str) -> str:
    name, *inner = (str(part) for part in loc)
    variable = ".".join((f"{PREFIX}{name.upper()}", *inner))
    if name == "secret":
        problem = "is not set" if kind == "missing" else "is too short"
        make = 'python -c "import secrets; print(secrets.token_urlsafe(32))"'
        return f"{variable} {problem}: it needs 32 characters or more, such as those of {make}"
    return f"{variable}: {message}"
