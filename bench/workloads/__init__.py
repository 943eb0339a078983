"""The workloads, in the order of the report."""

from bench.workloads import brokers, channels, crowd, fan_out, growth, many, payloads, recovery
from bench.workloads.workload import Workload

WORKLOADS: tuple[Workload, ...] = (
    fan_out.WORKLOAD,
    crowd.WORKLOAD,
    channels.WORKLOAD,
    payloads.WORKLOAD,
    recovery.WORKLOAD,
    many.WORKLOAD,
    growth.WORKLOAD,
    brokers.WORKLOAD,
)
