"""Coroutines that start at once, and become a task only where they wait.

Python 3.12 has this as eager tasks. Until a coroutine has waited once it does not run in a task: it must not use what
needs one, such as `asyncio.timeout`, and must not call code of the application that may.
"""

import asyncio
from collections.abc import Coroutine, Generator
from typing import Any


def start(work: Coroutine[Any, Any, None]) -> "asyncio.Task[None] | None":
    """Run `work` to its end, or to where it first waits; from there on it is the returned task."""
    try:
        awaited = work.send(None)
    except StopIteration:
        return None
    return asyncio.get_running_loop().create_task(_Begun(work, awaited))


class _Begun(Coroutine[Any, Any, None]):
    """What is left of `work`, which waits for `awaited`. A cancellation before the task's first step reaches it too."""

    def __init__(self, work: Coroutine[Any, Any, None], awaited: Any) -> None:
        self._work, self._awaited, self._told = work, awaited, False

    def send(self, value: Any) -> Any:
        """Go on; at first, tell the task what is waited for."""
        if self._told:
            return self._work.send(value)
        self._told = True
        return self._awaited

    def throw(self, *failure: Any) -> Any:
        """Raise in the work."""
        self._told = True
        return self._work.throw(*failure)

    def close(self) -> None:
        """End the work where it stands."""
        self._work.close()

    def __await__(self) -> Generator[Any, Any, None]:
        raise NotImplementedError("a task's own coroutine is not awaited")
