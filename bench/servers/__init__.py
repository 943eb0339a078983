"""The servers that are measured: the same event, the same token and the same control socket for each."""
