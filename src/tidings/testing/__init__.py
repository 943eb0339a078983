"""The test kit: what was published and what came of it, a clock to turn, and a checker of whole histories.

Installed, tidings is a pytest plugin with the fixture `tidings` (`Publications`). See docs/testing.md; the fault proxy
is `tidings.testing.proxy`.
"""

from tidings.testing.client import Client
from tidings.testing.clock import FakeClock
from tidings.testing.connected import connected
from tidings.testing.history import History, Report, Violation, check
from tidings.testing.lifespan import Running, lifespan
from tidings.testing.publications import Publication, Publications, recording, tidings
from tidings.testing.wire import UpgradeRefused

__all__ = [
    "Client",
    "FakeClock",
    "History",
    "Publication",
    "Publications",
    "Report",
    "Running",
    "UpgradeRefused",
    "Violation",
    "check",
    "connected",
    "lifespan",
    "recording",
    "tidings",
]
