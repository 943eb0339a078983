"""One client: what it says, what it is sent, and what it reads on from the logs."""

from tidings.connection.connection import Connection

__all__ = ["Connection"]
