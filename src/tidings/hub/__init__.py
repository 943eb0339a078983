"""The connections of this process, from their beginning to their end."""

from tidings.hub.hub import Hub

__all__ = ["Hub"]
