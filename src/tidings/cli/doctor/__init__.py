"""`tidings doctor`: looks for the usual faults of a deployment."""
