"""Whether this process takes connections, and which it refuses."""

from tidings.readiness.readiness import DividedLog, Readiness
from tidings.readiness.upgrades import Upgrades

__all__ = ["DividedLog", "Readiness", "Upgrades"]
