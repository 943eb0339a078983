"""Colleagues who are only played, so that somebody alone with the demo sees what working together looks like."""

from typing import Literal

from .instants import Instant
from .text import Entity, Person

SimulationPace = Literal["calm", "steady", "brisk"]


class Simulation(Entity):
    """Who is played how fast, and until when; `pace` and `ends_at` are None while nobody is.

    `problem` says why it ended by itself, if it could not go on. `version` counts up, over restarts of the server too.
    """

    name: Literal["colleagues"] = "colleagues"
    pace: SimulationPace | None = None
    people: tuple[Person, ...] = ()
    ends_at: Instant | None = None
    problem: str = ""
    version: int = 0

    @property
    def running(self) -> bool:
        return self.pace is not None
