"""The REST door: routers, what they accept, and problem details for what they refuse."""
