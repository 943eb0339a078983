"""Control between processes: what is withdrawn in one of them is withdrawn in all, or nothing is delivered."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from typing import Protocol

from tidings.broker import Broker
from tidings.metrics import Gauges
from tidings.protocol.control import DISCONNECTIONS, LOGS, TRANSITIONS, Act, Input, State, act_draft, log_of, read_act
from tidings.protocol.errors import in_one_line
from tidings.protocol.events import Draft
from tidings.protocol.limits import Limits
from tidings.protocol.log import Entry, Position
from tidings.protocol.messages import timestamp

log = logging.getLogger("tidings")

_PIECE = 100  # entries of a history that are read at once
_OWN = 1_000  # acts of this process that are known when their log tells of them


class Controlled(Protocol):
    """This process's connections. Nothing here raises."""

    def apply(self, act: Act) -> None:
        """Withdraw what the act says. Again, it changes nothing."""

    def start_over(self) -> None:
        """Acts may have been lost: ask all rules anew."""

    def hold(self) -> None:
        """Deliver nothing until `resume`."""

    def resume(self) -> None:
        """Go on from where each reader was held."""


class Control:
    """Follows the control logs, and has their acts applied to this process's connections in order.

    Where several processes share the broker, the logs are read every `limits.control_interval` seconds, whatever
    wake-ups tell or lose. Until they were read for the first time, and when they were not for `limits.control_timeout`
    seconds, the connections are held. The first reading takes in all that the log of disconnections still has. With a
    broker of one process an act is applied when it is appended.
    """

    def __init__(
        self,
        broker: Broker,
        controlled: Controlled,
        limits: Limits,
        *,
        clock: Callable[[], float],
        ids: Callable[[], str],
    ) -> None:
        self._broker, self._controlled, self._limits = broker, controlled, limits
        self._clock, self._ids = clock, ids
        self.state = State.IDLE
        self.dropped = 0  # entries that were no acts
        self._own: deque[str] = deque(maxlen=_OWN)
        self._followed: list[str] = []
        self._recalled = False
        self._failure: Exception | None = None
        self._task: asyncio.Task[None] | None = None
        self._read_at: float | None = None  # when the logs were, by the loop's time; None where they are not followed
        self._watch: asyncio.TimerHandle | None = None
        broker.attach(self)

    async def withdraw(self, act: Act) -> None:
        """Apply an act here at once, then append it to its log. Raises what the broker raises: it holds here then,
        and may not elsewhere.
        """
        self._controlled.apply(act)
        await self.tell(act)

    async def tell(self, act: Act) -> None:
        """Append an act that was applied here to its log. Raises what the broker raises."""
        draft = self.draft(act)
        self._own.append(draft.id)
        await self._broker.append(log_of(act), draft)

    def draft(self, act: Act) -> Draft:
        """The act as it goes to its log."""
        return act_draft(act, id=self._ids(), timestamp=timestamp(self._clock()))

    def begin(self) -> None:
        """Follow the logs, on the running loop: connections are about to live there."""
        self._forget()
        if not self._broker.multiprocess:
            return
        self._step(Input.BEGIN)
        self._controlled.hold()
        self._wait()
        self._task = asyncio.get_running_loop().create_task(self._follow())

    async def end(self) -> None:
        """Follow them no longer."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._forget()

    def obstacle(self) -> str | None:
        """Why an upgrade is refused, in a sentence; None where it is not."""
        if self.state is not State.SUSPENDED:
            return None
        why = in_one_line(self._failure) if self._failure is not None else "no answer yet"
        return (
            f"the control log could not be read for {self._limits.control_timeout:g} s ({why}): nothing is delivered "
            "until it can; see that the broker's server is up and that this process reaches it"
        )

    def unread(self) -> list[str]:
        """Why nobody should be sent here yet: upgrades are taken, and wait until the log was read."""
        return ["the control log was not read yet"] if self.state is State.STARTING else []

    def gauges(self) -> Gauges:
        """How long ago the logs were last read; nothing where that is not needed."""
        if self._read_at is None:
            return {}
        return {"control_age_seconds": max(0.0, asyncio.get_running_loop().time() - self._read_at)}

    # What the broker calls.

    def deliver(self, channel: str, entry: Entry) -> None:
        """The next entry of a log; those of other channels are passed over."""
        if channel in LOGS and entry.position.id not in self._own:
            self._apply(entry)

    def reset(self, channel: str, position: Position) -> None:
        """Entries of a log are lost, or may be."""
        if channel in LOGS:
            self._recalled = False
            self._controlled.start_over()

    # How the logs are followed.

    async def _follow(self) -> None:
        while True:
            try:
                await self._read()
            except Exception as error:  # noqa: BLE001
                if self._failure is None:
                    log.warning(
                        "the control log cannot be read; it is tried again until it can: %s", in_one_line(error)
                    )
                self._failure = error
            else:
                self._was_read()
            await asyncio.sleep(self._limits.control_interval)

    async def _read(self) -> None:
        if self._followed:
            await self._broker.refresh(*self._followed)
        if unfollowed := [name for name in LOGS if name not in self._followed]:
            for failure in await asyncio.gather(*map(self._follow_log, unfollowed), return_exceptions=True):
                if failure is not None:
                    raise failure
        if not self._recalled:
            await self._recall()
            self._recalled = True

    async def _follow_log(self, name: str) -> None:
        await self._broker.follow(name)
        self._followed.append(name)

    async def _recall(self) -> None:
        """Apply what was appended before this process followed."""
        position = await self._broker.beginning(DISCONNECTIONS)
        while entries := await self._broker.since(DISCONNECTIONS, position, _PIECE):
            for entry in entries:
                self._apply(entry)
            position = entries[-1].position
        if entries is None:
            raise LookupError(f"{DISCONNECTIONS} was trimmed while it was read")

    def _apply(self, entry: Entry) -> None:
        act = read_act(entry.message)
        if act is None:
            self.dropped += 1
            log.error("an entry of the control log, %s, is none and was dropped", tuple(entry.position))
            return
        try:
            self._controlled.apply(act)
        except Exception:
            log.exception("an entry of the control log, %s, could not be applied", tuple(entry.position))

    # How long it may take.

    def _was_read(self) -> None:
        before, self._failure = self.state, None
        self._wait()
        self._step(Input.READ)
        if before is not State.FOLLOWING:
            if before is State.SUSPENDED:
                log.warning("the control log can be read again: delivery goes on")
            self._controlled.resume()

    def _wait(self) -> None:
        loop = asyncio.get_running_loop()
        self._read_at = loop.time()
        if self._watch is None:
            self._watch = loop.call_at(self._read_at + self._limits.control_timeout, self._look)

    def _look(self) -> None:
        """Hold where the logs were not read in time; else look again when that may be so. Readings are many, and a
        timer for each would be too.
        """
        loop, self._watch = asyncio.get_running_loop(), None
        if self._read_at is not None and loop.time() < (due := self._read_at + self._limits.control_timeout):
            self._watch = loop.call_at(due, self._look)
            return
        self._step(Input.OVERDUE)
        self._controlled.hold()
        log.error("%s", self.obstacle())

    def _step(self, input: Input) -> None:
        self.state = TRANSITIONS[self.state].get(input, self.state)

    def _forget(self) -> None:
        """Begin anew, perhaps on another loop: the one that this ran on may have ended with the task."""
        if self._watch is not None:
            self._watch.cancel()
        for name in self._followed:
            self._broker.unfollow(name)
        self._followed, self._task, self._watch, self._read_at = [], None, None, None
        self._recalled, self._failure = False, None
        self._step(Input.END)
        self._controlled.resume()
