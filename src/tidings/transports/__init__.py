"""Implementations of the Transport contract (`tidings.transport`). They do not know one another."""
