"""Who may do what: whose a token is, what the application's rules say, and who comes into which channel."""
