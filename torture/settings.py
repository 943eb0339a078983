"""What the application under torture is told, from one process to another: its environment."""

import os
from dataclasses import dataclass

from sqlalchemy import URL, make_url


@dataclass(frozen=True, slots=True)
class Settings:
    """`events`: how many each channel's log holds at most. `connections`: how many to the database, per process."""

    database: URL
    events: int = 100_000
    connections: int = 10

    def environment(self) -> dict[str, str]:
        """As variables for the process."""
        return {
            "TORTURE_DATABASE": self.database.render_as_string(hide_password=False),
            "TORTURE_EVENTS": str(self.events),
            "TORTURE_CONNECTIONS": str(self.connections),
        }

    @classmethod
    def from_environment(cls) -> "Settings":
        """In the process."""
        return cls(
            make_url(os.environ["TORTURE_DATABASE"]),
            int(os.environ["TORTURE_EVENTS"]),
            int(os.environ["TORTURE_CONNECTIONS"]),
        )
