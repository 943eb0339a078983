"""Many members of the teams: they come in, and hear all to the end."""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from random import Random

from tidings.client.retrying import Retries
from torture.crowd import teams
from torture.crowd.members import Member
from torture.crowd.sockets import Crowd
from torture.outcome import Outcome

AT_ONCE = 64  # clients on their way in at first
PATIENCE = 60.0  # seconds for what has no limit of its own


class Gathering:
    """Members of one crowd; every `per_user` of them are one user's."""

    def __init__(self, tokens: Sequence[str], per_user: int, random: Random) -> None:
        self.crowd = Crowd()
        self.members: list[Member] = []
        self._tokens, self._per_user, self._random = tokens, per_user, random

    @contextmanager
    def gathered(self) -> Iterator["Gathering"]:
        """Its sockets are gone at the end of the block."""
        try:
            yield self
        finally:
            self.crowd.close()

    def come_in(self, port: int, clients: int, outcome: Outcome) -> None:
        """So many clients of the server at this port, each on its channels; not all at once."""
        for number in range(clients):
            user = number // self._per_user
            names = [channel.name for channel in teams.channels(user)]
            retries = Retries(self._random.random, renewable=True)
            self.members.append(Member(self.crowd, port, number, self._tokens[user], names, retries))
            self.members[-1].connect()
            if number % AT_ONCE == 0 and not self.all_live(PATIENCE):
                break
        if not self.all_live(PATIENCE):
            outcome.violated("not all clients came in")

    def all_live(self, timeout: float) -> bool:
        """Whether, within so many seconds, all have what the server had to say on every channel."""
        left = iter(self.members)
        waited = next(left, None)

        def done() -> bool:
            nonlocal waited
            while waited is not None and waited.live:
                waited = next(left, None)
            return waited is None

        return self.crowd.run_until(done, timeout)

    def hear_all(self, events: int, timeout: float, outcome: Outcome) -> None:
        """Until everybody has all that was published."""
        tops: Counter[str] = Counter(teams.place(number).name for number in range(events))

        def behind() -> int:
            return sum(
                reading.position is None or reading.position.offset != tops[name]
                for member in self.members
                for name, reading in member.readings.items()
            )

        deadline = time.monotonic() + timeout
        while (left := behind()) and time.monotonic() < deadline:
            self.crowd.run_until(lambda: False, 0.5)
        outcome.require(not left, f"{left} channels of clients did not come to the end of their logs")

    def counts(self) -> Counter[str]:
        """What became of messages and of tries, of all members."""
        return sum((member.counts for member in self.members), Counter())
