"""What a use case answers instead of doing as asked. Each message is a sentence for people."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from scheduling.server.domain.instants import spell_ago
from scheduling.server.domain.needs import LocationNeeds
from scheduling.server.domain.offer import Offer
from scheduling.server.domain.rules import Violation
from scheduling.server.domain.schedule import Schedule
from scheduling.server.domain.staff import Staff
from scheduling.server.domain.template import Template
from scheduling.server.domain.text import Person
from scheduling.server.domain.time_off import TimeOff


class Refused(Exception):
    """The request was understood and is not carried out; `detail` says why."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class BadRequestId(Refused):
    """The name that a client gave its request cannot be one."""


class Unauthenticated(Refused):
    """Who asks is not known, or no longer."""


class Forbidden(Refused):
    """Who asks is known and may not."""


class NotFound(Refused):
    """There is no such thing, as far as who asks may know."""


class AlreadyExists(Refused):
    """The name, in `field`, is taken."""

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(detail)
        self.field = field


class AlreadyDecided(Refused):
    """A request for time off, or an offer, of which this can no longer become."""


class NotCsv(Refused):
    """What was sent does not say that it is CSV."""


class Gone(Refused):
    """There was such a thing, and there never will be again."""


class LimitReached(Refused):
    """There are as many as there may be."""


class TooMany(Refused):
    """More rows than one answer carries."""


class TooManyAttempts(Refused):
    """Come back after `retry_after`."""

    def __init__(self, retry_after: timedelta) -> None:
        self.retry_after = max(1, round(retry_after.total_seconds()))
        super().__init__(f"Too many attempts to sign in. Try again in {self.retry_after} seconds.")


class StaleVersion(Refused):
    """Somebody changed it in the meantime; `current` is what stands now (None: deleted).

    `deed` is what they did, where it is known better than that.
    """

    def __init__(
        self,
        what: str,
        current: Schedule | TimeOff | Offer | LocationNeeds | Staff | Template | None,
        by: Person | None,
        at: datetime,
        now: datetime,
        deed: str = "",
    ) -> None:
        verb = deed or ("deleted" if current is None else "changed")
        super().__init__(f"{by.name if by else 'Somebody'} {verb} this {what} {spell_ago(now - at)}")
        self.current, self.changed_by, self.changed_at = current, by, at


class RulesBroken(Refused):
    """Rules object; `violations` holds all of their objections."""

    def __init__(self, violations: Sequence[Violation]) -> None:
        super().__init__(" ".join(dict.fromkeys(violation.message for violation in violations)))
        self.violations = tuple(violations)


class LinesRefused(RulesBroken):
    """Lines of a spreadsheet cannot be taken over; each violation's field is `lines.<number>.<column>`."""

    MOST_TOLD = 200
    """So many are told at once, those that cannot be overruled first."""

    def __init__(self, violations: Sequence[Violation]) -> None:
        hard_first = sorted(violations, key=lambda violation: violation.severity == "soft")
        super().__init__(hard_first[: self.MOST_TOLD])
        detail = " ".join(dict.fromkeys(_in_words(violation) for violation in self.violations))
        if more := len(hard_first) - len(self.violations):
            detail += f" And {more} more."
        self.detail, self.args = detail, (detail,)


def _in_words(violation: Violation) -> str:
    """`Line 7, starts: 25:00 is not a time; write HH:MM.`"""
    _, number, *column = violation.field.split(".")
    place = ", ".join([f"Line {number}", *filter(None, column)])
    end = "" if violation.message.endswith((".", "?")) else "."
    return f"{place}: {violation.message}{end}"
