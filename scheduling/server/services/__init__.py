"""The use cases, over ports: what is stored and who is told lies behind the Protocols of `ports`."""
