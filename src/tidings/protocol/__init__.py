"""The wire protocol without I/O: no socket, no clock, no dice, no framework. The contract is spec/protocol.md."""
