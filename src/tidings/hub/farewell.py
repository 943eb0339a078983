"""The one line that a connection leaves in the log, at its end."""

import logging
from typing import Protocol

log = logging.getLogger("tidings.connections")


class Ended(Protocol):
    """What is said of a connection."""

    id: str
    user_id: str | None
    opened_at: float


def write_farewell(ended: Ended, now: float, code: int, reason: str) -> None:
    """Log who was connected, for how long until `now` (seconds of the loop), and how it ended.

    `reason` is what the server said, and empty where the client closed: what a client says belongs in no log. The same
    stands in the record's attributes, for a formatter that writes them.
    """
    if not log.isEnabledFor(logging.INFO):
        return
    seconds = round(now - ended.opened_at, 3)
    fields = {
        "connection": ended.id,
        "user": ended.user_id,
        "seconds": seconds,
        "code": int(code),
        "reason": reason,
    }
    who = "who had not said who they are" if ended.user_id is None else f"of {ended.user_id}"
    why = f": {reason}" if reason else ""
    log.info("connection %s %s ended after %.1f s with %d%s", ended.id, who, seconds, code, why, extra=fields)
