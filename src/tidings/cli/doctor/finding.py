"""What an examination has found."""

from dataclasses import dataclass
from typing import Literal

Level = Literal["fault", "warning", "passed", "skipped"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: what is so, where, and how to mend it where it should not be."""

    level: Level
    where: str
    what: str
    fix: str = ""


def fault(where: str, what: str, fix: str) -> Finding:
    """It does not work, or will not under load."""
    return Finding("fault", where, what, fix)


def warning(where: str, what: str, fix: str) -> Finding:
    """It works, and is likely to be a mistake."""
    return Finding("warning", where, what, fix)


def passed(where: str, what: str) -> Finding:
    """It is as it should be."""
    return Finding("passed", where, what)


def skipped(where: str, what: str, fix: str) -> Finding:
    """It was not looked at."""
    return Finding("skipped", where, what, fix)


MOST_SKEW = 5.0  # seconds that two clocks may differ by


def compared_clocks(where: str, whose: str, ahead: float) -> Finding:
    """What to say of a clock that is so many seconds ahead of this machine's."""
    if abs(ahead) <= MOST_SKEW:
        return passed(where, f"{whose} and this machine's differ by {abs(ahead):.1f} s")
    direction = "ahead of" if ahead > 0 else "behind"
    return fault(
        where,
        f"{whose} is {abs(ahead):.0f} s {direction} this machine's: tokens expire early or late, and a token that was "
        "just issued may be refused",
        "synchronise both with NTP (timedatectl set-ntp true)",
    )
