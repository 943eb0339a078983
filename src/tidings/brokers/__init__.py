"""Implementations of the Broker contract. They do not know one another."""
