"""The formats that Prometheus reads, by its own client: text, or OpenMetrics where it is asked for."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

from prometheus_client import Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

from tidings.prometheus.families import Family, Sample
from tidings.prometheus.nodes import Nodes, gathered

NODE = "node"
"""The label of a manager among those of one machine."""


def exposition(nodes: Nodes, accept: str) -> tuple[bytes, str]:
    """What these managers told, in the format that an Accept header asks for, and its content type."""
    encode, content_type = choose_encoder(accept)
    return encode(_Told(nodes)), content_type


class Shared(Collector):
    """The managers in a directory, asked at each scrape; for a thread without an event loop."""

    def __init__(self, place: Path) -> None:
        self._place = place

    def collect(self) -> Iterator[Metric]:
        return metrics(asyncio.run(gathered(self._place)))


class _Told(Collector):
    def __init__(self, nodes: Nodes) -> None:
        self._nodes = nodes

    def collect(self) -> Iterator[Metric]:
        return metrics(self._nodes)


def metrics(nodes: Nodes) -> Iterator[Metric]:
    """Each family once, with the samples of all managers."""
    up = GaugeMetricFamily("tidings_node_up", "1 where a manager of this machine has told its numbers.", labels=[NODE])
    together: dict[str, Metric] = {}
    for node, told in nodes.items():
        up.add_metric([node], told is not None)
        for family in told or ():
            for sample in family.samples:
                _add(together, family, sample, node)
    yield up
    yield from together.values()


def _add(together: dict[str, Metric], family: Family, sample: Sample, node: str) -> None:
    labels = [NODE, *sample.labels]
    metric = together.get(family.name)
    if metric is None:
        metric = together[family.name] = _KINDS[family.kind](family.name, family.help, labels=labels)
    values = [node, *sample.labels.values()]
    if isinstance(metric, HistogramMetricFamily):
        metric.add_metric(values, buckets=sample.buckets, sum_value=sample.value)
    elif isinstance(metric, CounterMetricFamily | GaugeMetricFamily):
        metric.add_metric(values, sample.value)


_KINDS = {"counter": CounterMetricFamily, "gauge": GaugeMetricFamily, "histogram": HistogramMetricFamily}
