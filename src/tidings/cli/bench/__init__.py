"""`tidings bench`: many clients of a server, and what it does for them."""
