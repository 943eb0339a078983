"""Implementations of the Transport contract of `tidings.connection`. They do not know one another."""
