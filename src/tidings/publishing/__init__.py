"""Events on their way to the logs, from whoever publishes them."""
