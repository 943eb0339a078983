"""The fault runs: tidings under crashes, cuts and load, judged by its history checker. `python -m torture --help`."""
