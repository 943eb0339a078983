"""What came of a run."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from tidings.testing.history import Report

Figure = int | float | str

_KEPT = 20  # violations of one run whose text is kept


class TortureError(Exception):
    """A run came to no outcome; the message says why."""


@dataclass(slots=True)
class Outcome:
    """`did`: what was done, in a sentence. `figures`: what was counted and measured, by name, units in the name.
    `remarks`: why the run must not be quoted, if so.

    Whoever holds it adds what is wrong with `violated`; a run without violations has passed.
    """

    did: str
    figures: dict[str, Figure] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    count: int = 0  # of all violations, those without text included

    @property
    def passed(self) -> bool:
        """Whether all that must hold held."""
        return not self.count

    def violated(self, *violations: str) -> None:
        """Something that must hold did not."""
        self.count += len(violations)
        self.violations += violations[: max(0, _KEPT - len(self.violations))]

    def require(self, holds: bool, otherwise: str) -> None:
        """Note a violation unless this holds."""
        if not holds:
            self.violated(otherwise)

    def take(self, report: Report) -> None:
        """Add what the history checker counted and found."""
        self.figures |= {
            "events published": report.published,
            "events committed": report.committed,
            "events heard": report.heard,
            "readers": report.readers,
            "resets": report.resets,
        }
        texts = [str(violation) for violation in report.violations]
        self.violated(*texts)
        self.count += report.counts.total() - len(texts)

    def text(self) -> Iterable[str]:
        """The outcome as lines for people."""
        yield self.did
        yield from (f"  {remark}" for remark in self.remarks)
        yield from (f"  {name}: {shown(figure)}" for name, figure in self.figures.items())
        yield "PASS" if self.passed else f"FAIL: {self.count} violations"
        yield from (f"  {violation}" for violation in self.violations)


def shown(figure: Figure) -> str:
    """As people read it."""
    if isinstance(figure, float):
        return f"{figure:,.3g}" if abs(figure) < 1_000 else f"{figure:,.0f}"
    return f"{figure:,}" if isinstance(figure, int) else figure
