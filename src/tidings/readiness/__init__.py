"""Whether this process takes connections, and what is said of those that it refuses."""

from tidings.readiness.readiness import DividedLog, Readiness
from tidings.readiness.refusals import RefusalLog

__all__ = ["DividedLog", "Readiness", "RefusalLog"]
