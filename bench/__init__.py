"""tidings measured side by side with its peers: `python -m bench` writes RESULTS.md."""
