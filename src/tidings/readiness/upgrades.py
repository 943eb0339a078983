"""Which upgrade requests are refused, and what is logged of them."""

import logging
from collections.abc import Callable, Iterable

from tidings.handshake import Handshake, Refusal
from tidings.metrics import Metrics
from tidings.protocol.origins import advice, allowed, listed
from tidings.readiness.readiness import Readiness

log = logging.getLogger("tidings")

_INTERVAL = 10.0  # seconds between two lines of one reason
_REASONS = 100  # that are told apart


class Upgrades:
    """Refuses those of pages that are not listed, and all while something keeps this process from taking connections.

    `origins` and `development` are the manager's; `loop_time` gives seconds, monotonic.
    """

    def __init__(
        self,
        readiness: Readiness,
        metrics: Metrics,
        *,
        origins: Iterable[str],
        development: bool,
        loop_time: Callable[[], float],
    ) -> None:
        self._readiness, self._metrics, self._loop_time = readiness, metrics, loop_time
        self._origins, self._development = listed(origins), development
        self._log = RefusalLog()

    def refusal(self, handshake: Handshake) -> Refusal | None:
        """Why this upgrade is refused, before it is made; None where it is not."""
        origin = handshake.origin
        if not allowed(origin, handshake.host, self._origins, scheme=handshake.scheme, development=self._development):
            return self._refused(403, advice(origin or ""))
        for obstacle in self._readiness.obstacles():
            return self._refused(503, obstacle)
        return None

    def _refused(self, status: int, reason: str) -> Refusal:
        self._log.note(reason, self._loop_time())
        self._metrics.upgrade_refused(status)
        return Refusal(status, reason)


class RefusalLog:
    """A line for each reason, however many clients try.

    Writes a reason at once, and at most once in ten seconds again, with how often it held meanwhile."""

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
