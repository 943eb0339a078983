"""Presence: who is on a channel, on all nodes (spec/protocol.md, section 9)."""

from tidings.presence.describing import describe
from tidings.presence.presence import Presence

__all__ = ["Presence", "describe"]
