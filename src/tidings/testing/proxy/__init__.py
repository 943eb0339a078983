"""The fault proxy: what networks do to connections. As a process: `python -m tidings.testing.proxy --help`."""

from tidings.testing.proxy.pipe import Pipe, Way
from tidings.testing.proxy.proxy import FaultProxy, Link

__all__ = ["FaultProxy", "Link", "Pipe", "Way"]
