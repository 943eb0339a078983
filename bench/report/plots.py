"""Plots as SVG: bars for one metric of all peers, lines for how it grows. Readable on light and dark pages."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import floor, log10
from statistics import median
from xml.sax.saxutils import escape

from bench.report.tables import at_rate
from bench.results import OURS, Results
from bench.workloads.workload import Metric, Workload

WIDTH = 760  # pixels, as all below
NAMES, VALUES, BAR, GAP, TOP = 215, 125, 18, 10, 64  # of bars
HEIGHT, LEFT, RIGHT, BELOW = 380, 64, 130, 56  # of lines
LABEL = 17  # from one line's name to the next at least
TICK = 54  # from one number on the horizontal axis to the next at least
COLOURS = ("#0a7d6c", "#c2571a", "#5b6ee1", "#a23b72", "#7a7a2a")  # at least 3:1 on white and on GitHub's dark page

_STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#24292f}.title{font-size:15px;font-weight:600}"
    ".quiet{fill:#57606a;font-size:12px}.strong{font-weight:600}.axis{stroke:#8c959f}.grid{stroke:#8c959f;opacity:.25}"
    ".bar{fill:#8c959f}.ours{fill:#0a7d6c}.spread{stroke:#24292f;stroke-width:1.5}"
    "@media(prefers-color-scheme:dark){text{fill:#e6edf3}.quiet{fill:#9198a1}.ours{fill:#3fb8a3}.spread{stroke:#e6edf3}}"
)


@dataclass(frozen=True, slots=True)
class Bar:
    """A peer's median, with the least and the most."""

    name: str
    value: float
    least: float
    most: float
    ours: bool = False


def bars(title: str, axis: str, values: Sequence[Bar], digits: int) -> str:
    """A bar for each name; ours stands out, a thin line goes from the least to the most."""
    ticks = round_steps(max(bar.most for bar in values))
    bottom = TOP + len(values) * (BAR + GAP)

    def across(value: float) -> float:
        return NAMES + (WIDTH - NAMES - VALUES) * value / max(ticks[-1], *(bar.most for bar in values))

    drawn = [_text(8, 44, axis, kind="quiet")]
    for tick in ticks:
        drawn += [_line(across(tick), TOP - 6, across(tick), bottom, "axis" if tick == 0 else "grid")]
        drawn += [_text(across(tick), bottom + 16, f"{tick:,g}" if tick < 10 else f"{tick:,.0f}", "middle", "quiet")]
    for number, bar in enumerate(values):
        drawn += _bar(bar, TOP + number * (BAR + GAP), across, digits)
    return _document(title, bottom + 26, drawn)


def _bar(bar: Bar, top: float, across: Callable[[float], float], digits: int) -> Iterator[str]:
    middle, end, kind = top + BAR / 2, across(bar.value), "ours" if bar.ours else "bar"
    yield _text(NAMES - 10, middle + 4.5, bar.name, "end", "strong" if bar.ours else "")
    yield (f'<rect class="{kind}" x="{NAMES}" y="{top}" width="{max(1.0, end - NAMES):.1f}" height="{BAR}" rx="2"/>')
    if bar.least < bar.most:
        yield _line(across(bar.least), middle, across(bar.most), middle, "spread")
    yield _text(across(bar.most) + 8, middle + 4.5, f"{bar.value:,.{digits}f}", kind="strong" if bar.ours else "")


def lines(
    title: str, axis: str, across: str, series: Mapping[str, Sequence[tuple[float, float]]], *, logarithmic: bool
) -> str:
    """A line for each name; the vertical axis begins at 0, the horizontal one with the least where logarithmic."""
    points = [point for line in series.values() for point in line]
    sizes = sorted({x for x, _ in points})
    ticks = round_steps(max(y for _, y in points))
    bottom, right = HEIGHT - BELOW, WIDTH - RIGHT

    def place(x: float, y: float) -> tuple[float, float]:
        wide = log10(x / sizes[0]) / (log10(sizes[-1] / sizes[0]) or 1.0) if logarithmic else x / sizes[-1]
        return LEFT + wide * (right - LEFT), bottom - y / ticks[-1] * (bottom - TOP)

    drawn = [_text(8, 44, axis, kind="quiet"), _text((LEFT + right) / 2, HEIGHT - 12, across, "middle", "quiet")]
    for tick in ticks:
        height = place(sizes[0], tick)[1]
        drawn += [_line(LEFT, height, right, height, "axis" if tick == 0 else "grid")]
        drawn += [_text(LEFT - 8, height + 4, f"{tick:,g}" if tick < 10 else f"{tick:,.0f}", "end", "quiet")]
    shown = _apart([place(size, 0)[0] for size in sizes])
    drawn += [_text(place(size, 0)[0], bottom + 18, f"{size:,.0f}", "middle", "quiet")
              for size, there in zip(sizes, shown, strict=True) if there]  # fmt: skip
    ends = _spread_out({name: place(*line[-1])[1] for name, line in series.items()})
    for (name, line), colour in zip(series.items(), COLOURS, strict=False):
        drawn += _series(name, [place(x, y) for x, y in line], colour, ends[name])
    return _document(title, HEIGHT, drawn)


