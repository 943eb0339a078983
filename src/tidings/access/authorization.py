"""Who may follow which channel: the application's rules, asked once per user and channel."""

import asyncio
import inspect
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from tidings.handshake import Handshake
from tidings.protocol.channels import Channel, UserChannel
from tidings.protocol.codes import ErrorCode
from tidings.protocol.errors import DeclarationError
from tidings.protocol.limits import Limits
from tidings.protocol.messages import Refused

log = logging.getLogger("tidings")

Rule = Callable[[Any, Any, Handshake | None], bool | Awaitable[bool]]
_Key = tuple[str, str]


@dataclass(slots=True)
class _Evaluation:
    """A rule that is being asked. Void: what it was asked about has changed meanwhile."""

    task: "asyncio.Task[bool]"
    void: bool = False


class Authorization:
    """Asks each rule at most once at a time per user and channel, however many connections ask, and not again within
    `limits.rule_cache` of a yes. A no is not remembered.

    `changes` counts what was withdrawn; whoever acts on an answer later than it was given compares it first.
    """

    def __init__(self, limits: Limits, loop_time: Callable[[], float]) -> None:
        self._limits, self._loop_time = limits, loop_time
        self._rules: dict[type[Channel[Any]], Rule] = {}
        self._answers: OrderedDict[_Key, float] = OrderedDict()  # until when a yes holds
        self._evaluations: dict[_Key, _Evaluation] = {}
        self.needs_handshake = False
        self.changes = 0
        self.forgotten: Callable[[str, str | None], None] | None = None
        """Told what `forget` was."""

    def add(self, channel: type[Channel[Any]], rule: Rule, *, needs_handshake: bool) -> None:
        """Set the rule of a declared channel. Raises DeclarationError for a second one."""
        if channel in self._rules:
            raise DeclarationError(f"{channel.__qualname__} has an authorize rule already: one channel, one rule")
        self._rules[channel] = rule
        self.needs_handshake |= needs_handshake

    def missing(self, channels: Iterable[type[Channel[Any]]]) -> list[type[Channel[Any]]]:
        """The declared channels that have no rule and need one. A user's own channel is its user's."""
        return [channel for channel in channels if channel not in self._rules and not issubclass(channel, UserChannel)]

    async def allows(self, channel: Channel[Any], user_id: str, user: Any, handshake: Handshake | None) -> bool:
        """Whether the user (its id, and what authenticate returned) may follow the channel.

        Raises Refused `internal_error` where the rule fails or takes too long.
        """
        if isinstance(channel, UserChannel):
            return channel.user_id == user_id
        rule = self._rules.get(type(channel))
        if rule is None:
            name = type(channel).__name__
            log.error("nobody may follow %s: add a rule, @manager.authorize(%s)", channel.name, name)
            return False
        key = (user_id, channel.name)
        answer = self._remembered(key)
        while answer is None:
            answer = await self._ask(key, rule, channel, user, handshake)
        return answer

    def forget(self, user_id: str, channel: str | None = None) -> None:
        """Withdraw what was answered about a user (on one channel, or on all), and what is being asked right now."""
        self.outdate(user_id, channel)
        if self.forgotten is not None:
            self.forgotten(user_id, channel)

    def outdate(self, user_id: str, channel: str | None = None) -> None:
        """What was answered about a user, or is being asked, does not count any more: it was of an older token, or is
        withdrawn."""
        self.changes += 1
        for key in [key for key in self._answers if key[0] == user_id and channel in (None, key[1])]:
            del self._answers[key]
        for key, evaluation in self._evaluations.items():
            evaluation.void |= key[0] == user_id and channel in (None, key[1])

    def forget_all(self) -> None:
        """Withdraw all answers, and what is being asked right now."""
        self.changes += 1
        self._answers.clear()
        for evaluation in self._evaluations.values():
            evaluation.void = True

    def restart(self) -> None:
        """Forget what is being asked: the loop that it was asked on has ended."""
        self._evaluations.clear()

    def _remembered(self, key: _Key) -> bool | None:
        return True if self._answers.get(key, 0.0) > self._loop_time() else None

    async def _ask(
        self, key: _Key, rule: Rule, channel: Channel[Any], user: Any, handshake: Handshake | None
    ) -> bool | None:
        """Ask the rule, or wait for the one who is asking it; None where the answer became void meanwhile."""
        evaluation = self._evaluations.get(key)
        if evaluation is None:
            answer = _call(rule, channel, user, handshake)
            if not inspect.isawaitable(answer):
                self._remember(key, bool(answer))
                return bool(answer)
            task = asyncio.ensure_future(self._wait(answer, channel.name))
            evaluation = self._evaluations[key] = _Evaluation(task)
            task.add_done_callback(partial(self._settle, key, evaluation))
        allowed = await asyncio.shield(evaluation.task)
        return None if evaluation.void else allowed

    def _settle(self, key: _Key, evaluation: _Evaluation, task: "asyncio.Task[bool]") -> None:
        """Remember the answer in the moment in which it is no longer being asked for.

        Whoever asked resumes later: in between the rule would be asked again, or a withdrawal would find nothing.
        """
        if self._evaluations.get(key) is evaluation:
            del self._evaluations[key]
            if not (evaluation.void or task.cancelled() or task.exception()):
                self._remember(key, task.result())

    async def _wait(self, answer: Awaitable[bool], name: str) -> bool:
        try:
            async with asyncio.timeout(self._limits.rule_timeout):
                return bool(await answer)
        except Refused:
            raise
        except (Exception, asyncio.CancelledError) as error:
            task = asyncio.current_task()
            if task is not None and task.cancelling():  # the loop ends; else it was what the rule waited for
                raise
            raise _failed(name) from error

    def _remember(self, key: _Key, allowed: bool) -> None:
        if not allowed:  # who is let in a moment later is not kept out
            return
        self._answers[key] = self._loop_time() + self._limits.rule_cache
        self._answers.move_to_end(key)
        while len(self._answers) > self._limits.rule_cache_size:
            self._answers.popitem(last=False)


def _call(rule: Rule, channel: Channel[Any], user: Any, handshake: Handshake | None) -> bool | Awaitable[bool]:
    try:
        return rule(channel, user, handshake)
    except Refused:
        raise
    except Exception as error:
        raise _failed(channel.name) from error


def _failed(name: str) -> Refused:
    return Refused(ErrorCode.INTERNAL_ERROR, "the channel's rule failed in the server", channel=name)
