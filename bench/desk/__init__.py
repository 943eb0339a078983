"""The scheduling desk in a browser: what a team of 120 sees of it, and how fast."""
