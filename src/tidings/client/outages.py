"""What the log is told of a connection that fails: one line for each outage and reason, whatever number of tries."""

import logging
from urllib.parse import urlsplit

from tidings.client.retrying import REFUSALS, Loss, Retries

log = logging.getLogger("tidings.client")

LINES = 5
"""At most so many of one outage: a reason may be another text each time."""
_REFUSED = f"{REFUSALS} tries failed before the connection opened: is the address right, and is this client let in?"


def shown(url: str) -> str:
    """The address without what may be a secret: its user, password and query."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


class Outages:
    """Hears of each connection's end and of the next one."""

    def __init__(self, url: str) -> None:
        self._where = shown(url)
        self._told = set[str]()
        self._open = False  # the last line was of a failure

    def failed(self, loss: Loss, wait: float | None, retries: Retries) -> None:
        """A connection was lost, or not made; the next try is in `wait` seconds, or never."""
        if wait is None:
            self._say(logging.WARNING, f"{loss.reason}; the client gives up", loss)
            return
        if retries.attempt == 1:
            self._told.clear()
        goodbye = retries.announced and retries.attempt == 1
        text = f"{loss.reason}; next try in {wait:.1f} s"
        if retries.refused:
            text = f"{text}; {_REFUSED}"
        known = f"{loss.reason}{retries.refused}"
        if known not in self._told and len(self._told) < LINES:
            self._told.add(known)
            self._say(logging.INFO if goodbye else logging.WARNING, text, loss)

    def over(self) -> None:
        """A connection stands."""
        if self._open:
            self._open = False
            log.info("%s: connected again", self._where)

    def _say(self, level: int, text: str, loss: Loss) -> None:
        self._open = True
        log.log(level, "%s: %s", self._where, text, exc_info=loss.error)
