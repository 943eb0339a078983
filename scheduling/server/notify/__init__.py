"""Who is told what: the events, their channels, and the notifier that publishes them."""
