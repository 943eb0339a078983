"""The alerts and the dashboard ask for what is told: its names, labels and values, by the tables that make the page."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]
from prometheus_client import ProcessCollector

from tidings.metrics import Metrics
from tidings.prometheus.families import COUNTERS, GAUGES, HISTOGRAMS
from tidings.protocol.codes import CloseCode, ErrorCode

DEPLOY = Path(__file__).parents[2] / "deploy"
RULES = yaml.safe_load((DEPLOY / "prometheus" / "rules.yml").read_text())
DASHBOARD = json.loads((DEPLOY / "grafana" / "tidings.json").read_text())

SCRAPED = {"job", "instance", "node"}  # labels that every sample has
WORDS = {
    "and",
    "or",
    "by",
    "sum",
    "max",
    "count",
    "rate",
    "increase",
    "deriv",
    "absent",
    "vector",
    "histogram_quantile",
}
OF_COUNTERS = {"rate", "increase"}
FREE = {"job", "instance", "version", "broker", "transport", "loop"}  # whose values are not the house's to list


def names() -> dict[str, set[str]]:
    """Every name that a query may use, with the labels of its samples beside those of the scrape."""
    found = {"tidings_node_up": set[str](), "tidings_info": {"version", "broker", "transport", "loop"}}
    found |= {f"tidings_{name}_total": {label} - {""} for name, label, _, _ in COUNTERS}
    found |= {f"tidings_{name}": set() for name in GAUGES}
    found |= {f"tidings_{name}_{part}": set() for name, _, _ in HISTOGRAMS for part in ("sum", "count")}
    found |= {f"tidings_{name}_bucket": {"le"} for name, _, _ in HISTOGRAMS}
    measured: Any = ProcessCollector(registry=None).collect()
    found |= {sample.name: set() for family in measured for sample in family.samples}
    return found


VALUES = {
    "outcome": {*Metrics().publishes, *Metrics().recoveries},
    "kind": {"live", "replayed"},
    "reason": {*ErrorCode, "application"},
    "status": {"403", "503"},
    "code": {*(str(int(code)) for code in CloseCode), "lost"},
}


def faults(query: str) -> Iterator[str]:
    """What of a query would find nothing, or something else."""
    known, used = names(), set[str]()
    if query.count("(") != query.count(")"):
        yield "its parentheses do not match"
    bare = re.sub(r"\[[^\]]*\]|\bby \([^)]*\)", "", query)
    for name, matchers in re.findall(r"([A-Za-z_:][\w:]*)\s*(\{[^}]*\})?", re.sub(r'"[^"]*"(?![^{]*\})', "", bare)):
        if name in WORDS or (not matchers and name not in known and f"{name}(" in bare.replace(" ", "")):
            if name not in WORDS:
                yield f"{name} is no function that is known here"
            continue
        if name not in known:
            yield f"{name} is told by nobody"
            continue
        used |= known[name]
        yield from _matcher_faults(name, known[name], matchers)
    for labels in re.findall(r"\bby \(([^)]*)\)", query):
        yield from (f"no name here has the label {label}" for label in _split(labels) if label not in used | SCRAPED)
    for function, name in re.findall(r"\b(rate|increase)\((\w+)", query):
        if not name.endswith(("_total", "_bucket", "_sum", "_count")):
            yield f"{function} of {name}, which is no counter"


def _matcher_faults(name: str, labels: set[str], matchers: str) -> Iterator[str]:
    for label, how, value in re.findall(r'(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"', matchers):
        if label not in labels | SCRAPED:
            yield f"{name} has no label {label}"
        elif label not in FREE:
            for one in value.split("|") if "~" in how else [value]:
                if one not in VALUES[label]:
                    yield f"{name}: {label} is never {one!r}"


def _split(labels: str) -> list[str]:
    return [label.strip() for label in labels.split(",")]


def alerts() -> list[dict[str, Any]]:
    return [rule for group in RULES["groups"] for rule in group["rules"]]


def panels() -> list[tuple[str, str]]:
    found = [(panel["title"], target["expr"]) for panel in DASHBOARD["panels"] for target in panel.get("targets", ())]
    assert len(found) > 30
    return found


@pytest.mark.parametrize("alert", alerts(), ids=lambda alert: alert["alert"])
def test_an_alert_asks_for_what_is_told_and_says_what_to_do(alert: dict[str, Any]) -> None:
    assert list(faults(alert["expr"])) == []
    assert alert["labels"]["severity"] in {"page", "ticket"}
    assert alert["annotations"].keys() == {"summary", "fix"}
    known = names()
    of_expression = {label for name, labels in known.items() if name in alert["expr"] for label in labels} | SCRAPED
    for text in alert["annotations"].values():
        assert set(re.findall(r"\$labels\.(\w+)", text)) <= of_expression
    by = re.findall(r"\bby \(([^)]*)\)", alert["expr"])
    kept = set(_split(by[0])) if by else of_expression
    assert set(re.findall(r"\$labels\.(\w+)", alert["annotations"]["summary"])) <= kept


def test_every_panel_asks_for_what_is_told() -> None:
    found = {title: told for title, query in panels() if (told := list(faults(query)))}
    assert found == {}
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(ids) == len(set(ids))


def test_everything_that_is_told_is_on_the_dashboard_or_in_an_alert() -> None:
    asked = " ".join([*(query for _, query in panels()), *(alert["expr"] for alert in alerts())])
    told = [name for name in names() if name.startswith("tidings_") and not name.endswith(("_sum", "_count"))]
    assert [name for name in told if not re.search(rf"\b{name}\b", asked)] == []


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ("tidings_conections > 1", "tidings_conections is told by nobody"),
        ('rate(tidings_refusals_total{status="403"}[5m])', "has no label status"),
        ('rate(tidings_refusals_total{reason="denied"}[5m])', "reason is never 'denied'"),
        ('tidings_refusals_total{reason=~"forbidden|denied"}', "reason is never 'denied'"),
        ("sum by (user) (tidings_connections)", "no name here has the label user"),
        ("sum by (le) (tidings_connections)", "no name here has the label le"),
        ("rate(tidings_connections[5m])", "which is no counter"),
        ("sum(rate(tidings_resets_total[5m])", "parentheses do not match"),
        ("average(tidings_connections)", "average is no function"),
    ],
)
def test_the_check_finds(query: str, fault: str) -> None:
    assert fault in " ".join(faults(query))


def test_docs_name_what_is_told() -> None:
    page = (DEPLOY.parent / "docs" / "metrics.md").read_text()
    table = re.findall(r"^\| (`[^|]+) \|", page, re.MULTILINE)
    documented = {name for row in table for name in re.findall(r"`(\w+)`", row)}
    told = {f"{name}_total" for name, *_ in COUNTERS} | GAUGES.keys() | {name for name, *_ in HISTOGRAMS}
    assert documented == told | {"info", "node_up"}
