"""The report: RESULTS.md and its plots."""
