"""What the documents quote of RESULTS.md, and whether it still stands there: `python -m bench quotes` mends it."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.results import OURS, Results, spread

TABLE = "docs/deploy.md"


@dataclass(frozen=True, slots=True)
class Quote:
    """A figure in a document: what stands between `before` and `after`, on one line."""

    document: str
    before: str
    after: str
    text: Callable[[Results], str]  # empty where it was not measured

    @property
    def place(self) -> re.Pattern[str]:
        """Where it is; its second group is the figure."""
        return re.compile(f"({re.escape(self.before)})([^|\n]*?)({re.escape(self.after)})")


def _ours(workload: str, metric: str, scale: float, digits: int, unit: str) -> Callable[[Results], str]:
    """A value of ours with its least and most."""

    def text(results: Results) -> str:
        value = spread(results.values(workload, OURS, metric), digits, scale)
        figure, brackets, rest = value.partition(" [")
        return f"{figure}{unit}{brackets}{rest}" if value else ""

    return text


QUOTES: Sequence[Quote] = (
    Quote(TABLE, "| processor per delivery, 50 events/s to 1,000 | ", " |", _ours("1, 2", "cpu", 1e6, 2, " µs")),
    Quote(
        TABLE,
        "| deliveries/s and core at saturation, 64 events in flight | ",
        " |",
        _ours("1, 2", "flight-64", 1, 0, ""),
    ),
    Quote(TABLE, "| memory per idle connection, process | ", " |", _ours("3, 4", "memory", 1e-3, 1, " KB")),
    Quote(
        TABLE,
        "| memory per idle connection, kernel, both ends on one machine | ",
        " |",
        _ours("3, 4", "kernel", 1e-3, 1, " KB"),
    ),
    Quote(
        TABLE,
        "| connections authenticated and subscribed per second and core | ",
        " |",
        _ours("3, 4", "rate", 1, 0, ""),
    ),
    Quote(TABLE, "`make bench` repeats it; measured ", ",", lambda results: results.at.partition("T")[0]),
)


def stale(root: Path, results: Results, quotes: Sequence[Quote] = QUOTES) -> Iterator[str]:
    """A sentence for each quote that is not what was measured, or is not found."""
    for quote in quotes:
        found = quote.place.search((root / quote.document).read_text())
        measured = quote.text(results)
        if found is None:
            yield f"{quote.document}: there is no line with {quote.before!r} and {quote.after!r}"
        elif measured and found[2] != measured:
            line = found.string.count("\n", 0, found.start()) + 1
            yield f"{quote.document}:{line}: {found[2]} was not measured: {measured}"


def mend(root: Path, results: Results, quotes: Sequence[Quote] = QUOTES) -> None:
    """Write what was measured into the documents."""
    for quote in quotes:
        if measured := quote.text(results):
            path = root / quote.document
            mended = quote.place.sub(rf"\g<1>{measured}\g<3>", path.read_text())
            path.write_text(mended)