def _series(name: str, places: Sequence[tuple[float, float]], colour: str, label: float) -> Iterator[str]:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{3 if name == OURS else 2}"/>'
    yield from (f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>' for x, y in places)
    end = places[-1][0] + 10
    yield f'<circle cx="{end + 4:.1f}" cy="{label:.1f}" r="4" fill="{colour}"/>'
    yield _text(end + 14, label + 4, name, kind="strong" if name == OURS else "")


def round_steps(most: float) -> list[float]:
    """Round numbers from 0 to at least `most`, four to six of them."""
    rough = (most or 1.0) / 5
    power = 10.0 ** floor(log10(rough))
    step = next(each * power for each in (1, 2, 2.5, 5, 10) if each * power >= rough * 0.999)
    steps = [0.0]
    while steps[-1] < most:
        steps.append(steps[-1] + step)
    return steps


def _apart(places: Sequence[float]) -> list[bool]:
    """Which of the numbers there is room for: the last, and from there on those that are far enough from the next."""
    shown, room = [], float("inf")
    for place in reversed(places):
        there = place <= room
        room = place - TICK if there else room
        shown.append(there)
    return shown[::-1]


def _spread_out(heights: Mapping[str, float]) -> dict[str, float]:
    """The same heights, so far from each other that names there can be read."""
    placed: dict[str, float] = {}
    least = float("-inf")
    for name, height in sorted(heights.items(), key=lambda it: it[1]):
        placed[name] = least = max(height, least)
        least += LABEL
    return placed


def of_results(results: Results, workloads: Sequence[Workload]) -> dict[str, dict[str, str]]:
    """The plots by the name of their file, of each workload by its number."""
    plots: dict[str, dict[str, str]] = {}
    known = {(it.number, metric.key): metric for it in workloads for metric in it.metrics(results.plan)}
    for name, number, key in (
        ("cpu", "1, 2", "cpu"),
        ("p99", "1, 2", "p99"),
        ("deliveries", "1, 2", f"flight-{max(results.plan.in_flight)}"),
        ("memory", "3, 4", "memory"),
        ("connects", "3, 4", "rate"),
        ("teams", "5", "teams"),
        ("users", "5", "users"),
        ("many", "8", "many"),
    ):
        if (number, key) in known and results.values(number, OURS, key):
            plots.setdefault(number, {})[f"{name}.svg"] = _bars(results, number, known[number, key])
    for name, key, scale, title, axis, logarithmic in (
        ("growth-cpu", "cpu", 1e6, "Server CPU per delivery", "µs", True),
        ("growth-memory", "memory", 1e-6, "Server memory", "MB", False),
    ):
        if series := _growth(results, key, scale):
            paced = f"{title}, {results.plan.deliveries:,.0f} deliveries/s"
            across = "connections (logarithmic)" if logarithmic else "connections"
            drawn = lines(paced, f"{axis}, less is better", across, series, logarithmic=logarithmic)
            plots.setdefault("9", {})[f"{name}.svg"] = drawn
    return plots


def _bars(results: Results, number: str, metric: Metric) -> str:
    drawn = []
    for peer in results.peers(number):
        if values := [value * metric.scale for value in results.values(number, peer, metric.key)]:
            name = f"{peer}{at_rate(results, number, peer, metric)}"
            drawn.append(Bar(name, median(values), min(values), max(values), ours=peer == OURS))
    best = sorted(drawn, key=lambda bar: bar.value, reverse=not metric.lower)
    paired = "; thin lines: least to most" if any(bar.least < bar.most for bar in best) else ""
    axis = f"{metric.unit or 'a second'}, {'less' if metric.lower else 'more'} is better{paired}"
    title = metric.title[0].upper() + metric.title[1:]
    return bars(title, axis, best, metric.digits)


def _growth(results: Results, key: str, scale: float) -> dict[str, list[tuple[float, float]]]:
    """Of each peer the sizes that it came to."""
    measured = {
        peer: [(float(size), value * scale) for size in results.plan.crowds
               for value in results.values("9", peer, f"{key}-{size}")[:1]]
        for peer in results.peers("9")
    }  # fmt: skip
    return {peer: line for peer, line in measured.items() if line}


def _text(x: float, y: float, text: str, anchor: str = "start", kind: str = "") -> str:
    style = f' class="{kind}"' if kind else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{style}>{escape(text)}</text>'


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    return f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def _document(title: str, height: float, drawn: Sequence[str]) -> str:
    size = f'viewBox="0 0 {WIDTH} {height:.0f}" width="{WIDTH}" height="{height:.0f}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">'
    named = f"<title>{escape(title)}</title><style>{_STYLE}</style>"
    return "\n".join([head, named, _text(8, 24, title, kind="title"), *drawn, "</svg>", ""])
