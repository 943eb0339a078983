"""What a broker whose logs are elsewhere keeps of them in this process."""

from tidings.tail.retrying import retry_forever
from tidings.tail.source import Page, Source, read_beginning, read_since
from tidings.tail.tails import Tails

__all__ = ["Page", "Source", "Tails", "read_beginning", "read_since", "retry_forever"]
