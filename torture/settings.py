"""What the application under torture is told, from one process to another: its environment."""

import os
from dataclasses import dataclass

from sqlalchemy import URL, make_url

RULE_TAKES = 0.3  # seconds from what the rule of guarded channels has read to its answer


@dataclass(frozen=True, slots=True)
class Settings:
    """`events`: how many each channel's log holds at most. `connections`: how many to the database, per process.
    `redis`: the URL of the Redis that keeps the logs; without one the database does. `direct`: changes are published
    after their commit and not by the outbox, so that the answer says whether that went well.
    """

    database: URL
    events: int = 100_000
    connections: int = 10
    redis: str = ""
    direct: bool = False

    def environment(self) -> dict[str, str]:
        """As variables for the process."""
        return {
            "TORTURE_DATABASE": self.database.render_as_string(hide_password=False),
            "TORTURE_EVENTS": str(self.events),
            "TORTURE_CONNECTIONS": str(self.connections),
            "TORTURE_REDIS": self.redis,
            "TORTURE_DIRECT": "yes" if self.direct else "",
        }

    @classmethod
    def from_environment(cls) -> "Settings":
        """In the process."""
        return cls(
            make_url(os.environ["TORTURE_DATABASE"]),
            int(os.environ["TORTURE_EVENTS"]),
            int(os.environ["TORTURE_CONNECTIONS"]),
            os.environ["TORTURE_REDIS"],
            bool(os.environ["TORTURE_DIRECT"]),
        )
