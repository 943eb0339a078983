"""How often somebody may try to sign in."""

from collections import OrderedDict, deque
from datetime import datetime, timedelta

from .errors import TooManyAttempts


class LoginLimit:
    """At most `attempts` failures for each key in any `period`, counted by each process for itself.

    An attempt counts from when it begins, so trying many at once gains nothing; one that succeeds is given back.
    Holds at most `most_keys` keys; beyond that the one unused for longest is forgotten.
    """

    def __init__(self, attempts: int, period: timedelta = timedelta(minutes=1), *, most_keys: int = 10_000) -> None:
        self._attempts = attempts
        self._period = period
        self._most_keys = most_keys
        self._begun: OrderedDict[str, deque[datetime]] = OrderedDict()

    def begin(self, key: str, now: datetime) -> None:
        """Count one attempt. Raises TooManyAttempts."""
        begun = self._begun.setdefault(key, deque(maxlen=self._attempts))
        self._begun.move_to_end(key)
        while begun and begun[0] <= now - self._period:
            begun.popleft()
        if len(begun) >= self._attempts:
            raise TooManyAttempts(begun[0] + self._period - now)
        begun.append(now)
        if len(self._begun) > self._most_keys:
            self._begun.popitem(last=False)

    def succeeded(self, key: str) -> None:
        """Give the latest attempt back."""
        begun = self._begun.get(key)
        if begun:
            begun.pop()
        if not begun:
            self._begun.pop(key, None)
