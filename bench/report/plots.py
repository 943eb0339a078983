"""Plots as SVG: bars for one metric of all peers, lines for how it grows. Readable on light and dark pages."""

from collections.abc import Mapping, Sequence
from math import log10
from statistics import median
from xml.sax.saxutils import escape

from bench.results import OURS, Results
from bench.workloads.workload import Metric, Workload

WIDTH, BAR, GAP, NAMES, VALUES = 720, 22, 8, 190, 90  # pixels
HEIGHT, MARGIN = 360, 56  # of lines
COLOURS = ("#0a7d6c", "#c2571a", "#5b6ee1", "#a23b72", "#7a7a2a")  # at least 3:1 on white and on GitHub's dark page

_STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#24292f}.quiet{fill:#57606a}.axis{stroke:#8c959f;fill:none}"
    ".bar{fill:#8c959f}.ours{fill:#0a7d6c}"
    "@media(prefers-color-scheme:dark){text{fill:#e6edf3}.quiet{fill:#9198a1}.ours{fill:#3fb8a3}}"
)


def bars(title: str, values: Sequence[tuple[str, float]], digits: int) -> str:
    """A bar for each name, the best first; ours stands out."""
    most = max(value for _, value in values)
    height = 44 + len(values) * (BAR + GAP)
    drawn = []
    for number, (name, value) in enumerate(values):
        top = 40 + number * (BAR + GAP)
        length = max(1.0, (WIDTH - NAMES - VALUES) * value / most)
        kind = "ours" if name == OURS else "bar"
        drawn += [
            _text(NAMES - 8, top + 16, name, "end"),
            f'<rect class="{kind}" x="{NAMES}" y="{top}" width="{length:.1f}" height="{BAR}" rx="2"/>',
            _text(NAMES + length + 6, top + 16, f"{value:,.{digits}f}"),
        ]
    return _document(title, height, drawn)


def lines(title: str, across: str, series: Mapping[str, Sequence[tuple[float, float]]]) -> str:
    """A line for each name; the horizontal axis is logarithmic, the vertical begins at 0."""
    points = [point for line in series.values() for point in line]
    least, most = (log10(pick(x for x, _ in points)) for pick in (min, max))
    top = max(y for _, y in points) * 1.05

    def place(x: float, y: float) -> tuple[float, float]:
        across = (log10(x) - least) / ((most - least) or 1)
        return MARGIN + across * (WIDTH - 2 * MARGIN - 90), HEIGHT - MARGIN - y / top * (HEIGHT - 2 * MARGIN - 10)

    left, bottom = place(10**least, 0)
    drawn = [
        f'<path class="axis" d="M{left:.0f} {MARGIN} V{bottom:.0f} H{WIDTH - 120}"/>',
        _text(WIDTH - 112, bottom, across),
    ]
    drawn += [
        _text(place(x, 0)[0], bottom + 18, f"{x:,.0f}", "middle", "quiet") for x in sorted({x for x, _ in points})
    ]
    drawn += [_text(left - 6, place(10**least, y)[1] + 4, f"{y:,.1f}", "end", "quiet") for y in (top / 2.1, top / 1.05)]
    for (name, line), colour in zip(series.items(), COLOURS, strict=False):
        drawn += _line(name, [place(x, y) for x, y in line], colour)
    return _document(title, HEIGHT, drawn)


def _line(name: str, places: Sequence[tuple[float, float]], colour: str) -> list[str]:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    dots = [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in places]
    end_x, end_y = places[-1]
    return [
        f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>',
        *dots,
        _text(end_x + 8, end_y + 4, name),
    ]


def of_results(results: Results, workloads: Sequence[Workload]) -> dict[str, str]:
    """The plots by the name of their file."""
    plots = {}
    known = {(it.number, metric.key): metric for it in workloads for metric in it.metrics(results.plan)}
    for name, number, key in (
        ("cpu", "1, 2", "cpu"),
        ("deliveries", "1, 2", f"flight-{max(results.plan.in_flight)}"),
        ("p99", "1, 2", "p99"),
        ("memory", "3, 4", "memory"),
        ("connects", "3, 4", "rate"),
    ):
        if (number, key) in known and results.values(number, OURS, key):
            plots[f"{name}.svg"] = _bars(results, number, known[number, key])
    if results.peers("9"):
        plots["growth-cpu.svg"] = _growth(results, "cpu", 1e6, "server CPU per delivery (µs)")
        plots["growth-memory.svg"] = _growth(results, "memory", 1e-6, "server memory (MB)")
    return plots


def _bars(results: Results, number: str, metric: Metric) -> str:
    measured = {peer: results.values(number, peer, metric.key) for peer in results.peers(number)}
    values = [(peer, median(each) * metric.scale) for peer, each in measured.items() if each]
    title = f"{metric.title} ({metric.unit})" if metric.unit else metric.title
    best = sorted(values, key=lambda value: value[1], reverse=not metric.lower)
    return bars(f"{title}: {'less' if metric.lower else 'more'} is better", best, metric.digits)


def _growth(results: Results, key: str, scale: float, title: str) -> str:
    series = {
        peer: [(float(size), results.values("9", peer, f"{key}-{size}")[0] * scale) for size in results.plan.crowds]
        for peer in results.peers("9")
    }
    return lines(f"{title}, {results.plan.deliveries:,.0f} deliveries/s", "connections", series)


def _text(x: float, y: float, text: str, anchor: str = "start", kind: str = "") -> str:
    style = f' class="{kind}"' if kind else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{style}>{escape(text)}</text>'


def _document(title: str, height: int, drawn: Sequence[str]) -> str:
    size = f'viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">'
    named = f"<title>{escape(title)}</title><style>{_STYLE}</style>"
    return "\n".join([head, named, _text(8, 22, title), *drawn, "</svg>", ""])
