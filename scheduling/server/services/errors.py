"""What a use case answers instead of doing as asked. Each message is a sentence for people."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import ClassVar, Literal

from scheduling.server.domain.instants import spell_ago
from scheduling.server.domain.needs import LocationNeeds
from scheduling.server.domain.offer import Offer
from scheduling.server.domain.rules import Violation
from scheduling.server.domain.schedule import Schedule
from scheduling.server.domain.staff import Staff
from scheduling.server.domain.template import Template
from scheduling.server.domain.text import Person
from scheduling.server.domain.time_off import TimeOff

RefusalCode = Literal[
    "already_decided",
    "already_exists",
    "already_here",
    "already_left",
    "already_offered",
    "answer_told_once",
    "busy",
    "email_taken",
    "forbidden",
    "gone",
    "limit_reached",
    "not_csv",
    "not_found",
    "not_oneself",
    "not_your_offer",
    "not_your_request",
    "not_your_shift",
    "offer_over",
    "request_decided",
    "request_id",
    "request_id_reused",
    "rules",
    "session_ended",
    "shift_gone",
    "stale_version",
    "too_many",
    "too_many_attempts",
    "unauthenticated",
    "wrong_password",
]
"""What a client may tell in words of its own: each of these has them in every language of the dashboard."""

Params = Mapping[str, str | int]


class Refused(Exception):
    """The request was understood and is not carried out; `detail` says why, and `code` so that a program knows.

    `params` are what the detail says, for a reader of another language.
    """

    kind: ClassVar[RefusalCode]
    """The code where none is given."""

    def __init__(self, detail: str, code: RefusalCode | None = None, **params: str | int) -> None:
        super().__init__(detail)
        self.detail = detail
        self.code: RefusalCode = code or self.kind
        self.params: Params = params


class BadRequestId(Refused):
    """The name that a client gave its request cannot be one."""

    kind = "request_id"


class RequestIdReused(Refused):
    """The name of a request was that of another one."""

    kind = "request_id_reused"


class AnswerToldOnce(Refused):
    """The request was carried out, and its answer is not kept."""

    kind = "answer_told_once"


class Unauthenticated(Refused):
    """Who asks is not known, or no longer."""

    kind = "unauthenticated"


class Forbidden(Refused):
    """Who asks is known and may not."""

    kind = "forbidden"


class NotFound(Refused):
    """There is no such thing, as far as who asks may know."""

    kind = "not_found"


class AlreadyExists(Refused):
    """The name, in `field`, is taken."""

    kind = "already_exists"

    def __init__(self, field: str, detail: str, code: RefusalCode | None = None, **params: str | int) -> None:
        super().__init__(detail, code, **params)
        self.field = field


class AlreadyDecided(Refused):
    """A request for time off, or an offer, of which this can no longer become."""

    kind = "already_decided"


class NotCsv(Refused):
    """What was sent does not say that it is CSV."""

    kind = "not_csv"


class Gone(Refused):
    """There was such a thing, and there never will be again."""

    kind = "gone"


class LimitReached(Refused):
    """There are as many as there may be."""

    kind = "limit_reached"


class TooMany(Refused):
    """More rows than one answer carries."""

    kind = "too_many"


class Busy(Refused):
    """Others were writing for too long; nothing was done, and the same may be sent again."""

    kind = "busy"


class TooManyAttempts(Refused):
    """Come back after `retry_after`."""

    kind = "too_many_attempts"

    def __init__(self, retry_after: timedelta) -> None:
        self.retry_after = max(1, round(retry_after.total_seconds()))
        message = f"Too many attempts to sign in. Try again in {self.retry_after} seconds."
        super().__init__(message, seconds=self.retry_after)


class StaleVersion(Refused):
    """Somebody changed it in the meantime; `current` is what stands now (None: deleted).

    `deed` is what they did, where it is known better than that.
    """

    kind = "stale_version"

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
        params = {"what": what, "verb": verb} | ({"name": by.name} if by else {})
        super().__init__(f"{by.name if by else 'Somebody'} {verb} this {what} {spell_ago(now - at)}", None, **params)
        self.current, self.changed_by, self.changed_at = current, by, at


class RulesBroken(Refused):
    """Rules object; `violations` holds all of their objections."""

    kind = "rules"

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
