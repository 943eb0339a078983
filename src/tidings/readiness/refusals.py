"""What is logged of connections that are refused: a line for each reason, however many clients try."""

import logging

log = logging.getLogger("tidings")

_INTERVAL = 10.0  # seconds between two lines of one reason
_REASONS = 100  # that are told apart


class RefusalLog:
    """Writes a reason at once, and at most once in ten seconds again, with how often it held meanwhile."""

    def __init__(self) -> None:
        self._quiet_until: dict[str, float] = {}
        self._unwritten: dict[str, int] = {}

    def note(self, reason: str, now: float) -> None:
        """An upgrade was refused for this reason at `now` (seconds, monotonic)."""
        key = reason if reason in self._quiet_until or len(self._quiet_until) < _REASONS else ""
        if now < self._quiet_until.get(key, now):
            self._unwritten[key] = self._unwritten.get(key, 0) + 1
            return
        self._quiet_until[key] = now + _INTERVAL
        more = self._unwritten.pop(key, 0)
        log.warning("%s%s", reason, f" ({more} more were refused since this was last written)" if more else "")
