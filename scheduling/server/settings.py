"""What a deployment decides, from `SCHEDULING_…` in the environment."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

WEB_BUILD = Path(__file__).parents[1] / "web" / "dist"


class Settings(BaseSettings):
    """All settings. `secret` signs the access tokens and has no default."""

    model_config = SettingsConfigDict(env_prefix="SCHEDULING_", frozen=True)

    secret: Annotated[SecretStr, Field(min_length=32)]
    database: Path = Path("scheduling.sqlite3")
    web_build: Path | None = WEB_BUILD
    """The built dashboard; None serves the API alone."""
    origins: list[str] = []
    """Which pages, beside those of this very server, may open the WebSocket."""
    development: bool = False
    """Lets pages of any loopback address open the WebSocket too."""
    access_token_lifetime: Annotated[timedelta, Field(gt=timedelta())] = timedelta(minutes=15)
    max_body_size: Annotated[int, Field(gt=0)] = 262_144
    """Bytes that a request may bring."""
