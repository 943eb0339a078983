"""Ways to run work on event loops. Nothing here knows of connections or events."""
