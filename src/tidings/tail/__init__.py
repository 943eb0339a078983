"""What a broker whose logs are elsewhere keeps of them in this process."""

from tidings.tail.broker import TailedBroker
from tidings.tail.retrying import retry_forever
from tidings.tail.source import Page, Source
from tidings.tail.tails import Tails

__all__ = ["Page", "Source", "TailedBroker", "Tails", "retry_forever"]
