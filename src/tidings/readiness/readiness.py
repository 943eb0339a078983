"""Whether this process should get connections, and if not, why."""

import asyncio
import logging
from collections.abc import Callable

from tidings.broker import Broker
from tidings.concurrency.loops import running_loop
from tidings.readiness.siblings import Siblings

log = logging.getLogger("tidings")

Obstacle = Callable[[], str | None]


class Readiness:
    """Where a manager is between its start and its end, and what else keeps it from taking connections.

    An obstacle gives the sentence that says so, for as long as it is there.
    """

    def __init__(self, *obstacles: Obstacle) -> None:
        self._obstacles = [*obstacles]
        self._starting = False
        self._stopped_on: asyncio.AbstractEventLoop | None = None

    def add(self, obstacle: Obstacle) -> None:
        """A further one."""
        self._obstacles.append(obstacle)

    def expect_start(self) -> None:
        """A server is to start the manager."""
        self._starting = True

    def start(self) -> None:
        """The manager serves. What is wrong already is told now, and not when the first client comes."""
        self._starting, self._stopped_on = False, None
        self.obstacles()

    def stop(self) -> None:
        """The manager takes nobody further on the running loop."""
        self._stopped_on = asyncio.get_running_loop()

    @property
    def stopped_on(self) -> asyncio.AbstractEventLoop | None:
        """The loop on which it was stopped; None while it serves."""
        return self._stopped_on

    def obstacles(self) -> list[str]:
        """Why an upgrade is refused."""
        if self._stopped_on is not None and running_loop() in {None, self._stopped_on}:
            return ["this server is going away; connect again"]
        return [sentence for obstacle in self._obstacles if (sentence := obstacle()) is not None]

    def reasons(self) -> list[str]:
        """Why a balancer should send nobody here."""
        starting = ["this server is starting, or its application runs without its lifespan"] if self._starting else []
        return [*starting, *self.obstacles()]


class DividedLog:
    """The obstacle that several processes serve one address, each with logs of its own that the others do not see."""

    def __init__(self, broker: Broker, loop_time: Callable[[], float]) -> None:
        self._broker, self._loop_time = broker, loop_time
        self._siblings = Siblings()
        self._told = False

    def __call__(self) -> str | None:
        if self._broker.multiprocess:
            return None
        others = self._siblings.find(self._loop_time())
        if not others:
            return None
        sentence = (
            f"{type(self._broker).__name__} keeps its logs in one process, and {len(others) + 1} processes serve this "
            "address, so each would have a part of the events: run one worker, or give ConnectionManager a broker "
            "that processes share"
        )
        if not self._told:
            self._told = True
            log.error("no connection is taken: %s", sentence)
        return sentence
